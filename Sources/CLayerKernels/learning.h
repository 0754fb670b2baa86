// Steps of learning: what one pass through a network and back needs beside oneDNN's primitives.
//
// Pictures lie as oneDNN is given them, [image][row][column][channel], so that its layers and ours
// take turns without a copy between them. A step is cut into tickets that depend on nothing but
// the steps before; what tickets sum up is kept ticket by ticket and added up in their order. How
// a step is cut does not depend on the number of threads: neither do its bits.
#pragma once
#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// What a step computes.
enum {
  learning_pack,       ///< a kernel's tiles, G g G', for `learning_convolve`
  learning_convolve,   ///< 3 x 3 by ones: forward, or backward with a turned kernel
  learning_weigh,      ///< sums for a kernel's gradient, as tiles
  learning_unpack,     ///< the gradient from these sums
  learning_measure,    ///< sums of each channel and of its squares
  learning_settle,     ///< mean and variance from these sums, and what to multiply by and to add
  learning_normalize,  ///< source * factor + shift, with what comes behind it
  learning_gather,     ///< sums over gradients of normalized numbers
  learning_conclude,   ///< gradients of scale and shift from these sums
  learning_spread,     ///< the gradient before the normalization
};

/// What else a step does.
enum {
  learning_turned = 1,     ///< pack: a kernel for the way back
  learning_measured = 2,   ///< convolve: sums of the results too, as `learning_measure` makes them
  learning_rectified = 4,  ///< normalize: max(0, x) last; gather, spread: the mask is computed again
  learning_fixed = 8,      ///< settle, conclude: statistics that do not come from the batch
};

/// The rows of a normalization's table, each of `channels` filled up to whole blocks of 16.
enum {
  learning_factor, learning_shift, learning_mean, learning_narrowness,
  learning_of_slope, learning_of_source, learning_constant, learning_table_rows,
};

/// Floats that a ticket leaves for each channel: an origin, the sum of what is beyond it, that of
/// the squares, and how many; or the sum of gradients and that of their products.
enum { learning_measure_rows = 4, learning_gather_rows = 2 };

typedef struct {
  int32_t kind, set, flags;
  int32_t images, rows, columns;
  /// What comes in for each pixel, and what goes out; the same where nothing is convolved.
  int32_t channels, filters;
  /// Tiles, pixels or channels in a ticket; tickets in all; tickets of the step before.
  int32_t share, tickets, parts;
  /// Numbers go in; a table says that they are normalized and rectified first.
  float *source, *table;
  /// Is added to the result, [image][row][column][filter].
  float *other;
  /// The gradient that comes back, and the result that says where it passes.
  float *slope, *result;
  float *target;
  /// Packed, or [filter][channel][3][3]; and one number a filter.
  float *kernel, *bias;
  /// Sums of tickets.
  float *partial;
  /// For each channel.
  float *mean, *variance;
  float *scale, *shift;
  /// Gradients of scale and shift, or of the bias.
  float *scale_slope, *shift_slope;
  float epsilon;
} learning_step;

static inline ptrdiff_t learning_filled(ptrdiff_t channels) { return (channels + 15) / 16 * 16; }
static inline ptrdiff_t learning_pixels(const learning_step *s) {
  return (ptrdiff_t)s->images * s->rows * s->columns;
}
static inline ptrdiff_t learning_tiles(const learning_step *s) {
  return (ptrdiff_t)s->images * ((s->rows + 3) / 4) * ((s->columns + 3) / 4);
}
/// Floats of the sums that one ticket of `learning_weigh` makes.
static inline ptrdiff_t learning_weigh_floats(ptrdiff_t channels, ptrdiff_t filters) {
  return (36 * learning_filled(channels) + 1) * learning_filled(filters);
}

/// Floats of working memory for each thread.
static inline ptrdiff_t learning_scratch(const learning_step *s) {
  const ptrdiff_t depth = learning_filled(s->channels);
  if (s->kind == learning_convolve) return 36 * (s->share * (depth + 32) + 32);
  if (s->kind == learning_weigh) {
    return 36 * (s->share * (depth + learning_filled(s->filters)) + 32);
  }
  return 0;
}

/// Mean and variance of each channel, and the first rows of the table.
static inline void learning_run_settle(const learning_step *s) {
  const ptrdiff_t filled = learning_filled(s->channels), step = learning_measure_rows * filled;
  float *table = s->table;
  for (ptrdiff_t c = 0; c < s->channels; c++) {
    double mean = s->mean[c], variance = s->variance[c];
    if (!(s->flags & learning_fixed)) {
      // All origins are brought to the first ticket's, which is near the mean.
      const double origin = s->partial[c];
      double sum = 0, squares = 0, count = 0;
      for (ptrdiff_t ticket = 0; ticket < s->parts; ticket++) {
        const float *found = s->partial + ticket * step + c;
        const double away = found[0] - origin, part = found[filled];
        const double number = found[3 * filled];
        sum += part + number * away;
        squares += found[2 * filled] + (2 * part + number * away) * away;
        count += number;
      }
      const double beyond = sum / count;
      mean = origin + beyond;
      variance = squares / count - beyond * beyond;
      if (variance < 0) variance = 0;
      s->mean[c] = (float)mean;
      s->variance[c] = (float)variance;
    }
    const double narrowness = 1 / sqrt(variance + s->epsilon), factor = s->scale[c] * narrowness;
    table[learning_factor * filled + c] = (float)factor;
    table[learning_shift * filled + c] = (float)(s->shift[c] - mean * factor);
    table[learning_mean * filled + c] = (float)mean;
    table[learning_narrowness * filled + c] = (float)narrowness;
  }
}

/// Gradients of scale and shift, and the last rows of the table: the gradient before the
/// normalization is of_slope * slope + of_source * source + constant.
static inline void learning_run_conclude(const learning_step *s) {
  const ptrdiff_t filled = learning_filled(s->channels), step = learning_gather_rows * filled;
  float *table = s->table;
  for (ptrdiff_t c = 0; c < s->channels; c++) {
    double sum = 0, products = 0;
    for (ptrdiff_t ticket = 0; ticket < s->parts; ticket++) {
      sum += s->partial[ticket * step + c];
      products += s->partial[ticket * step + filled + c];
    }
    const double narrowness = table[learning_narrowness * filled + c];
    const double factor = table[learning_factor * filled + c];
    const double mean = table[learning_mean * filled + c];
    s->scale_slope[c] = (float)(products * narrowness);
    s->shift_slope[c] = (float)sum;
    const int is_fixed = (s->flags & learning_fixed) != 0;
    const double pixels = (double)learning_pixels(s);
    const double slant = is_fixed ? 0 : -factor * narrowness * narrowness * products / pixels;
    const double level = is_fixed ? 0 : -factor * sum / pixels;
    table[learning_of_slope * filled + c] = (float)factor;
    table[learning_of_source * filled + c] = (float)slant;
    table[learning_constant * filled + c] = (float)(level - slant * mean);
  }
}
