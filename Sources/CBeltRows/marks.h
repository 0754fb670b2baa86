// Which pixels of a picture are no belt, as runs.
#pragma once
#include "vectors.h"

/// A picture and the belt that it is compared with.
typedef struct {
  /// `[height, width, channels]`.
  const uint8_t *pixels;
  /// How the belt looks, `[width, channels]`.
  const uint8_t *level;
  /// How far off that a mean must lie, `[width, channels]`.
  const int16_t *limit;
  ptrdiff_t width, height, channels;
  /// An outline runs where the excess falls below this share of the largest near it.
  float edge_share;
  /// A darker pixel of the belt's hue is a shadow, down to this share of the belt's level.
  float shadow_floor;
} belt_picture;

/// Pixels of one row, from `start` up to and without `end`.
typedef struct {
  int32_t row, start, end;
} belt_run;

enum { BELT_BRIGHTER = 1, BELT_DARKER = 2, BELT_BLOCK = 64, BELT_EDGE = 128 };

/// Rows kept while the window goes down the picture, each with room on both sides.
typedef struct {
  ptrdiff_t bytes, pixels;
  uint16_t *sums;
  uint8_t *flags, *over;
  uint8_t *means[4], *marks[4], *excess[8], *checked[4], *voted;
} belt_rows;

/// Bytes of memory that `belt_find_runs` works in.
static inline ptrdiff_t belt_space(ptrdiff_t width, ptrdiff_t channels) {
  const ptrdiff_t bytes = width * channels + 2 * BELT_EDGE, pixels = width + 2 * BELT_EDGE;
  return 2 * bytes + (2 + 4) * bytes + (4 + 8 + 4 + 1) * pixels;
}

BELT_BODY uint8_t *belt_take(uint8_t **space, ptrdiff_t bytes) {
  uint8_t *const taken = *space;
  *space += bytes;
  return taken + BELT_EDGE;
}

BELT_BODY belt_rows belt_lay_out(const belt_picture *picture, uint8_t *space) {
  belt_rows rows;
  memset(space, 0, (size_t)belt_space(picture->width, picture->channels));
  rows.bytes = picture->width * picture->channels;
  rows.pixels = picture->width;
  const ptrdiff_t bytes = rows.bytes + 2 * BELT_EDGE, pixels = rows.pixels + 2 * BELT_EDGE;
  rows.sums = (uint16_t *)space + BELT_EDGE;
  space += 2 * bytes;
  rows.flags = belt_take(&space, bytes);
  rows.over = belt_take(&space, bytes);
  for (int i = 0; i < 4; i += 1) rows.means[i] = belt_take(&space, bytes);
  for (int i = 0; i < 4; i += 1) rows.marks[i] = belt_take(&space, pixels);
  for (int i = 0; i < 8; i += 1) rows.excess[i] = belt_take(&space, pixels);
  for (int i = 0; i < 4; i += 1) rows.checked[i] = belt_take(&space, pixels);
  rows.voted = belt_take(&space, pixels);
  return rows;
}

/// The sums of three rows, with room for a pixel on both sides; beyond the border its pixels go on.
BELT_BODY void belt_sum_rows(
    const uint8_t *pixels, ptrdiff_t row, ptrdiff_t height, ptrdiff_t bytes, ptrdiff_t channels,
    uint16_t *sums) {
  const uint8_t *const here = pixels + row * bytes;
  const uint8_t *const above = row > 0 ? here - bytes : here;
  const uint8_t *const below = row + 1 < height ? here + bytes : here;
  if (bytes < BELT_LANES) {
    for (ptrdiff_t p = 0; p < bytes; p += 1) {
      sums[p] = (uint16_t)(above[p] + here[p] + below[p]);
    }
  } else {
    for (ptrdiff_t p = 0; p < bytes; p = belt_next(p, bytes, BELT_LANES)) {
      const belt_words a = __builtin_convertvector(BELT_LOAD(belt_bytes, above + p), belt_words);
      const belt_words b = __builtin_convertvector(BELT_LOAD(belt_bytes, here + p), belt_words);
      const belt_words c = __builtin_convertvector(BELT_LOAD(belt_bytes, below + p), belt_words);
      BELT_STORE(sums + p, a + b + c);
    }
  }
  for (ptrdiff_t c = 0; c < channels; c += 1) {
    sums[c - channels] = sums[c];
    sums[bytes + c] = sums[bytes - channels + c];
  }
}

/// The mean of three sums: 7282 / 65536 divides all that nine bytes and 4 can add up to by 9, rounded
/// down.
BELT_BODY uint16_t belt_mean(const uint16_t *sums, ptrdiff_t channels) {
  const uint16_t sum = (uint16_t)(sums[-channels] + sums[0] + sums[channels] + 4);
  return (uint16_t)(((uint32_t)sum * 7282u) >> 16);
}

BELT_BODY belt_words belt_means(const uint16_t *sums, ptrdiff_t channels) {
  const belt_words sum = BELT_LOAD(belt_words, sums - channels) + BELT_LOAD(belt_words, sums) +
                         BELT_LOAD(belt_words, sums + channels) + 4;
  return __builtin_convertvector(
      __builtin_convertvector(sum, belt_double_words) * 7282u >> 16, belt_words);
}

/// Means, flags of the bytes off the belt by their mean and by themselves, and their excess.
BELT_BODY void belt_flag_bytes(
    const uint8_t *own, const uint16_t *sums, const uint8_t *level, const int16_t *limit,
    ptrdiff_t bytes, ptrdiff_t channels, uint8_t *means, uint8_t *flags, uint8_t *over) {
  if (bytes < BELT_LANES) {
    for (ptrdiff_t p = 0; p < bytes; p += 1) {
      const int mean = belt_mean(sums + p, channels), belt = level[p], far = limit[p];
      const int off = mean - belt, twice = 2 * (own[p] - belt);
      means[p] = (uint8_t)mean;
      flags[p] = (uint8_t)((off > far && twice > far ? BELT_BRIGHTER : 0) |
                           (off < -far && twice < -far ? BELT_DARKER : 0));
      over[p] = (uint8_t)(off > 0 ? off : 0);
    }
    return;
  }
  for (ptrdiff_t p = 0; p < bytes; p = belt_next(p, bytes, BELT_LANES)) {
    const belt_words mean = belt_means(sums + p, channels);
    const belt_numbers belt =
        __builtin_convertvector(BELT_LOAD(belt_bytes, level + p), belt_numbers);
    const belt_numbers self =
        __builtin_convertvector(BELT_LOAD(belt_bytes, own + p), belt_numbers);
    const belt_numbers far = BELT_LOAD(belt_numbers, limit + p);
    const belt_numbers off = (belt_numbers)mean - belt, half = self - belt, twice = half + half;
    const belt_numbers brighter = (BELT_LEAST(off, twice) > far) & BELT_BRIGHTER;
    const belt_numbers darker = (BELT_MOST(off, twice) < -far) & BELT_DARKER;
    BELT_STORE(means + p, __builtin_convertvector(mean, belt_bytes));
    BELT_STORE(flags + p, __builtin_convertvector(brighter | darker, belt_bytes));
    BELT_STORE(over + p, __builtin_convertvector(off & (off > 0), belt_bytes));
  }
}

/// The flags of a pixel's bytes together, and the largest excess; whether there is any flag.
///
/// Writes up to 15 pixels beyond the row, and takes them back.
BELT_BODY int belt_join_channels(
    const uint8_t *flags, const uint8_t *over, ptrdiff_t width, ptrdiff_t channels, uint8_t *marks,
    uint8_t *excess) {
  int any = 0;
  if (channels == 3) {
    belt_bytes seen = {0};
    for (ptrdiff_t x = 0; x < width; x += BELT_LANES) {
      belt_bytes together[3], most[3];
      for (int part = 0; part < 3; part += 1) {
        const uint8_t *const f = flags + 3 * x + 16 * part, *const o = over + 3 * x + 16 * part;
        together[part] =
            BELT_LOAD(belt_bytes, f) | BELT_LOAD(belt_bytes, f + 1) | BELT_LOAD(belt_bytes, f + 2);
        const belt_bytes first = BELT_LOAD(belt_bytes, o), second = BELT_LOAD(belt_bytes, o + 1);
        const belt_bytes third = BELT_LOAD(belt_bytes, o + 2), two = BELT_MOST(first, second);
        most[part] = BELT_MOST(two, third);
      }
      const belt_bytes mark = belt_thirds(together[0], together[1], together[2]);
      BELT_STORE(marks + x, mark);
      BELT_STORE(excess + x, belt_thirds(most[0], most[1], most[2]));
      seen |= mark;
    }
    memset(marks + width, 0, BELT_LANES);
    memset(excess + width, 0, BELT_LANES);
    uint64_t words[2];
    memcpy(words, &seen, sizeof words);
    return (words[0] | words[1]) != 0;
  }
  for (ptrdiff_t x = 0; x < width; x += 1) {
    uint8_t mark = 0, most = 0;
    for (ptrdiff_t c = 0; c < channels; c += 1) {
      mark |= flags[channels * x + c];
      most = BELT_MOST(most, over[channels * x + c]);
    }
    marks[x] = mark;
    excess[x] = most;
    any |= mark;
  }
  return any;
}

/// Whether a darker pixel is the belt in less light: all channels weaker by one factor.
BELT_BODY int belt_is_shadow(const belt_picture *picture, const uint8_t *means, ptrdiff_t x) {
  float least = __builtin_inff(), most = 0;
  for (ptrdiff_t c = x * picture->channels; c < (x + 1) * picture->channels; c += 1) {
    const float share = ((float)means[c] + 1) / ((float)picture->level[c] + 1);
    least = BELT_LEAST(share, least);
    most = BELT_MOST(share, most);
  }
  return least >= picture->shadow_floor && most - least < 0.15f;
}

/// The largest excess within two pixels of each of `BELT_BLOCK`.
BELT_BODY void belt_find_largest(
    uint8_t *const *excess, const ptrdiff_t *window, ptrdiff_t x, uint8_t *largest) {
  uint8_t tall[BELT_BLOCK + BELT_WIDE_LANES];
  for (ptrdiff_t i = 0; i < BELT_BLOCK + BELT_WIDE_LANES; i += BELT_WIDE_LANES) {
    belt_wide_bytes most = BELT_LOAD(belt_wide_bytes, excess[window[0]] + x + i - 2);
    for (int d = 1; d < 5; d += 1) {
      const belt_wide_bytes row = BELT_LOAD(belt_wide_bytes, excess[window[d]] + x + i - 2);
      most = BELT_MOST(most, row);
    }
    BELT_STORE(tall + i, most);
  }
  for (ptrdiff_t i = 0; i < BELT_BLOCK; i += BELT_WIDE_LANES) {
    belt_wide_bytes most = BELT_LOAD(belt_wide_bytes, tall + i);
    for (int d = 1; d < 5; d += 1) {
      const belt_wide_bytes column = BELT_LOAD(belt_wide_bytes, tall + i + d);
      most = BELT_MOST(most, column);
    }
    BELT_STORE(largest + i, most);
  }
}

/// Takes back the marks of shadows, and of brighter pixels outside the outline.
BELT_BODY void belt_check_row(
    const belt_picture *picture, const belt_rows *rows, ptrdiff_t row, uint8_t *checked) {
  const uint8_t *const marks = rows->marks[row & 3], *const means = rows->means[row & 3];
  ptrdiff_t window[5];
  for (ptrdiff_t d = 0; d < 5; d += 1) {
    const ptrdiff_t y = row + d - 2;
    window[d] = (y < 0 ? 0 : y < picture->height ? y : picture->height - 1) & 7;
  }
  for (ptrdiff_t x = 0; x < picture->width; x += BELT_BLOCK) {
    const belt_wide_bytes first = BELT_LOAD(belt_wide_bytes, marks + x);
    const belt_wide_bytes second = BELT_LOAD(belt_wide_bytes, marks + x + BELT_WIDE_LANES);
    if (!belt_has_any(first | second)) {
      memset(checked + x, 0, BELT_BLOCK);
      continue;
    }
    uint8_t largest[BELT_BLOCK];
    belt_find_largest(rows->excess, window, x, largest);
    const uint8_t *const own = rows->excess[row & 7] + x;
    uint8_t only_darker[BELT_BLOCK];
    for (ptrdiff_t i = 0; i < BELT_BLOCK; i += BELT_LANES) {
      const belt_floats self =
          __builtin_convertvector(BELT_LOAD(belt_bytes, own + i), belt_floats);
      const belt_floats most =
          __builtin_convertvector(BELT_LOAD(belt_bytes, largest + i), belt_floats);
      const belt_bytes inside =
          __builtin_convertvector(self >= picture->edge_share * most, belt_bytes) & 1;
      const belt_bytes mark = BELT_LOAD(belt_bytes, marks + x + i);
      const belt_bytes brighter = mark & BELT_BRIGHTER;
      BELT_STORE(checked + x + i, inside & brighter);
      BELT_STORE(only_darker + i, (belt_bytes)(mark == BELT_DARKER) & 1);
    }
    for (uint64_t left = belt_set_bytes(only_darker); left != 0; left &= left - 1) {
      const ptrdiff_t place = x + __builtin_ctzll(left);
      checked[place] = (uint8_t)!belt_is_shadow(picture, means, place);
    }
  }
}

/// Keeps a pixel where most of its 3 × 3 neighborhood agrees; whether there is any.
BELT_BODY int belt_vote_row(
    const belt_rows *rows, ptrdiff_t row, ptrdiff_t width, ptrdiff_t height) {
  const uint8_t *const here = rows->checked[row & 3];
  // Where there is no row, one without marks: it changes no sum.
  const uint8_t *const above = rows->checked[(row - 1) & 3];
  const uint8_t *const below = rows->checked[(row + 1) & 3];
  uint8_t *const sums = rows->flags, *const voted = rows->voted;
  const uint8_t seen = (uint8_t)(1 + (row > 0) + (row + 1 < height));
  for (ptrdiff_t x = -1; x < width + 1; x += BELT_WIDE_LANES) {
    BELT_STORE(
        sums + x, BELT_LOAD(belt_wide_bytes, above + x) + BELT_LOAD(belt_wide_bytes, here + x) +
                      BELT_LOAD(belt_wide_bytes, below + x));
  }
  belt_wide_bytes any = {0};
  const uint8_t most = (uint8_t)(3 * seen / 2);
  for (ptrdiff_t x = 0; x < width; x += BELT_WIDE_LANES) {
    const belt_wide_bytes sum = BELT_LOAD(belt_wide_bytes, sums + x - 1) +
                                BELT_LOAD(belt_wide_bytes, sums + x) +
                                BELT_LOAD(belt_wide_bytes, sums + x + 1);
    const belt_wide_bytes is_piece = (belt_wide_bytes)(sum > most) & 1;
    BELT_STORE(voted + x, is_piece);
    any |= is_piece;
  }
  // Fewer columns are seen at the borders.
  int at_border = 0;
  for (int side = 0; side < 2; side += 1) {
    const ptrdiff_t x = side == 0 ? 0 : width - 1;
    const int columns = 1 + (x > 0) + (x + 1 < width);
    voted[x] = 2 * (sums[x - 1] + sums[x] + sums[x + 1]) > columns * seen;
    at_border |= voted[x];
  }
  return at_border || belt_has_any(any);
}

/// Appends the runs of a row of ones and zeros that has room behind it; counts those that have no
/// room in `runs` too.
BELT_BODY ptrdiff_t belt_append_runs(
    uint8_t *pixels, ptrdiff_t row, ptrdiff_t width, belt_run *runs, ptrdiff_t count,
    ptrdiff_t capacity) {
  const uint64_t ones = 0x0101010101010101u;
  ptrdiff_t x = 0;
  memset(pixels + width, 0, 8);
  while (x < width) {
    uint64_t word;
    memcpy(&word, pixels + x, 8);
    if (word == 0) {
      x += 8;
      continue;
    }
    const ptrdiff_t start = x + (__builtin_ctzll(word) >> 3);
    x = start;
    for (;;) {
      memcpy(&word, pixels + x, 8);
      if (word != ones) break;
      x += 8;
    }
    // The zeros behind the row end its last run.
    x += __builtin_ctzll(word ^ ones) >> 3;
    if (count < capacity) {
      runs[count] = (belt_run){(int32_t)row, (int32_t)start, (int32_t)x};
    }
    count += 1;
  }
  return count;
}

/// Finds the runs of pixels that belong to pieces, row by row from `first` up to and without `last`,
/// each row from the left.
///
/// A pixel does where the mean of its 3 × 3 neighborhood lies beyond the limit; where the pixel
/// itself goes at least half as far, and its neighborhood `edge_share` of the way to the brightest
/// near it; where it is no shadow; and where most of its neighborhood agrees.
///
/// Works in `belt_space` bytes at `space`. Returns how many runs there are, which may be more than
/// `capacity`: those beyond are not stored.
BELT_BODY ptrdiff_t belt_find_runs_body(
    const belt_picture *picture, ptrdiff_t first, ptrdiff_t last, uint8_t *space, belt_run *runs,
    ptrdiff_t capacity, int level) {
  (void)level;
  const belt_rows rows = belt_lay_out(picture, space);
  const ptrdiff_t height = picture->height, width = picture->width;
  ptrdiff_t count = 0;
  int has_marks[4] = {0, 0, 0, 0}, is_checked[4] = {0, 0, 0, 0};
  // A row is voted on with its neighbors, each of which is checked by the excess two rows around it.
  for (ptrdiff_t y = first < 3 ? 0 : first - 3; y < last + 3; y += 1) {
    if (y < height) {
      uint8_t *const means = rows.means[y & 3];
      belt_sum_rows(picture->pixels, y, height, rows.bytes, picture->channels, rows.sums);
      belt_flag_bytes(
          picture->pixels + y * rows.bytes, rows.sums, picture->level, picture->limit, rows.bytes,
          picture->channels, means, rows.flags, rows.over);
      has_marks[y & 3] = belt_join_channels(
          rows.flags, rows.over, width, picture->channels, rows.marks[y & 3],
          rows.excess[y & 7]);
    }
    const ptrdiff_t checked = y - 2, voted = y - 3;
    if (checked >= 0 && checked >= first - 1 && checked < height + 1) {
      const int had = is_checked[checked & 3];
      const int has = checked < height && has_marks[checked & 3];
      if (has) {
        belt_check_row(picture, &rows, checked, rows.checked[checked & 3]);
        memset(rows.checked[checked & 3] + width, 0, BELT_BLOCK);
      } else if (had) {
        memset(rows.checked[checked & 3], 0, (size_t)width);
      }
      is_checked[checked & 3] = has;
    }
    if (voted < first) continue;
    if (!(is_checked[(voted - 1) & 3] | is_checked[voted & 3] | is_checked[(voted + 1) & 3])) {
      continue;
    }
    if (belt_vote_row(&rows, voted, width, height)) {
      count = belt_append_runs(rows.voted, voted, width, runs, count, capacity);
    }
  }
  return count;
}

BELT_DISPATCH(
    ptrdiff_t, belt_find_runs,
    (const belt_picture *picture, ptrdiff_t first, ptrdiff_t last, uint8_t *space, belt_run *runs,
     ptrdiff_t capacity, int level),
    (picture, first, last, space, runs, capacity, level))

/// The 3 × 3 means of one row, `[width, channels]`; `space` as above.
BELT_BODY int belt_smooth_row_body(
    const uint8_t *pixels, ptrdiff_t row, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels,
    uint8_t *space, uint8_t *means, int level) {
  (void)level;
  uint16_t *const sums = (uint16_t *)space + BELT_EDGE;
  const ptrdiff_t bytes = width * channels;
  belt_sum_rows(pixels, row, height, bytes, channels, sums);
  for (ptrdiff_t p = 0; bytes >= BELT_LANES && p < bytes; p = belt_next(p, bytes, BELT_LANES)) {
    BELT_STORE(means + p, __builtin_convertvector(belt_means(sums + p, channels), belt_bytes));
  }
  for (ptrdiff_t p = 0; bytes < BELT_LANES && p < bytes; p += 1) {
    means[p] = (uint8_t)belt_mean(sums + p, channels);
  }
  return 0;
}

BELT_DISPATCH(
    int, belt_smooth_row,
    (const uint8_t *pixels, ptrdiff_t row, ptrdiff_t height, ptrdiff_t width, ptrdiff_t channels,
     uint8_t *space, uint8_t *means, int level),
    (pixels, row, height, width, channels, space, means, level))
