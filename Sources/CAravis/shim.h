#pragma once
#include <arv.h>

// What Swift cannot say: macros that cast, and functions of any number of arguments.

/// Whether the camera obeys us; cameras other than GigE Vision obey whoever opened them.
static inline int mirage_is_controller(ArvDevice *device) {
  return !ARV_IS_GV_DEVICE(device) || arv_gv_device_is_controller(ARV_GV_DEVICE(device));
}

/// A socket buffer that holds a frame, and times after which a frame that lacks packets is given up.
static inline void mirage_set_up_stream(
    ArvStream *stream, unsigned packet_timeout_us, unsigned frame_retention_us) {
  if (!ARV_IS_GV_STREAM(stream)) return;
  g_object_set(
      stream, "socket-buffer", ARV_GV_STREAM_SOCKET_BUFFER_AUTO, "packet-timeout",
      packet_timeout_us, "frame-retention", frame_retention_us, NULL);
}

/// Lets a simulated camera lose a share of its packets.
static inline void mirage_lose_packets(ArvGvFakeCamera *camera, double share) {
  g_object_set(camera, "gvsp-lost-ratio", share, NULL);
}
