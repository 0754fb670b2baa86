#pragma once
#include <errno.h>
#include <fcntl.h>
#include <libv4l-plugin.h>
#include <libv4lconvert.h>
#include <linux/videodev2.h>
#include <poll.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

// The requests and formats of V4L2 are macros with arguments, which Swift does not see.

#define MIRAGE_REQUEST(name) \
  static const unsigned long mirage_v4l2_##name = VIDIOC_##name
MIRAGE_REQUEST(QUERYCAP);
MIRAGE_REQUEST(ENUM_FMT);
MIRAGE_REQUEST(G_FMT);
MIRAGE_REQUEST(S_FMT);
MIRAGE_REQUEST(TRY_FMT);
MIRAGE_REQUEST(ENUM_FRAMESIZES);
MIRAGE_REQUEST(ENUM_FRAMEINTERVALS);
MIRAGE_REQUEST(G_PARM);
MIRAGE_REQUEST(S_PARM);
MIRAGE_REQUEST(QUERYCTRL);
MIRAGE_REQUEST(QUERYMENU);
MIRAGE_REQUEST(G_CTRL);
MIRAGE_REQUEST(S_CTRL);
MIRAGE_REQUEST(REQBUFS);
MIRAGE_REQUEST(QUERYBUF);
MIRAGE_REQUEST(QBUF);
MIRAGE_REQUEST(DQBUF);
MIRAGE_REQUEST(STREAMON);
MIRAGE_REQUEST(STREAMOFF);
MIRAGE_REQUEST(SUBSCRIBE_EVENT);
MIRAGE_REQUEST(DQEVENT);
MIRAGE_REQUEST(ENUMINPUT);
MIRAGE_REQUEST(G_INPUT);
MIRAGE_REQUEST(S_INPUT);
MIRAGE_REQUEST(QUERY_DV_TIMINGS);
MIRAGE_REQUEST(G_DV_TIMINGS);
MIRAGE_REQUEST(S_DV_TIMINGS);
#undef MIRAGE_REQUEST

#define MIRAGE_FORMAT(name) \
  static const uint32_t mirage_v4l2_##name = V4L2_PIX_FMT_##name
MIRAGE_FORMAT(YUYV);
MIRAGE_FORMAT(UYVY);
MIRAGE_FORMAT(NV12);
MIRAGE_FORMAT(RGB24);
MIRAGE_FORMAT(BGR24);
MIRAGE_FORMAT(GREY);
MIRAGE_FORMAT(SBGGR8);
MIRAGE_FORMAT(SGBRG8);
MIRAGE_FORMAT(SGRBG8);
MIRAGE_FORMAT(SRGGB8);
MIRAGE_FORMAT(MJPEG);
MIRAGE_FORMAT(JPEG);
MIRAGE_FORMAT(YUV420);
MIRAGE_FORMAT(YVYU);
MIRAGE_FORMAT(YVU420);
MIRAGE_FORMAT(NV16);
MIRAGE_FORMAT(NV61);
#undef MIRAGE_FORMAT

// The calls below return a value of 0 or more, or the negative errno, read before anything else
// can change it, and begin again where a signal interrupted them.

static inline int mirage_video_open(const char *path) {
  int file;
  do file = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
  while (file < 0 && errno == EINTR);
  return file < 0 ? -errno : file;
}

/// Linux closes the file also where it reports an interruption, so there is no second try.
static inline int mirage_video_close(int file) {
  return close(file) < 0 && errno != EINTR ? -errno : 0;
}

static inline int mirage_video_ioctl(int file, unsigned long request, void *argument) {
  int status;
  do status = ioctl(file, request, argument);
  while (status < 0 && errno == EINTR);
  return status < 0 ? -errno : status;
}

/// Maps one buffer; `*status` is 0 or the negative errno.
static inline void *mirage_video_map(int file, size_t count, uint32_t offset, int *status) {
  void *address = mmap(NULL, count, PROT_READ | PROT_WRITE, MAP_SHARED, file, (off_t)offset);
  *status = address == MAP_FAILED ? -errno : 0;
  return address == MAP_FAILED ? NULL : address;
}

static inline int mirage_video_unmap(void *address, size_t count) {
  return munmap(address, count) < 0 ? -errno : 0;
}

/// Monotonic time in nanoseconds, the clock of V4L2's time stamps.
static inline int64_t mirage_monotonic_nanoseconds(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (int64_t)time.tv_sec * 1000000000 + time.tv_nsec;
}

/// Waits for frames and events; returns what is ready (`POLLIN`, `POLLERR`, …), 0 where the time
/// is over.
static inline int mirage_video_poll(int file, int milliseconds) {
  int64_t end = mirage_monotonic_nanoseconds() + (int64_t)milliseconds * 1000000;
  for (;;) {
    struct pollfd entry = {.fd = file, .events = POLLIN | POLLPRI, .revents = 0};
    int count = poll(&entry, 1, milliseconds);
    if (count > 0) return entry.revents;
    if (count == 0) return 0;
    if (errno != EINTR) return -errno;
    int64_t left = end - mirage_monotonic_nanoseconds();
    milliseconds = left > 0 ? (int)((left + 999999) / 1000000) : 0;
  }
}

// libv4lconvert asks a device for its formats when it starts. Frames are converted here without
// one, so these answers stand in for it: a capture device that says nothing else.

static inline int mirage_no_device_ioctl(
    void *unused, int file, unsigned long request, void *argument) {
  (void)unused;
  (void)file;
  if (request == VIDIOC_QUERYCAP) {
    memset(argument, 0, sizeof(struct v4l2_capability));
    return 0;
  }
  errno = ENOTTY;
  return -1;
}

static inline struct v4lconvert_data *mirage_converter_create(void) {
  static const struct libv4l_dev_ops operations = {.ioctl = mirage_no_device_ioctl};
  return v4lconvert_create_with_dev_ops(-1, NULL, &operations);
}
