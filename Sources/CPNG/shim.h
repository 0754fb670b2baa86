#pragma once
#include <png.h>
#include <setjmp.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

// libpng reports errors by a long jump, which Swift cannot say; these functions return a message.

/// One picture on its way in or out of a PNG file in memory.
typedef struct {
  uint32_t width;
  uint32_t height;
  /// 8, or 16 in the machine's byte order.
  int bit_depth;
  /// 1 gray or palette number, 3 red, green, blue.
  int channels;
  /// As in the file: one of `PNG_COLOR_TYPE_…`.
  int color_type;
  /// What went wrong, or empty.
  char message[160];
  const uint8_t *source;
  size_t left;
  uint8_t *target;
  size_t written;
  size_t capacity;
} mirage_png;

static inline void mirage_png_fail(png_structp png, png_const_charp text) {
  mirage_png *state = png_get_error_ptr(png);
  strncpy(state->message, text, sizeof state->message - 1);
  png_longjmp(png, 1);
}

static inline void mirage_png_warn(png_structp png, png_const_charp text) {
  (void)png;
  (void)text;
}

static inline void mirage_png_source(png_structp png, png_bytep bytes, size_t count) {
  mirage_png *state = png_get_io_ptr(png);
  if (count > state->left) png_error(png, "the file ends early");
  memcpy(bytes, state->source, count);
  state->source += count;
  state->left -= count;
}

/// Reads the size and kind (`pixels` null), or all rows into `pixels`.
///
/// With `is_raw`, gray values and palette numbers come as they are stored, 8 or 16 bits wide;
/// otherwise all kinds become 8-bit gray or color, transparency left out.
/// Returns 0, or 1 and a message.
static inline int mirage_png_read(
    mirage_png *state, const uint8_t *bytes, size_t count, uint32_t limit, int is_raw,
    uint8_t *pixels) {
  state->source = bytes;
  state->left = count;
  state->message[0] = 0;
  png_structp png = png_create_read_struct(
      PNG_LIBPNG_VER_STRING, state, mirage_png_fail, mirage_png_warn);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_read_struct(&png, &info, NULL);
    return 1;
  }
  png_set_read_fn(png, state, mirage_png_source);
  png_set_user_limits(png, limit, limit);
  png_set_chunk_malloc_max(png, 1 << 24);
  png_read_info(png, info);
  state->width = png_get_image_width(png, info);
  state->height = png_get_image_height(png, info);
  state->color_type = png_get_color_type(png, info);
  int depth = png_get_bit_depth(png, info);
  if (is_raw) {
    png_set_packing(png);
    if (depth == 16) png_set_swap(png);
  } else {
    png_set_expand(png);
    png_set_scale_16(png);
    png_set_strip_alpha(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
  state->bit_depth = png_get_bit_depth(png, info);
  state->channels = png_get_channels(png, info);
  if (pixels) {
    size_t row = png_get_rowbytes(png, info);
    int passes = png_get_interlace_type(png, info) == PNG_INTERLACE_NONE ? 1 : 7;
    for (int pass = 0; pass < passes; pass++)
      for (uint32_t y = 0; y < state->height; y++) png_read_row(png, pixels + y * row, NULL);
    png_read_end(png, NULL);
  }
  png_destroy_read_struct(&png, &info, NULL);
  return 0;
}

static inline void mirage_png_target(png_structp png, png_bytep bytes, size_t count) {
  mirage_png *state = png_get_io_ptr(png);
  if (count > state->capacity - state->written) {
    size_t capacity = state->capacity * 2 + count;
    uint8_t *larger = realloc(state->target, capacity);
    if (!larger) png_error(png, "not enough memory");
    state->target = larger;
    state->capacity = capacity;
  }
  memcpy(state->target + state->written, bytes, count);
  state->written += count;
}

static inline void mirage_png_flush(png_structp png) { (void)png; }

/// Writes rows of `channels` values of `bit_depth` bits (16: in the machine's byte order).
///
/// The file lies in `target`, `written` bytes long, and is to be freed. Returns 0, or 1 and a
/// message.
static inline int mirage_png_write(mirage_png *state, const uint8_t *pixels) {
  png_structp png = png_create_write_struct(
      PNG_LIBPNG_VER_STRING, state, mirage_png_fail, mirage_png_warn);
  png_infop info = png ? png_create_info_struct(png) : NULL;
  if (!info || setjmp(png_jmpbuf(png))) {
    png_destroy_write_struct(&png, &info);
    return 1;
  }
  png_set_write_fn(png, state, mirage_png_target, mirage_png_flush);
  png_set_IHDR(
      png, info, state->width, state->height, state->bit_depth,
      state->channels == 1 ? PNG_COLOR_TYPE_GRAY : PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
      PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  // A third of the default's time for up to a fifth more bytes.
  png_set_compression_level(png, 3);
  png_set_filter(png, PNG_FILTER_TYPE_DEFAULT, PNG_FILTER_SUB | PNG_FILTER_UP);
  png_write_info(png, info);
  if (state->bit_depth == 16) png_set_swap(png);
  size_t row = (size_t)state->width * state->channels * (state->bit_depth / 8);
  for (uint32_t y = 0; y < state->height; y++) png_write_row(png, pixels + y * row);
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return 0;
}
