// How far the pixels of a region lie from its edge, and whether it may be two pieces that touch.
#pragma once
#include "marks.h"

/// A region: the pixels of a label map that hold `label`, within a box of it.
typedef struct {
  /// `[height, width]`.
  const uint16_t *labels;
  ptrdiff_t width, height;
  uint16_t label;
  /// The box: first column and row, columns and rows.
  ptrdiff_t left, top, columns, rows;
} belt_region;

/// The numbers in a map of distances of a box: a border of one all around it.
static inline ptrdiff_t belt_distance_count(ptrdiff_t columns, ptrdiff_t rows) {
  return (columns + 2) * (rows + 2);
}

/// A row of the map from the row before it, in whichever direction that is; in the row itself the
/// way along is open still.
BELT_BODY void belt_step_row(const uint16_t *before, uint16_t *here, ptrdiff_t columns) {
  if (columns < BELT_LANES) {
    for (ptrdiff_t x = 1; x <= columns; x += 1) {
      const uint16_t corner = (uint16_t)(BELT_LEAST(before[x - 1], before[x + 1]) + 4);
      const uint16_t straight = (uint16_t)(before[x] + 3), least = BELT_LEAST(straight, corner);
      here[x] = BELT_LEAST(here[x], least);
    }
    return;
  }
  before += 1;
  here += 1;
  for (ptrdiff_t x = 0; x < columns; x = belt_next(x, columns, BELT_LANES)) {
    const belt_words left = BELT_LOAD(belt_words, before + x - 1);
    const belt_words right = BELT_LOAD(belt_words, before + x + 1);
    const belt_words corner = BELT_LEAST(left, right) + 4;
    const belt_words straight = BELT_LOAD(belt_words, before + x) + 3;
    const belt_words least = BELT_LEAST(straight, corner), own = BELT_LOAD(belt_words, here + x);
    BELT_STORE(here + x, BELT_LEAST(own, least));
  }
}

/// Bounds the numbers of a row; returns the largest of them and `largest`.
BELT_BODY uint16_t belt_bound_row(
    uint16_t *row, ptrdiff_t columns, uint16_t most, uint16_t largest) {
  if (columns < BELT_LANES) {
    for (ptrdiff_t x = 0; x < columns; x += 1) {
      row[x] = BELT_LEAST(row[x], most);
      largest = BELT_MOST(row[x], largest);
    }
    return largest;
  }
  const belt_words bound = (belt_words){0} + most;
  belt_words seen = (belt_words){0} + largest;
  for (ptrdiff_t x = 0; x < columns; x = belt_next(x, columns, BELT_LANES)) {
    const belt_words own = BELT_LOAD(belt_words, row + x), kept = BELT_LEAST(own, bound);
    BELT_STORE(row + x, kept);
    seen = BELT_MOST(seen, kept);
  }
  for (int i = 0; i < BELT_LANES; i += 1) largest = BELT_MOST(seen[i], largest);
  return largest;
}

/// Three times the distance of each pixel of a region to its edge, 0 outside, into `distance`,
/// `[rows + 2, columns + 2]`; beyond the picture the region is thought to go on.
///
/// Source: Borgefors, *Distance Transformations in Digital Images*, 1986, the 3-4 chamfer distance.
/// Returns the largest.
BELT_BODY ptrdiff_t belt_measure_distance_body(
    const belt_region *region, uint16_t *distance, int level) {
  (void)level;
  const ptrdiff_t columns = region->columns, rows = region->rows, stride = columns + 2;
  const uint16_t far = 0x7000;
  const ptrdiff_t longest = region->width > region->height ? region->width : region->height;
  const uint16_t most = (uint16_t)(3 * longest < far ? 3 * longest : far);
  const int open_left = region->left == 0, open_top = region->top == 0;
  const int open_right = region->left + columns == region->width;
  const int open_bottom = region->top + rows == region->height;
  for (ptrdiff_t x = 0; x < stride; x += 1) {
    distance[x] = open_top ? far : 0;
    distance[(rows + 1) * stride + x] = open_bottom ? far : 0;
  }
  for (ptrdiff_t y = 0; y < rows; y += 1) {
    const uint16_t *const labels =
        region->labels + (region->top + y) * region->width + region->left;
    uint16_t *const here = distance + (y + 1) * stride;
    here[0] = open_left ? far : 0;
    here[columns + 1] = open_right ? far : 0;
    for (ptrdiff_t x = 0; x < columns; x += 1) {
      here[x + 1] = labels[x] == region->label ? far : 0;
    }
  }
  // A corner that lies beyond the picture on one side only is belt, or beyond it all the same.
  if (open_left) distance[0] = distance[(rows + 1) * stride] = far;
  if (open_right) distance[columns + 1] = distance[(rows + 2) * stride - 1] = far;
  for (ptrdiff_t y = 1; y <= rows; y += 1) {
    uint16_t *const here = distance + y * stride;
    belt_step_row(here - stride, here, columns);
    uint16_t last = here[0];
    for (ptrdiff_t x = 1; x <= columns; x += 1) {
      const uint16_t next = (uint16_t)(last + 3);
      last = BELT_LEAST(here[x], next);
      here[x] = last;
    }
  }
  uint16_t largest = 0;
  for (ptrdiff_t y = rows; y >= 1; y -= 1) {
    uint16_t *const here = distance + y * stride;
    belt_step_row(here + stride, here, columns);
    uint16_t last = here[columns + 1];
    for (ptrdiff_t x = columns; x >= 1; x -= 1) {
      const uint16_t next = (uint16_t)(last + 3);
      last = BELT_LEAST(here[x], next);
      here[x] = last;
    }
    largest = belt_bound_row(here + 1, columns, most, largest);
  }
  return largest;
}

BELT_DISPATCH(
    ptrdiff_t, belt_measure_distance, (const belt_region *region, uint16_t *distance, int level),
    (region, distance, level))

/// The parts that a region falls into where only pixels at least `least` from its edge are left,
/// each with its corners; 2 stands for more than one.
///
/// `row` has room for a row and 8 more, `runs` for `capacity`; more runs than that are parts too.
BELT_BODY int belt_count_parts_body(
    const uint16_t *distance, ptrdiff_t columns, ptrdiff_t rows, uint16_t least, uint8_t *row,
    belt_run *runs, ptrdiff_t capacity, int level) {
  (void)level;
  const ptrdiff_t stride = columns + 2;
  ptrdiff_t parts = 0, above = 0, above_end = 0, count = 0;
  for (ptrdiff_t y = 0; y < rows; y += 1) {
    const uint16_t *const here = distance + (y + 1) * stride + 1;
    int any = 0;
    if (columns < BELT_LANES) {
      for (ptrdiff_t x = 0; x < columns; x += 1) any |= row[x] = here[x] >= least;
    } else {
      belt_words seen = {0};
      for (ptrdiff_t x = 0; x < columns; x = belt_next(x, columns, BELT_LANES)) {
        const belt_words is_inside = (belt_words)(BELT_LOAD(belt_words, here + x) >= least) & 1;
        BELT_STORE(row + x, __builtin_convertvector(is_inside, belt_bytes));
        seen |= is_inside;
      }
      any = belt_has_any((belt_wide_bytes)seen);
    }
    const ptrdiff_t first = count;
    if (any) {
      count = belt_append_runs(row, y, columns, runs, count, capacity);
      if (count > capacity) return 2;
    }
    // `row` of a run is no longer needed: it names the run that its part goes by.
    ptrdiff_t candidate = above;
    for (ptrdiff_t i = first; i < count; i += 1) {
      runs[i].row = (int32_t)i;
      parts += 1;
      while (candidate < above_end && runs[candidate].end < runs[i].start) candidate += 1;
      for (ptrdiff_t k = candidate; k < above_end && runs[k].start <= runs[i].end; k += 1) {
        ptrdiff_t a = i, b = k;
        while (runs[a].row != a) a = runs[a].row = runs[runs[a].row].row;
        while (runs[b].row != b) b = runs[b].row = runs[runs[b].row].row;
        if (a == b) continue;
        runs[a > b ? a : b].row = (int32_t)(a > b ? b : a);
        parts -= 1;
      }
    }
    above = first;
    above_end = count;
  }
  return parts > 1 ? 2 : (int)parts;
}

BELT_DISPATCH(
    int, belt_count_parts,
    (const uint16_t *distance, ptrdiff_t columns, ptrdiff_t rows, uint16_t least, uint8_t *row,
     belt_run *runs, ptrdiff_t capacity, int level),
    (distance, columns, rows, least, row, runs, capacity, level))
