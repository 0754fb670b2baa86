// Transposition of 16-bit numbers that writes past the caches, on processors with AVX2.
//
// Swift can neither compile one function for more than the oldest processor nor ask for a store
// that fetches nothing. Of a cube larger than the caches each line of memory would be read before
// it is written over, a third of all that passes through.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>

#define NUMBER_TILES static inline __attribute__((target("avx2")))
#define NUMBER_TILES_STEP static inline __attribute__((target("avx2"), always_inline))

/// Columns that are turned at once, and the most of their rows: what fits into the nearest cache.
#define NUMBER_TILES_COLUMNS 8
#define NUMBER_TILES_ROWS 1024

static inline int number_tiles_are_fast(void) { return __builtin_cpu_supports("avx2") != 0; }

/// Sixteen rows of eight numbers as eight rows of sixteen, `to_pitch` numbers apart.
NUMBER_TILES_STEP void number_tiles_tile(
    const uint16_t *from, size_t from_pitch, uint16_t *to, size_t to_pitch) {
  __m256i a[8], b[8];
  for (int i = 0; i < 8; i++) {
    const uint16_t *row = from + (size_t)i * from_pitch;
    a[i] = _mm256_inserti128_si256(
        _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)row)),
        _mm_loadu_si128((const __m128i *)(row + 8 * from_pitch)), 1);
  }
  for (int i = 0; i < 4; i++) {
    b[2 * i] = _mm256_unpacklo_epi16(a[2 * i], a[2 * i + 1]);
    b[2 * i + 1] = _mm256_unpackhi_epi16(a[2 * i], a[2 * i + 1]);
  }
  for (int i = 0; i < 2; i++) {
    a[4 * i] = _mm256_unpacklo_epi32(b[4 * i], b[4 * i + 2]);
    a[4 * i + 1] = _mm256_unpackhi_epi32(b[4 * i], b[4 * i + 2]);
    a[4 * i + 2] = _mm256_unpacklo_epi32(b[4 * i + 1], b[4 * i + 3]);
    a[4 * i + 3] = _mm256_unpackhi_epi32(b[4 * i + 1], b[4 * i + 3]);
  }
  for (int i = 0; i < 4; i++) {
    __m256i *even = (__m256i *)(to + (size_t)(2 * i) * to_pitch);
    __m256i *odd = (__m256i *)(to + (size_t)(2 * i + 1) * to_pitch);
    _mm256_storeu_si256(even, _mm256_unpacklo_epi64(a[i], a[i + 4]));
    _mm256_storeu_si256(odd, _mm256_unpackhi_epi64(a[i], a[i + 4]));
  }
}

/// Copies past the caches whatever fills lines of memory, and gives how many bytes are left over;
/// those before the first whole line go through the caches.
NUMBER_TILES_STEP size_t number_tiles_write(char *to, const char *from, size_t count) {
  size_t place = (64 - (uintptr_t)to % 64) % 64;
  if (place > count) place = count;
  memcpy(to, from, place);
  for (; place + 64 <= count; place += 64) {
    const __m256i first = _mm256_loadu_si256((const __m256i *)(from + place));
    const __m256i second = _mm256_loadu_si256((const __m256i *)(from + place + 32));
    _mm256_stream_si256((__m256i *)(to + place), first);
    _mm256_stream_si256((__m256i *)(to + place + 32), second);
  }
  return count - place;
}

/// Writes `rows` × `columns` numbers as `columns` × `rows`.
///
/// The processor is asked for as many numbers behind the last: a matrix that follows is there when
/// its turn comes, and beyond the end of memory the question does nothing.
NUMBER_TILES void number_tiles_turn(
    const uint16_t *from, uint16_t *to, size_t rows, size_t columns) {
  // Before each panel there is room for what the last one left over of a line of memory: to write
  // half of it now and half of it later would fetch it after all.
  uint16_t room[32 + NUMBER_TILES_COLUMNS * NUMBER_TILES_ROWS] __attribute__((aligned(64)));
  uint16_t *const panel = room + 32;
  const char *next = (const char *)(from + rows * columns);
  size_t left_over = 0;
  for (size_t first = 0; first < rows; first += NUMBER_TILES_ROWS) {
    const size_t height = rows - first < NUMBER_TILES_ROWS ? rows - first : NUMBER_TILES_ROWS;
    for (size_t column = 0; column < columns; column += NUMBER_TILES_COLUMNS) {
      const size_t left = columns - column;
      const size_t width = left < NUMBER_TILES_COLUMNS ? left : NUMBER_TILES_COLUMNS;
      const uint16_t *corner = from + first * columns + column;
      size_t row = 0;
      for (; width == NUMBER_TILES_COLUMNS && row + 16 <= height; row += 16) {
        number_tiles_tile(corner + row * columns, columns, panel + row, height);
        for (int line = 0; line < 4; line++) _mm_prefetch(next + 64 * line, _MM_HINT_T1);
        next += 256;
      }
      for (; row < height; row++)
        for (size_t i = 0; i < width; i++) panel[i * height + row] = corner[row * columns + i];
      if (height == rows) {
        const size_t start = left_over / 2, count = width * rows;
        const size_t rest = number_tiles_write(
            (char *)(to + column * rows - start), (const char *)(panel - start),
            2 * (start + count));
        left_over = column + width < columns ? rest : 0;
        if (rest > 0) {
          const uint16_t *tail = panel + count - rest / 2;
          if (left_over > 0) memmove(panel - rest / 2, tail, rest);
          else memcpy(to + (column + width) * rows - rest / 2, tail, rest);
        }
      } else {
        for (size_t i = 0; i < width; i++) {
          uint16_t *line = to + (column + i) * rows + first;
          const size_t rest =
              number_tiles_write((char *)line, (const char *)(panel + i * height), 2 * height);
          memcpy(line + height - rest / 2, panel + (i + 1) * height - rest / 2, rest);
        }
      }
    }
  }
  // Without it other threads may see such stores late.
  _mm_sfence();
}

#else

static inline int number_tiles_are_fast(void) { return 0; }
static inline void number_tiles_turn(
    const uint16_t *from, uint16_t *to, size_t rows, size_t columns) {}

#endif
