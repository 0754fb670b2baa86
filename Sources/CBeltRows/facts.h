// What the pixels of a piece say of a view of it.
#pragma once
#include "levels.h"

/// Sums over the pixels of a region in one row.
typedef struct {
  /// The first and the last pixel; first > last where there is none.
  ptrdiff_t first, last;
  /// Pixels with a channel at 250 or more.
  ptrdiff_t saturated;
  /// Steps in the middle channel to the next pixel and to that below, and how many there are.
  ptrdiff_t steps, step_count;
} belt_row_facts;

/// Sums over those of `count` pixels that hold `label`; `labels` and `pixels` begin at the first.
///
/// `pixels` holds `count + 1` pixels, and `below` as many, except where `has_next` or `below` say
/// that there is none.
BELT_BODY void belt_read_row_body(
    const uint16_t *restrict labels, uint16_t label, const uint8_t *restrict pixels,
    const uint8_t *restrict below, ptrdiff_t count, ptrdiff_t channels, int has_next,
    belt_row_facts *facts, int level) {
  (void)level;
  ptrdiff_t first = 0, last = count - 1;
  while (first < count && labels[first] != label) first += 1;
  while (last > first && labels[last] != label) last -= 1;
  facts->first = first;
  facts->last = last;
  uint32_t saturated = 0, steps = 0, step_count = 0;
  const ptrdiff_t middle = channels / 2;
  // The last pixel of the picture has no next one: no step is taken from it.
  const ptrdiff_t stepping = has_next || last + 1 < count ? last + 1 : last;
  if (channels == 3) {
    for (ptrdiff_t x = first; x <= last; x += 1) {
      const uint8_t a = pixels[3 * x], b = pixels[3 * x + 1], c = pixels[3 * x + 2];
      const uint8_t ab = a > b ? a : b, most = ab > c ? ab : c;
      saturated += (labels[x] == label) & (most >= 250);
    }
    if (below) {
      for (ptrdiff_t x = first; x < stepping; x += 1) {
        const int green = pixels[3 * x + 1];
        const int across = pixels[3 * x + 4] - green, down = below[3 * x + 1] - green;
        const uint32_t both =
            (uint32_t)((across < 0 ? -across : across) + (down < 0 ? -down : down));
        const uint32_t is_piece = labels[x] == label;
        steps += is_piece ? both : 0;
        step_count += 2 * is_piece;
      }
    }
  } else {
    for (ptrdiff_t x = first; x <= last; x += 1) {
      if (labels[x] != label) continue;
      int is_saturated = 0;
      for (ptrdiff_t c = 0; c < channels; c += 1) is_saturated |= pixels[channels * x + c] >= 250;
      saturated += (uint32_t)is_saturated;
      if (!below || x >= stepping) continue;
      const int own = pixels[channels * x + middle];
      const int across = pixels[channels * (x + 1) + middle] - own;
      const int down = below[channels * x + middle] - own;
      steps += (uint32_t)((across < 0 ? -across : across) + (down < 0 ? -down : down));
      step_count += 2;
    }
  }
  facts->saturated = saturated;
  facts->steps = steps;
  facts->step_count = step_count;
}

BELT_DISPATCH(
    void, belt_read_row,
    (const uint16_t *restrict labels, uint16_t label, const uint8_t *restrict pixels,
     const uint8_t *restrict below, ptrdiff_t count, ptrdiff_t channels, int has_next,
     belt_row_facts *facts, int level),
    (labels, label, pixels, below, count, channels, has_next, facts, level))
