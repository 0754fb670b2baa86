// Rows of pixels fetched from where a map says, by bilinear interpolation, four pixels at a time,
// on processors with AVX2. As in shim.h: each function does whole groups and returns how many pixels
// that were, Swift does the others, with the same arithmetic to the bit.
#pragma once
#include "shim.h"

/// Where a row of output pixels comes from.
typedef struct {
  /// Column and row of the upper left of four neighbors, by turns. All four lie in the source, and
  /// so do eight bytes from each left one on.
  const int16_t *places;
  /// How far between the neighbors, in 32nds: `x` in bits 0 to 4, `y` in bits 5 to 9.
  const uint16_t *shares;
} pixel_map;

/// A picture of three bytes a pixel.
typedef struct {
  const uint8_t *pixels;
  /// From one row to the next in bytes, at most 32767.
  ptrdiff_t stride;
} pixel_source;

#if defined(__x86_64__)
#include <immintrin.h>

#define PIXEL_REMAP static inline __attribute__((target("avx2")))
#define PIXEL_REMAP_STEP static inline __attribute__((target("avx2"), always_inline))

/// Eight bytes from each of four places.
PIXEL_REMAP_STEP __m256i pixel_fetch4(
    const uint8_t *from, ptrdiff_t a, ptrdiff_t b, ptrdiff_t c, ptrdiff_t d) {
  const __m128i low = _mm_castpd_si128(_mm_loadh_pd(
      _mm_load_sd((const double *)(from + a)), (const double *)(from + b)));
  const __m128i high = _mm_castpd_si128(_mm_loadh_pd(
      _mm_load_sd((const double *)(from + c)), (const double *)(from + d)));
  return _mm256_inserti128_si256(_mm256_castsi128_si256(low), high, 1);
}

/// Four pixels as 16-bit numbers r, g, b, 0 each, from the places and shares at `x`.
PIXEL_REMAP_STEP __m256i pixel_blend4(pixel_source from, pixel_map map, ptrdiff_t x) {
  const __m128i scale = _mm_set1_epi32((int)((uint32_t)from.stride << 16 | 3));
  const __m128i places = _mm_loadu_si128((const __m128i *)(map.places + 2 * x));
  const __m128i offsets = _mm_madd_epi16(places, scale);
  const int64_t first = _mm_cvtsi128_si64(offsets), second = _mm_extract_epi64(offsets, 1);
  const ptrdiff_t a = (int32_t)first, b = first >> 32, c = (int32_t)second, d = second >> 32;
  __m256i top = pixel_fetch4(from.pixels, a, b, c, d);
  __m256i bottom = pixel_fetch4(from.pixels + from.stride, a, b, c, d);
  // Left and right of each channel side by side.
  const __m256i pairs = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 3, 1, 4, 2, 5, -1, -1, 8, 11, 9, 12, 10, 13, -1, -1));
  top = _mm256_shuffle_epi8(top, pairs);
  bottom = _mm256_shuffle_epi8(bottom, pairs);
  // Shares of four pixels: x into each byte of a pixel's eight, y into each 16 bits.
  const __m256i shares = _mm256_cvtepu16_epi64(_mm_loadl_epi64((const __m128i *)(map.shares + x)));
  const __m256i spread = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 0, 0, 0, 0, 0, 0, 0, 8, 8, 8, 8, 8, 8, 8, 8));
  const __m256i right = _mm256_shuffle_epi8(
      _mm256_and_si256(shares, _mm256_set1_epi64x(31)), spread);
  // 32 - x for the left, x for the right: -x - 1 + 33.
  const __m256i across = _mm256_add_epi8(
      _mm256_xor_si256(right, _mm256_set1_epi16(0x00ff)), _mm256_set1_epi16(33));
  const __m256i words = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 0, 1, 0, 1, 0, 1, 8, 9, 8, 9, 8, 9, 8, 9));
  const __m256i down = _mm256_shuffle_epi8(_mm256_srli_epi64(shares, 5), words);
  const __m256i upper = _mm256_maddubs_epi16(top, across);
  const __m256i lower = _mm256_maddubs_epi16(bottom, across);
  // upper + (lower - upper) y / 32, rounded, then divided by 32, rounded.
  const __m256i step = _mm256_mulhrs_epi16(
      _mm256_sub_epi16(lower, upper), _mm256_slli_epi16(down, 10));
  return _mm256_srai_epi16(
      _mm256_add_epi16(_mm256_add_epi16(upper, step), _mm256_set1_epi16(16)), 5);
}

/// Eight pixels a turn; the last four bytes that it stores are written again by the next.
PIXEL_REMAP ptrdiff_t pixel_row_remap_avx2(
    pixel_source from, pixel_map map, ptrdiff_t width, uint8_t *out) {
  const __m256i squeeze = _mm256_broadcastsi128_si256(
      _mm_setr_epi8(0, 1, 2, 4, 5, 6, 8, 9, 10, 12, 13, 14, -1, -1, -1, -1));
  ptrdiff_t x = 0;
  for (; x + 10 <= width; x += 8) {
    const __m256i first = pixel_blend4(from, map, x), second = pixel_blend4(from, map, x + 4);
    // Pixels 0, 1, 4, 5 in the low half, 2, 3, 6, 7 in the high one; put into order.
    const __m256i bytes = _mm256_shuffle_epi8(
        _mm256_permutevar8x32_epi32(
            _mm256_packus_epi16(first, second), _mm256_setr_epi32(0, 1, 4, 5, 2, 3, 6, 7)),
        squeeze);
    _mm_storeu_si128((__m128i *)(out + 3 * x), _mm256_castsi256_si128(bytes));
    _mm_storeu_si128((__m128i *)(out + 3 * x + 12), _mm256_extracti128_si256(bytes, 1));
  }
  return x;
}

#undef PIXEL_REMAP_STEP
#undef PIXEL_REMAP
#endif

/// A row of output pixels; what `map` says holds for all of them.
static inline ptrdiff_t pixel_row_remap(
    pixel_source from, pixel_map map, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_remap_avx2(from, map, width, out);
#endif
  return 0;
}
