#pragma once
#include <errno.h>
#include <fcntl.h>
#include <matio.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

// HDF5, on which libmatio rests for level 7.3, ends the program at some damaged files. So both work
// in a child process that has nothing but the file, limits of time and memory, and a pipe to us.

/// HDF5's own, without its headers.
int H5Eset_auto2(int64_t stack, void *function, void *user);
int64_t H5Fopen(const char *path, unsigned flags, int64_t access);
int64_t H5Dopen2(int64_t file, const char *name, int64_t access);
int64_t H5Dget_type(int64_t set);
int64_t H5Tget_native_type(int64_t type, int direction);
int H5Tget_class(int64_t type);
size_t H5Tget_size(int64_t type);
int H5Tget_sign(int64_t type);
int H5Dread(int64_t set, int64_t type, int64_t memory, int64_t file, int64_t plan, void *target);

enum { MIRAGE_MAT_RANK = 8, MIRAGE_MAT_NAME = 128 };

/// A variable, as it comes through the pipe.
typedef struct {
  char name[MIRAGE_MAT_NAME];
  uint32_t class_type;
  uint32_t is_complex;
  uint32_t is_logical;
  /// 0 for more extents than fit.
  uint32_t rank;
  uint64_t extents[MIRAGE_MAT_RANK];
} mirage_mat_variable;

/// A child at work.
typedef struct {
  pid_t process;
  /// Gives what it found.
  int output;
} mirage_mat_child;

static inline int mirage_mat_send(int target, const void *bytes, size_t count) {
  const char *next = bytes;
  while (count) {
    ssize_t sent = write(target, next, count);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return 0;
    next += sent;
    count -= (size_t)sent;
  }
  return 1;
}

/// Files of h5py and its like name no class that libmatio understands; the numbers themselves do.
static inline enum matio_classes mirage_mat_class_by_numbers(
    const char *path, const char *name, int *is_complex) {
  int64_t type = H5Dget_type(H5Dopen2(H5Fopen(path, 0, 0), name, 0));
  size_t size = H5Tget_size(type);
  int kind = H5Tget_class(type);
  *is_complex = kind == 6;
  if (kind == 6) return MAT_C_DOUBLE;
  if (kind == 1) return size == 4 ? MAT_C_SINGLE : size == 8 ? MAT_C_DOUBLE : MAT_C_EMPTY;
  if (kind != 0) return MAT_C_EMPTY;
  int is_signed = H5Tget_sign(type) == 1;
  switch (size) {
  case 1: return is_signed ? MAT_C_INT8 : MAT_C_UINT8;
  case 2: return is_signed ? MAT_C_INT16 : MAT_C_UINT16;
  case 4: return is_signed ? MAT_C_INT32 : MAT_C_UINT32;
  case 8: return is_signed ? MAT_C_INT64 : MAT_C_UINT64;
  default: return MAT_C_EMPTY;
  }
}

static inline uint32_t mirage_mat_word(const uint8_t *bytes, int is_swapped) {
  uint32_t word;
  memcpy(&word, bytes, sizeof word);
  return is_swapped ? __builtin_bswap32(word) : word;
}

/// Whether a deflated element is whole, by its own check sum.
static inline int mirage_mat_inflates(const uint8_t *bytes, uint32_t count) {
  static uint8_t scratch[1 << 16];
  z_stream stream = {0};
  stream.next_in = (uint8_t *)bytes;
  stream.avail_in = count;
  if (inflateInit(&stream) != Z_OK) return 0;
  int status = Z_OK;
  while (status == Z_OK) {
    stream.next_out = scratch;
    stream.avail_out = sizeof scratch;
    status = inflate(&stream, Z_NO_FLUSH);
  }
  inflateEnd(&stream);
  return status == Z_STREAM_END;
}

/// Ends the child where a file of level 5 is not whole, which libmatio does not notice: 5 where it
/// was cut short, 6 where compressed numbers are damaged.
static inline void mirage_mat_check(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) || status.st_size < 136) return;
  uint64_t size = (uint64_t)status.st_size;
  const uint8_t *bytes = mmap(NULL, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (bytes == MAP_FAILED) return;
  int is_swapped = bytes[126] == 'M' && bytes[127] == 'I';
  int is_plain = bytes[126] == 'I' && bytes[127] == 'M';
  int level = is_swapped ? bytes[124] : bytes[125];
  if (!(is_swapped || is_plain) || level != 1) return;
  uint64_t place = 128;
  while (place < size) {
    if (size - place < 8) _exit(5);
    uint32_t kind = mirage_mat_word(bytes + place, is_swapped);
    uint32_t count = mirage_mat_word(bytes + place + 4, is_swapped);
    if (count > size - place - 8) _exit(5);
    if (kind == 15 && !mirage_mat_inflates(bytes + place + 8, count)) _exit(6);
    place += 8 + (uint64_t)count;
  }
  munmap((void *)bytes, size);
  close(file);
}

static inline void mirage_mat_list(const char *path, int output) {
  mirage_mat_check(path);
  mat_t *file = Mat_Open(path, MAT_ACC_RDONLY);
  if (!file) _exit(2);
  int is_hdf5 = Mat_GetVersion(file) == MAT_FT_MAT73;
  matvar_t *variable;
  for (int left = 10000; left && (variable = Mat_VarReadNextInfo(file)); left--) {
    mirage_mat_variable found = {0};
    if (variable->name) strncpy(found.name, variable->name, MIRAGE_MAT_NAME - 1);
    found.class_type = variable->class_type;
    found.is_complex = variable->isComplex != 0;
    found.is_logical = variable->isLogical != 0;
    if (variable->rank > 0 && variable->rank <= MIRAGE_MAT_RANK && variable->dims) {
      found.rank = (uint32_t)variable->rank;
      for (int place = 0; place < variable->rank; place++)
        found.extents[place] = variable->dims[place];
    }
    if (is_hdf5 && found.class_type == MAT_C_EMPTY && found.rank) {
      int is_complex = 0;
      found.class_type = mirage_mat_class_by_numbers(path, found.name, &is_complex);
      found.is_complex = (uint32_t)is_complex;
    }
    if (!mirage_mat_send(output, &found, sizeof found)) _exit(4);
    Mat_VarFree(variable);
  }
}

static inline void mirage_mat_numbers(const char *path, const char *name, size_t size, int output) {
  mat_t *file = Mat_Open(path, MAT_ACC_RDONLY);
  matvar_t *variable = file ? Mat_VarReadInfo(file, name) : NULL;
  if (!variable) _exit(3);
  if (Mat_GetVersion(file) == MAT_FT_MAT73 && variable->class_type == MAT_C_EMPTY) {
    int64_t set = H5Dopen2(H5Fopen(path, 0, 0), name, 0);
    int64_t type = H5Tget_native_type(H5Dget_type(set), 0);
    void *numbers = malloc(size);
    if (!numbers || H5Dread(set, type, 0, 0, 0, numbers) < 0) _exit(3);
    _exit(mirage_mat_send(output, numbers, size) ? 0 : 4);
  }
  if (Mat_VarReadDataAll(file, variable) || !variable->data || variable->nbytes != size) _exit(3);
  _exit(mirage_mat_send(output, variable->data, size) ? 0 : 4);
}

/// Begins to list the variables of a file (`name` null), or to send the `size` bytes of one.
///
/// `memory` is how much the child may take beyond what this process has. Returns -1 in `process`
/// where there can be no child.
static inline mirage_mat_child mirage_mat_begin(
    const char *path, const char *name, size_t size, size_t memory, unsigned seconds) {
  mirage_mat_child child = {-1, -1};
  int ends[2];
  if (pipe2(ends, O_CLOEXEC)) return child;
  child.process = fork();
  if (child.process) {
    close(ends[1]);
    child.output = ends[0];
    if (child.process < 0) close(ends[0]);
    return child;
  }
  int fatal[] = {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGILL, SIGTRAP, SIGXCPU, SIGPIPE};
  for (size_t place = 0; place < sizeof fatal / sizeof fatal[0]; place++)
    signal(fatal[place], SIG_DFL);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  int silence = open("/dev/null", O_WRONLY);
  dup2(silence, 1);
  dup2(silence, 2);
  struct rlimit limit = {0, 0};
  setrlimit(RLIMIT_CORE, &limit);
  limit.rlim_cur = limit.rlim_max = seconds;
  setrlimit(RLIMIT_CPU, &limit);
  char pages[64] = {0};
  int status = open("/proc/self/statm", O_RDONLY);
  if (status >= 0 && read(status, pages, sizeof pages - 1) > 0) {
    limit.rlim_cur = limit.rlim_max =
        strtoull(pages, NULL, 10) * (size_t)sysconf(_SC_PAGESIZE) + memory;
    setrlimit(RLIMIT_AS, &limit);
  }
  H5Eset_auto2(0, 0, 0);
  if (name)
    mirage_mat_numbers(path, name, size, ends[1]);
  else
    mirage_mat_list(path, ends[1]);
  _exit(0);
}

/// Reads up to `count` bytes; fewer only where the child has no more.
static inline size_t mirage_mat_receive(mirage_mat_child child, void *target, size_t count) {
  size_t done = 0;
  while (done < count) {
    ssize_t got = read(child.output, (char *)target + done, count - done);
    if (got < 0 && errno == EINTR) continue;
    if (got <= 0) break;
    done += (size_t)got;
  }
  return done;
}

/// Waits for the end: the exit status, or -1 where a signal ended the child.
static inline int mirage_mat_end(mirage_mat_child child) {
  close(child.output);
  int status = 0;
  while (waitpid(child.process, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}
