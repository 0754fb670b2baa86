// Rows of camera pixels to rows of RGB, 32 pixels at a time, on processors with AVX2.
//
// Swift has no way to compile one function for more than the oldest processor and to choose when
// it runs; this is what it cannot say. Each function converts as many whole groups of pixels as it
// can and returns how many pixels that were, 0 on other processors; Swift does the rest, and all
// of it elsewhere, with the same arithmetic to the bit.
#pragma once
#include <stddef.h>
#include <stdint.h>

/// The factors of Imaging's ColorWeights, in its order.
typedef struct {
  uint16_t luma;
  int16_t red_from_cr, green_from_cb, green_from_cr, blue_from_cb, offset;
} pixel_weights;

/// Three neighboring rows of a Bayer mosaic, the middle one being converted.
typedef struct {
  const uint8_t *above, *here, *below;
} pixel_mosaic;

#if defined(__x86_64__)
#include <immintrin.h>

#define PIXEL_ROWS static inline __attribute__((target("avx2")))
// Inside a loop over rows, where a call would load every constant again.
#define PIXEL_STEP static inline __attribute__((target("avx2"), always_inline))

static inline int pixel_rows_are_fast(void) { return __builtin_cpu_supports("avx2") != 0; }

/// Asks for the memory a page ahead: the processor looks no further by itself, and neither a
/// camera's frame nor the picture made of it is in a near cache. Beyond their ends it does nothing.
PIXEL_STEP void pixel_ask(const uint8_t *row, ptrdiff_t offset) {
  _mm_prefetch((const char *)((uintptr_t)row + (uintptr_t)offset + 4096), _MM_HINT_T0);
}

/// Where each half of 32 pixels holds its 16: in a row; the even ones before the odd ones; or so
/// with the eight pairs in the order 0, 4, 1, 5, 2, 6, 3, 7.
#define PIXEL_ORDER_ROW _mm_setr_epi8(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15)
#define PIXEL_ORDER_PAIRS _mm_setr_epi8(0, 8, 1, 9, 2, 10, 3, 11, 4, 12, 5, 13, 6, 14, 7, 15)
#define PIXEL_ORDER_WOVEN _mm_setr_epi8(0, 8, 2, 10, 4, 12, 6, 14, 1, 9, 3, 11, 5, 13, 7, 15)

/// Where output bytes come from: pixel numbers, -1 for another channel, put into `order`.
PIXEL_STEP __m256i pixel_places(__m128i order, __m128i pixels) {
  return _mm256_broadcastsi128_si256(_mm_or_si128(
      _mm_shuffle_epi8(order, pixels), _mm_cmplt_epi8(pixels, _mm_setzero_si128())));
}

/// Stores 32 pixels, 16 in each half of r, g and b in the order given.
PIXEL_STEP void pixel_store(__m256i r, __m256i g, __m256i b, __m128i order, uint8_t *out) {
  // In each half, the pixels of output bytes 0 to 15, 16 to 31 and 32 to 47.
  const __m128i r0 = _mm_setr_epi8(0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1, 5);
  const __m128i g0 = _mm_setr_epi8(-1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1, -1);
  const __m128i b0 = _mm_setr_epi8(-1, -1, 0, -1, -1, 1, -1, -1, 2, -1, -1, 3, -1, -1, 4, -1);
  const __m128i r1 = _mm_setr_epi8(-1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10, -1);
  const __m128i g1 = _mm_setr_epi8(5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1, 10);
  const __m128i b1 = _mm_setr_epi8(-1, 5, -1, -1, 6, -1, -1, 7, -1, -1, 8, -1, -1, 9, -1, -1);
  const __m128i r2 = _mm_setr_epi8(-1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1, -1);
  const __m128i g2 = _mm_setr_epi8(-1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15, -1);
  const __m128i b2 = _mm_setr_epi8(10, -1, -1, 11, -1, -1, 12, -1, -1, 13, -1, -1, 14, -1, -1, 15);
#define PIXEL_PICK(x, places) _mm256_shuffle_epi8(x, pixel_places(order, places))
#define PIXEL_MIX(n) \
  _mm256_or_si256( \
      _mm256_or_si256(PIXEL_PICK(r, r##n), PIXEL_PICK(g, g##n)), PIXEL_PICK(b, b##n))
  pixel_ask(out, 0);
  pixel_ask(out, 64);
  const __m256i first = PIXEL_MIX(0), second = PIXEL_MIX(1), third = PIXEL_MIX(2);
  _mm256_storeu_si256((__m256i *)out, _mm256_permute2x128_si256(first, second, 0x20));
  _mm256_storeu_si256((__m256i *)(out + 32), _mm256_permute2x128_si256(third, first, 0x30));
  _mm256_storeu_si256((__m256i *)(out + 64), _mm256_permute2x128_si256(second, third, 0x31));
#undef PIXEL_MIX
#undef PIXEL_PICK
}

/// Converts 32 pixels: luma of the even and of the odd ones, Cb and Cr, each 16 bytes, multiplied
/// by 256.
PIXEL_STEP void pixel_store_color(
    __m256i even, __m256i odd, __m256i cb, __m256i cr, pixel_weights w, __m128i order,
    uint8_t *out) {
  const __m256i center = _mm256_set1_epi16(-32768), offset = _mm256_set1_epi16(w.offset);
  const __m256i gain = _mm256_set1_epi16((short)w.luma);
  even = _mm256_add_epi16(_mm256_mulhi_epu16(even, gain), offset);
  odd = _mm256_add_epi16(_mm256_mulhi_epu16(odd, gain), offset);
  cb = _mm256_xor_si256(cb, center);
  cr = _mm256_xor_si256(cr, center);
  const __m256i red = _mm256_mulhi_epi16(cr, _mm256_set1_epi16(w.red_from_cr));
  const __m256i blue = _mm256_mulhi_epi16(cb, _mm256_set1_epi16(w.blue_from_cb));
  const __m256i green = _mm256_add_epi16(
      _mm256_mulhi_epi16(cb, _mm256_set1_epi16(w.green_from_cb)),
      _mm256_mulhi_epi16(cr, _mm256_set1_epi16(w.green_from_cr)));
#define PIXEL_CHANNEL(c) \
  _mm256_packus_epi16( \
      _mm256_srai_epi16(_mm256_add_epi16(even, c), 5), \
      _mm256_srai_epi16(_mm256_add_epi16(odd, c), 5))
  pixel_store(PIXEL_CHANNEL(red), PIXEL_CHANNEL(green), PIXEL_CHANNEL(blue), order, out);
#undef PIXEL_CHANNEL
}

/// The low and the high byte of each 16 bits, multiplied by 256.
PIXEL_STEP __m256i pixel_low(__m256i x) { return _mm256_slli_epi16(x, 8); }
PIXEL_STEP __m256i pixel_high(__m256i x) {
  return _mm256_and_si256(x, _mm256_set1_epi16((short)0xff00));
}

/// 16 bytes and the 16 that lie 32 behind them: half of the pairs of 16 pixels, and of the next 16.
PIXEL_STEP __m256i pixel_load_halves(const uint8_t *from) {
  return _mm256_inserti128_si256(
      _mm256_castsi128_si256(_mm_loadu_si128((const __m128i *)from)),
      _mm_loadu_si128((const __m128i *)(from + 32)), 1);
}

PIXEL_STEP ptrdiff_t pixel_row_packed_avx2(
    const uint8_t *row, int luma_first, pixel_weights w, ptrdiff_t width, uint8_t *out) {
  ptrdiff_t x = 0;
  for (; x + 32 <= width; x += 32) {
    const __m256i one = pixel_load_halves(row + 2 * x), two = pixel_load_halves(row + 2 * x + 16);
    pixel_ask(row, 2 * x);
    // The halves of each pair, those of pairs 0 to 3 and 4 to 7 by turns.
    const __m256i even = _mm256_blend_epi16(one, _mm256_slli_epi32(two, 16), 0xaa);
    const __m256i odd = _mm256_blend_epi16(_mm256_srli_epi32(one, 16), two, 0xaa);
    if (luma_first) {
      pixel_store_color(
          pixel_low(even), pixel_low(odd), pixel_high(even), pixel_high(odd), w,
          PIXEL_ORDER_WOVEN, out + 3 * x);
    } else {
      pixel_store_color(
          pixel_high(even), pixel_high(odd), pixel_low(even), pixel_low(odd), w,
          PIXEL_ORDER_WOVEN, out + 3 * x);
    }
  }
  return x;
}

PIXEL_ROWS ptrdiff_t pixel_row_yuyv_avx2(
    const uint8_t *row, pixel_weights w, ptrdiff_t width, uint8_t *out) {
  return pixel_row_packed_avx2(row, 1, w, width, out);
}

PIXEL_ROWS ptrdiff_t pixel_row_uyvy_avx2(
    const uint8_t *row, pixel_weights w, ptrdiff_t width, uint8_t *out) {
  return pixel_row_packed_avx2(row, 0, w, width, out);
}

PIXEL_ROWS ptrdiff_t pixel_row_planar_avx2(
    const uint8_t *luma, const uint8_t *chroma, pixel_weights w, ptrdiff_t width, uint8_t *out) {
  ptrdiff_t x = 0;
  for (; x + 32 <= width; x += 32) {
    pixel_ask(luma, x);
    pixel_ask(chroma, x);
    const __m256i y = _mm256_loadu_si256((const __m256i *)(luma + x));
    const __m256i c = _mm256_loadu_si256((const __m256i *)(chroma + x));
    pixel_store_color(
        pixel_low(y), pixel_high(y), pixel_low(c), pixel_high(c), w, PIXEL_ORDER_PAIRS,
        out + 3 * x);
  }
  return x;
}

/// The mean of four, rounded half up: that of two means is one too large where both were rounded
/// up, or one was, and they differ by an odd number.
PIXEL_STEP __m256i pixel_mean4(__m256i a, __m256i b, __m256i c, __m256i d) {
  const __m256i ab = _mm256_avg_epu8(a, b), cd = _mm256_avg_epu8(c, d);
  const __m256i rounded = _mm256_or_si256(_mm256_xor_si256(a, b), _mm256_xor_si256(c, d));
  const __m256i excess = _mm256_and_si256(
      _mm256_and_si256(rounded, _mm256_xor_si256(ab, cd)), _mm256_set1_epi8(1));
  return _mm256_sub_epi8(_mm256_avg_epu8(ab, cd), excess);
}

/// From column 1 on. `color_is_odd`: red or blue of this row lies in odd columns.
PIXEL_ROWS ptrdiff_t pixel_row_mosaic_avx2(
    pixel_mosaic rows, int is_red_row, int color_is_odd, ptrdiff_t width, uint8_t *out) {
  // The first pixel of each group lies in an odd column.
  const __m256i own_color = _mm256_set1_epi16((short)(color_is_odd ? 0x00ff : 0xff00));
#define PIXEL_AT(row, shift) _mm256_loadu_si256((const __m256i *)(rows.row + x + (shift)))
  ptrdiff_t x = 1;
  for (; x + 33 <= width; x += 32) {
    pixel_ask(rows.below, x);
    const __m256i own = PIXEL_AT(here, 0), left = PIXEL_AT(here, -1), right = PIXEL_AT(here, 1);
    const __m256i above = PIXEL_AT(above, 0), below = PIXEL_AT(below, 0);
    const __m256i corners = pixel_mean4(
        PIXEL_AT(above, -1), PIXEL_AT(above, 1), PIXEL_AT(below, -1), PIXEL_AT(below, 1));
    const __m256i cross = pixel_mean4(left, right, above, below);
    // This row's color, green, and the color of the rows above and below.
    const __m256i mine = _mm256_blendv_epi8(_mm256_avg_epu8(left, right), own, own_color);
    const __m256i green = _mm256_blendv_epi8(own, cross, own_color);
    const __m256i other = _mm256_blendv_epi8(_mm256_avg_epu8(above, below), corners, own_color);
    pixel_store(
        is_red_row ? mine : other, green, is_red_row ? other : mine, PIXEL_ORDER_ROW,
        out + 3 * x);
  }
#undef PIXEL_AT
  return x;
}

/// Red, green and blue alike.
PIXEL_ROWS ptrdiff_t pixel_row_gray_avx2(const uint8_t *row, ptrdiff_t width, uint8_t *out) {
  ptrdiff_t x = 0;
  for (; x + 32 <= width; x += 32) {
    const __m256i gray = _mm256_loadu_si256((const __m256i *)(row + x));
    pixel_store(gray, gray, gray, PIXEL_ORDER_ROW, out + 3 * x);
  }
  return x;
}

/// First and third byte of each pixel exchanged: five pixels at a time, and one byte more that
/// the next five write again.
PIXEL_ROWS ptrdiff_t pixel_row_swapped_avx2(const uint8_t *row, ptrdiff_t width, uint8_t *out) {
  const __m128i swap = _mm_setr_epi8(2, 1, 0, 5, 4, 3, 8, 7, 6, 11, 10, 9, 14, 13, 12, 15);
  ptrdiff_t x = 0;
  for (; x + 6 <= width; x += 5) {
    const __m128i pixels = _mm_loadu_si128((const __m128i *)(row + 3 * x));
    _mm_storeu_si128((__m128i *)(out + 3 * x), _mm_shuffle_epi8(pixels, swap));
  }
  return x;
}

#undef PIXEL_ORDER_ROW
#undef PIXEL_ORDER_PAIRS
#undef PIXEL_ORDER_WOVEN
#undef PIXEL_STEP
#undef PIXEL_ROWS
#else
static inline int pixel_rows_are_fast(void) { return 0; }
#endif

/// A row of Y, Cb, Y, Cr.
static inline ptrdiff_t pixel_row_yuyv(
    const uint8_t *row, pixel_weights w, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_yuyv_avx2(row, w, width, out);
#endif
  return 0;
}

/// A row of Cb, Y, Cr, Y.
static inline ptrdiff_t pixel_row_uyvy(
    const uint8_t *row, pixel_weights w, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_uyvy_avx2(row, w, width, out);
#endif
  return 0;
}

/// A row of luma and the row of Cb, Cr pairs that belongs to it.
static inline ptrdiff_t pixel_row_planar(
    const uint8_t *luma, const uint8_t *chroma, pixel_weights w, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_planar_avx2(luma, chroma, w, width, out);
#endif
  return 0;
}

/// A row of a Bayer mosaic but for its first pixel, which the caller converts: the pixels done are
/// 1 to the number returned, that one left out.
static inline ptrdiff_t pixel_row_mosaic(
    pixel_mosaic rows, int is_red_row, int color_is_odd, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) {
    return pixel_row_mosaic_avx2(rows, is_red_row, color_is_odd, width, out);
  }
#endif
  return 1;
}

/// A row of gray pixels.
static inline ptrdiff_t pixel_row_gray(const uint8_t *row, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_gray_avx2(row, width, out);
#endif
  return 0;
}

/// A row of blue, green, red.
static inline ptrdiff_t pixel_row_swapped(const uint8_t *row, ptrdiff_t width, uint8_t *out) {
#if defined(__x86_64__)
  if (pixel_rows_are_fast()) return pixel_row_swapped_avx2(row, width, out);
#endif
  return 0;
}
