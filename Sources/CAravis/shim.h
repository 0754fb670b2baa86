#pragma once
#include <arv.h>
#include <sys/resource.h>

// What Swift cannot say: macros that cast, and functions of any number of arguments.

/// Whether the camera obeys us; cameras other than GigE Vision obey whoever opened them.
static inline int mirage_is_controller(ArvDevice *device) {
  return !ARV_IS_GV_DEVICE(device) || arv_gv_device_is_controller(ARV_GV_DEVICE(device));
}

/// A socket buffer of so many bytes, as far as the system grants them, and times after which a frame
/// that lacks packets is given up.
static inline void mirage_set_up_stream(
    ArvStream *stream, int buffer_size, unsigned packet_timeout_us, unsigned frame_retention_us) {
  if (!ARV_IS_GV_STREAM(stream)) return;
  g_object_set(
      stream, "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_FIXED, "socket-buffer-size", buffer_size,
      "packet-timeout", packet_timeout_us, "frame-retention", frame_retention_us, NULL);
}

/// Lets the thread that receives packets go before others, where the system allows it.
static inline void mirage_prefer_thread(void *nothing, ArvStreamCallbackType type, ArvBuffer *buffer) {
  // Linux gives each thread a niceness of its own, and takes 0 for the thread that asks.
  if (type == ARV_STREAM_CALLBACK_TYPE_INIT) (void)setpriority(PRIO_PROCESS, 0, -15);
}

/// Lets a simulated camera lose a share of its packets.
static inline void mirage_lose_packets(ArvGvFakeCamera *camera, double share) {
  g_object_set(camera, "gvsp-lost-ratio", share, NULL);
}
