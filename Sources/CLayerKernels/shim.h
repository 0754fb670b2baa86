// Layers of networks, 16 channels at a time, on the processors that can, and on all others.
//
// Swift compiles each function for the oldest processor that a program may meet and cannot choose
// when it runs; this is what it cannot say. Activations lie as [image][channels / 16][row][column]
// [16], the last block filled up with channels that no weight looks at, or as plain
// [image][row][column][channel] where they come from outside. A step is cut into tickets that
// depend on nothing but the steps before, so that any number of threads may take them in any order
// and the result has the same bits.
#pragma once
#include "learning.h"

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// The instructions that a step is computed by.
enum { layer_set_portable = 0, layer_set_avx2 = 1, layer_set_avx512 = 2 };

/// What a step computes.
enum {
  layer_product,       ///< convolution or dense layer, as products of rows and kernel
  layer_winograd,      ///< 3 x 3 convolution by ones, F(4 x 4, 3 x 3)
  layer_depthwise,     ///< one filter a channel
  layer_pool_maximum,  ///< the largest of each square
  layer_pool_average,  ///< the mean of each square
  layer_pool_global,   ///< the mean of all pixels
  layer_scale,         ///< source * kernel[channel] + bias[channel]
  layer_pass,          ///< source, with what is done to results
  layer_block,         ///< plain channels into blocks of 16
  layer_append,        ///< channels into those of a wider picture, from number `padding` on
};

/// What is done to a result before it is written, in this order.
enum {
  layer_rectify_first = 1,   ///< max(0, x)
  layer_add_other = 2,       ///< x + other
  layer_multiply_other = 4,  ///< x * other
  layer_halve = 8,           ///< x / 2
  layer_rectify_last = 16,   ///< max(0, x)
  layer_squash = 32,         ///< 1 / (1 + exp(-x))
};

/// A picture for each image of a group: where it begins in the arena, and its extents.
typedef struct {
  ptrdiff_t offset;
  int32_t rows, columns, channels;
  /// 1 where channels lie in blocks of 16, 0 where they lie plain.
  int32_t is_blocked;
} layer_picture;

typedef struct {
  int32_t kind, set;
  layer_picture source, other, target;
  /// Packed for the kind and the set; one bias for each channel of the filled target.
  const float *kernel, *bias;
  /// The window's extent, the pixels that it moves by, the zeros in front.
  int32_t size, stride, padding;
  int32_t ending;
  int32_t images;
  /// Lines, tiles, or blocks in a ticket, and tickets in all.
  int32_t share, tickets;
  /// How many tickets share the filters of the same lines or tiles; 1 where there are no filters.
  int32_t parts;
  /// Floats of working memory for each thread.
  ptrdiff_t scratch;
} layer_step;

static inline ptrdiff_t layer_blocks(layer_picture picture) { return (picture.channels + 15) / 16; }
static inline ptrdiff_t layer_pixels(layer_picture picture) {
  return (ptrdiff_t)picture.rows * picture.columns;
}
/// Floats from one pixel to the next.
static inline ptrdiff_t layer_cell(layer_picture picture) {
  return picture.is_blocked ? 16 : picture.channels;
}
/// Floats of one image.
static inline ptrdiff_t layer_floats(layer_picture picture) {
  const ptrdiff_t filled = picture.is_blocked ? layer_blocks(picture) * 16 : picture.channels;
  return layer_pixels(picture) * filled;
}

/// The best set that this processor has.
static inline int32_t layer_best_set(void) {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
      __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl")) {
    return layer_set_avx512;
  }
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) return layer_set_avx2;
#endif
  return layer_set_portable;
}

/// Channels in one block of packed weights, but for the last one of an odd count of 16.
static inline ptrdiff_t layer_weights_width(int32_t set) {
  return set == layer_set_avx512 ? 32 : 16;
}

typedef float layer_v16 __attribute__((ext_vector_type(16)));
/// The same at any address of a float.
typedef layer_v16 layer_v16_anywhere __attribute__((aligned(4)));

#define LAYER_LOAD(p) (*(const layer_v16_anywhere *)(p))
#define LAYER_STORE(p, x) (*(layer_v16_anywhere *)(p) = (x))
#define LAYER_RECTIFIED(x) ((x) > (layer_v16)0 ? (x) : (layer_v16)0)

static inline void layer_squash_all(float *values) {
  for (int c = 0; c < 16; c++) values[c] = 1 / (1 + __builtin_expf(-values[c]));
}

/// Writes 16 numbers after what is done to them; `other` is read where `ending` says so.
#define LAYER_WRITE(ending, value, other, target) \
  do { \
    layer_v16 written = value; \
    if ((ending) & layer_rectify_first) written = LAYER_RECTIFIED(written); \
    if ((ending) & layer_add_other) written += LAYER_LOAD(other); \
    if ((ending) & layer_multiply_other) written *= LAYER_LOAD(other); \
    if ((ending) & layer_halve) written *= (layer_v16)0.5f; \
    if ((ending) & layer_rectify_last) written = LAYER_RECTIFIED(written); \
    LAYER_STORE(target, written); \
    if ((ending) & layer_squash) layer_squash_all(target); \
  } while (0)

#if defined(__x86_64__)
#define LAYER(name) layer_##name##_avx512
#define LAYER_TARGET __attribute__((target("avx512f,avx512dq,avx512bw,avx512vl,avx2,fma")))
#define LAYER_FMA(a, b, c) __builtin_elementwise_fma(a, b, c)
#define LAYER_WIDE 2
#define LAYER_ROWS 8
#include "product.h"
#include "winograd.h"
#include "depthwise.h"
#include "passes.h"
#include "convolving.h"
#include "normalizing.h"
#undef LAYER
#undef LAYER_TARGET
#undef LAYER_WIDE
#undef LAYER_ROWS

#define LAYER(name) layer_##name##_avx2
#define LAYER_TARGET __attribute__((target("avx2,fma")))
#define LAYER_WIDE 1
#define LAYER_ROWS 6
#include "product.h"
#include "winograd.h"
#include "depthwise.h"
#include "passes.h"
#include "convolving.h"
#include "normalizing.h"
#undef LAYER
#undef LAYER_TARGET
#undef LAYER_FMA
#undef LAYER_WIDE
#undef LAYER_ROWS
#endif

#define LAYER(name) layer_##name##_portable
#define LAYER_TARGET
#define LAYER_FMA(a, b, c) ((a) * (b) + (c))
#define LAYER_WIDE 1
#define LAYER_ROWS 2
#include "product.h"
#include "winograd.h"
#include "depthwise.h"
#include "passes.h"
#include "convolving.h"
#include "normalizing.h"
#undef LAYER
#undef LAYER_TARGET
#undef LAYER_FMA
#undef LAYER_WIDE
#undef LAYER_ROWS

/// Computes one ticket of a step; `arena` holds the activations, `scratch` belongs to the thread.
static inline void layer_run(
    const layer_step *step, float *arena, ptrdiff_t ticket, float *scratch) {
#if defined(__x86_64__)
  if (step->set == layer_set_avx512) return layer_run_avx512(step, arena, ticket, scratch);
  if (step->set == layer_set_avx2) return layer_run_avx2(step, arena, ticket, scratch);
#endif
  layer_run_portable(step, arena, ticket, scratch);
}

/// The first `channels` of each of `pixels` pixels of blocked channels, one pixel behind another.
static inline void layer_unblock(
    const float *source, ptrdiff_t pixels, ptrdiff_t channels, float *target) {
  for (ptrdiff_t first = 0; first < channels; first += 16) {
    const ptrdiff_t count = channels - first < 16 ? channels - first : 16;
    for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
      const float *from = source + first * pixels + pixel * 16;
      float *to = target + pixel * channels + first;
      for (ptrdiff_t c = 0; c < count; c++) to[c] = from[c];
    }
  }
}

#undef LAYER_LOAD
#undef LAYER_STORE
#undef LAYER_RECTIFIED
#undef LAYER_WRITE
