// Winograd's convolution of 3 x 3 by ones on channels that lie side by side, forward and back, and
// the gradient of its kernel. Read once for each set.
//
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section 4.3;
// arXiv:1509.09308. The result A' [(G g G') * (B' d B)] A is linear in g, and its transposition
// gives the gradient of g: G' [(A y A') * (B' d B)] G.

/// The first `count` of 16 numbers, zeros behind them.
LAYER_STEP layer_v16 LAYER(some)(const float *values, ptrdiff_t count) {
  if (count >= 16) return LAYER_LOAD(values);
  float some[16] = {0};
  for (ptrdiff_t c = 0; c < count; c++) some[c] = values[c];
  return LAYER_LOAD(some);
}

LAYER_STEP void LAYER(put_some)(float *target, layer_v16 value, ptrdiff_t count) {
  if (count >= 16) {
    LAYER_STORE(target, value);
    return;
  }
  float some[16];
  LAYER_STORE(some, value);
  for (ptrdiff_t c = 0; c < count; c++) target[c] = some[c];
}

/// Where a tile begins.
typedef struct {
  ptrdiff_t image, row, column;
} LAYER(corner);

LAYER_STEP LAYER(corner) LAYER(corner_of)(const learning_step *s, ptrdiff_t tile) {
  const ptrdiff_t across = (s->columns + 3) / 4, each = across * ((s->rows + 3) / 4);
  const ptrdiff_t place = tile % each;
  return (LAYER(corner)){tile / each, place / across * 4, place % across * 4};
}

/// B' d B of one tile at the border of the picture, of a block that is not whole, or of both.
static __attribute__((noinline)) LAYER_TARGET void LAYER(collect_at_border)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, const ptrdiff_t reach[4],
    ptrdiff_t valid, const float *table, ptrdiff_t filled, float *target, ptrdiff_t target_step) {
  float tile[36 * 16];
  layer_v16 factor = (layer_v16)1, shift = (layer_v16)0;
  if (table) {
    factor = LAYER_LOAD(table + learning_factor * filled);
    shift = LAYER_LOAD(table + learning_shift * filled);
  }
  for (ptrdiff_t y = 0; y < 6; y++) {
    for (ptrdiff_t x = 0; x < 6; x++) {
      const int is_there = y >= reach[0] && y < reach[1] && x >= reach[2] && x < reach[3];
      layer_v16 value = (layer_v16)0;
      if (is_there) {
        value = LAYER(some)(values + y * row_step + x * column_step, valid);
        if (table) value = LAYER_RECTIFIED(LAYER_FMA(value, factor, shift));
      }
      LAYER_STORE(tile + (6 * y + x) * 16, value);
    }
  }
  LAYER(tile_forward)(tile, 96, 16, target, target_step, NULL, NULL);
}

static __attribute__((noinline)) LAYER_TARGET void LAYER(collect_inside)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, const float *table,
    ptrdiff_t filled, float *target, ptrdiff_t target_step) {
  if (table) {
    LAYER(tile_forward)(
        values, row_step, column_step, target, target_step, table + learning_factor * filled,
        table + learning_shift * filled);
  } else {
    LAYER(tile_forward)(values, row_step, column_step, target, target_step, NULL, NULL);
  }
}

/// B' d B of `count` tiles: number p of tile t at target[p * target_step + t * depth].
static inline LAYER_TARGET void LAYER(collect)(
    const learning_step *s, ptrdiff_t first, ptrdiff_t count, float *target,
    ptrdiff_t target_step) {
  const ptrdiff_t channels = s->channels, depth = learning_filled(channels);
  const ptrdiff_t row_step = s->columns * channels;
  for (ptrdiff_t place = 0; place < count; place++, target += depth) {
    const LAYER(corner) at = LAYER(corner_of)(s, first + place);
    const ptrdiff_t row = at.row - 1, column = at.column - 1;
    const ptrdiff_t reach[4] = {-row, s->rows - row, -column, s->columns - column};
    const int is_inside = row >= 0 && column >= 0 && reach[1] >= 6 && reach[3] >= 6;
    const float *values =
        s->source + ((at.image * s->rows + row) * s->columns + column) * channels;
    for (ptrdiff_t c = 0; c < channels; c += 16) {
      const float *table = s->table ? s->table + c : NULL;
      if (is_inside && channels - c >= 16) {
        LAYER(collect_inside)(
            values + c, row_step, channels, table, depth, target + c, target_step);
      } else {
        LAYER(collect_at_border)(
            values + c, row_step, channels, reach, channels - c, table, depth, target + c,
            target_step);
      }
    }
  }
}

/// What a ticket learns of 16 channels: see `learning_measure_rows`.
typedef struct {
  layer_v16 origin, sum, squares;
  ptrdiff_t count;
} LAYER(measures);

LAYER_STEP void LAYER(add_measure)(LAYER(measures) *m, layer_v16 value) {
  if (m->count == 0) m->origin = value;
  const layer_v16 beyond = value - m->origin;
  m->sum += beyond;
  m->squares = LAYER_FMA(beyond, beyond, m->squares);
  m->count++;
}

LAYER_STEP void LAYER(keep_measures)(const LAYER(measures) *m, ptrdiff_t filled, float *target) {
  LAYER_STORE(target, m->origin);
  LAYER_STORE(target + filled, m->sum);
  LAYER_STORE(target + 2 * filled, m->squares);
  LAYER_STORE(target + 3 * filled, (layer_v16)(float)m->count);
}

/// The 4 x 4 pixels of a tile that go to a border or are fewer than 16 channels.
static __attribute__((noinline)) LAYER_TARGET void LAYER(bring_back_some)(
    const float *source, ptrdiff_t source_step, layer_v16 bias, ptrdiff_t rows, ptrdiff_t columns,
    ptrdiff_t row_step, ptrdiff_t column_step, ptrdiff_t valid, const float *other, float *target) {
  float tile[16 * 16];
  LAYER(tile_back)(source, source_step, bias, 0, 4, 4, 64, 16, tile, tile);
  for (ptrdiff_t y = 0; y < 4 && y < rows; y++) {
    for (ptrdiff_t x = 0; x < 4 && x < columns; x++) {
      const ptrdiff_t place = y * row_step + x * column_step;
      layer_v16 value = LAYER_LOAD(tile + (4 * y + x) * 16);
      if (other) value += LAYER(some)(other + place, valid);
      LAYER(put_some)(target + place, value, valid);
    }
  }
}

/// A' m A of `count` tiles of one block of filters, from number `filter` on.
static inline LAYER_TARGET void LAYER(bring_back)(
    const learning_step *s, ptrdiff_t ticket, ptrdiff_t filter, ptrdiff_t count,
    const float *source, ptrdiff_t source_step) {
  const ptrdiff_t filters = s->filters, valid = filters - filter, row_step = s->columns * filters;
  const ptrdiff_t filled = learning_filled(filters);
  const layer_v16 bias = s->bias ? LAYER(some)(s->bias + filter, valid) : (layer_v16)0;
  LAYER(measures) measures = {(layer_v16)0, (layer_v16)0, (layer_v16)0, 0};
  for (ptrdiff_t place = 0; place < count; place++, source += 16) {
    const LAYER(corner) at = LAYER(corner_of)(s, ticket * s->share + place);
    const ptrdiff_t rows = s->rows - at.row, columns = s->columns - at.column;
    const ptrdiff_t pixel =
        ((at.image * s->rows + at.row) * s->columns + at.column) * filters + filter;
    const float *other = s->other ? s->other + pixel : NULL;
    float *target = s->target + pixel;
    if (rows < 4 || columns < 4 || valid < 16) {
      LAYER(bring_back_some)(
          source, source_step, bias, rows, columns, row_step, filters, valid, other, target);
    } else if (other) {
      LAYER(tile_back)(
          source, source_step, bias, layer_add_other, 4, 4, row_step, filters, other, target);
    } else {
      LAYER(tile_back)(source, source_step, bias, 0, 4, 4, row_step, filters, target, target);
    }
    if (s->flags & learning_measured) {
      for (ptrdiff_t y = 0; y < 4 && y < rows; y++) {
        for (ptrdiff_t x = 0; x < 4 && x < columns; x++) {
          LAYER(add_measure)(
              &measures, LAYER(some)(target + y * row_step + x * filters, valid));
        }
      }
    }
  }
  if (s->flags & learning_measured) {
    LAYER(keep_measures)(
        &measures, filled, s->partial + ticket * learning_measure_rows * filled + filter);
  }
}

/// One ticket: `share` tiles, which may be of several images.
static inline LAYER_TARGET void LAYER(convolve)(
    const learning_step *s, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t first = ticket * s->share, all = learning_tiles(s);
  const ptrdiff_t count = first + s->share < all ? s->share : all - first;
  const ptrdiff_t depth = learning_filled(s->channels);
  const ptrdiff_t outputs = learning_filled(s->filters) / 16;
  // Sixteen floats more, so that the 36 numbers of a tile do not meet in one set of a cache.
  const ptrdiff_t front_step = s->share * depth + 16;
  const ptrdiff_t back_step = s->share * 16 * LAYER_WIDE + 16;
  float *front = scratch, *back = scratch + 36 * front_step;
  LAYER(collect)(s, first, count, front, front_step);
  LAYER(factors) f;
  memset(&f, 0, sizeof f);
  f.other = back;
  f.blocks = f.lines = 1;
  f.length = f.row_step = depth;
  f.target_step = s->share * 16;
  for (ptrdiff_t block = 0; block < outputs; block += LAYER_WIDE) {
    const int wide = outputs - block < LAYER_WIDE ? 1 : LAYER_WIDE;
    const float *kernel = s->kernel + block * 16 * 36 * depth;
    for (ptrdiff_t place = 0; place < 36; place++) {
      f.rows = front + place * front_step;
      f.kernel = kernel + place * 16 * wide * depth;
      f.ahead = f.kernel + 16 * wide * depth;
      f.target = back + place * back_step;
      LAYER(multiply_rows)(f, count, wide, 1);
    }
    for (int half = 0; half < wide; half++) {
      LAYER(bring_back)(
          s, ticket, (block + half) * 16, count, back + half * f.target_step, back_step);
    }
  }
}

/// A of four numbers.
#define LAYER_SLOPE(r0, r1, r2, r3, r4, r5, d0, d1, d2, d3) \
  do { \
    const layer_v16 even = d0 + d2, odd = d1 + d3; \
    const layer_v16 far_even = LAYER_FMA(four, d2, d0); \
    const layer_v16 far_odd = LAYER_FMA(eight, d3, d1 + d1); \
    r0 = d0; \
    r1 = even + odd; \
    r2 = even - odd; \
    r3 = far_even + far_odd; \
    r4 = far_even - far_odd; \
    r5 = d3; \
  } while (0)

/// A y A' of one tile of one block of filters.
LAYER_STEP void LAYER(tile_slope)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, float *target,
    ptrdiff_t target_step) {
  const layer_v16 four = (layer_v16)4, eight = (layer_v16)8;
  layer_v16 half[24];
#pragma clang loop unroll(full)
  for (int x = 0; x < 4; x++) {
    const float *column = values + x * column_step;
    const layer_v16 d0 = LAYER_LOAD(column), d1 = LAYER_LOAD(column + row_step);
    const layer_v16 d2 = LAYER_LOAD(column + 2 * row_step);
    const layer_v16 d3 = LAYER_LOAD(column + 3 * row_step);
    LAYER_SLOPE(
        half[x], half[4 + x], half[8 + x], half[12 + x], half[16 + x], half[20 + x], d0, d1, d2,
        d3);
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 6; y++) {
    layer_v16 r[6];
    LAYER_SLOPE(
        r[0], r[1], r[2], r[3], r[4], r[5], half[4 * y], half[4 * y + 1], half[4 * y + 2],
        half[4 * y + 3]);
#pragma clang loop unroll(full)
    for (int x = 0; x < 6; x++) LAYER_STORE(target + (6 * y + x) * target_step, r[x]);
  }
}

#undef LAYER_SLOPE

static __attribute__((noinline)) LAYER_TARGET void LAYER(collect_slope_inside)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, float *target,
    ptrdiff_t target_step) {
  LAYER(tile_slope)(values, row_step, column_step, target, target_step);
}

static __attribute__((noinline)) LAYER_TARGET void LAYER(collect_slope_at_border)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, ptrdiff_t rows,
    ptrdiff_t columns, ptrdiff_t valid, float *target, ptrdiff_t target_step) {
  float tile[16 * 16];
  for (ptrdiff_t y = 0; y < 4; y++) {
    for (ptrdiff_t x = 0; x < 4; x++) {
      layer_v16 value = (layer_v16)0;
      if (y < rows && x < columns) {
        value = LAYER(some)(values + y * row_step + x * column_step, valid);
      }
      LAYER_STORE(tile + (4 * y + x) * 16, value);
    }
  }
  LAYER(tile_slope)(tile, 64, 16, target, target_step);
}

/// A y A' of `count` tiles of the gradient that comes back.
static inline LAYER_TARGET void LAYER(collect_slopes)(
    const learning_step *s, ptrdiff_t first, ptrdiff_t count, float *target,
    ptrdiff_t target_step) {
  const ptrdiff_t filters = s->filters, row_step = s->columns * filters;
  for (ptrdiff_t place = 0; place < count; place++, target += learning_filled(filters)) {
    const LAYER(corner) at = LAYER(corner_of)(s, first + place);
    const ptrdiff_t rows = s->rows - at.row, columns = s->columns - at.column;
    const float *values =
        s->slope + ((at.image * s->rows + at.row) * s->columns + at.column) * filters;
    for (ptrdiff_t c = 0; c < filters; c += 16) {
      if (rows >= 4 && columns >= 4 && filters - c >= 16) {
        LAYER(collect_slope_inside)(values + c, row_step, filters, target + c, target_step);
      } else {
        LAYER(collect_slope_at_border)(
            values + c, row_step, filters, rows, columns, filters - c, target + c, target_step);
      }
    }
  }
}

/// Sums over tiles of `count` channels times `wide` times 16 filters, added to those so far.
LAYER_STEP void LAYER(accumulate)(
    const int count, const int wide, const float *rows, ptrdiff_t row_step, const float *columns,
    ptrdiff_t column_step, ptrdiff_t length, float *target, int is_first) {
  layer_v16 sums[LAYER_ROWS * LAYER_WIDE];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
      sums[i * wide + j] =
          is_first ? (layer_v16)0 : LAYER_LOAD(target + i * column_step + 16 * j);
    }
  }
  for (ptrdiff_t k = 0; k < length; k++, rows += row_step, columns += column_step) {
    layer_v16 slopes[LAYER_WIDE];
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) slopes[j] = LAYER_LOAD(columns + 16 * j);
#pragma clang loop unroll(full)
    for (int i = 0; i < count; i++) {
      const layer_v16 value = (layer_v16)rows[i];
#pragma clang loop unroll(full)
      for (int j = 0; j < wide; j++) {
        sums[i * wide + j] = LAYER_FMA(value, slopes[j], sums[i * wide + j]);
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
      LAYER_STORE(target + i * column_step + 16 * j, sums[i * wide + j]);
    }
  }
}

#define LAYER_SUMS_OF(count, wide) \
  static __attribute__((noinline)) LAYER_TARGET void LAYER(accumulate_##count##x##wide)( \
      const float *rows, ptrdiff_t row_step, const float *columns, ptrdiff_t column_step, \
      ptrdiff_t length, float *target, int is_first) { \
    LAYER(accumulate)( \
        count, wide, rows, row_step, columns, column_step, length, target, is_first); \
  }
LAYER_SUMS_OF(2, 1)
#if LAYER_ROWS > 2
LAYER_SUMS_OF(4, 1)
LAYER_SUMS_OF(6, 1)
#endif
#if LAYER_ROWS > 6
LAYER_SUMS_OF(8, 1)
LAYER_SUMS_OF(8, 2)
#endif
#undef LAYER_SUMS_OF

/// The sums of all channels and filters for one of the 36 numbers of a tile.
static inline LAYER_TARGET void LAYER(accumulate_all)(
    const float *front, const float *slopes, ptrdiff_t depth, ptrdiff_t filled, ptrdiff_t count,
    float *target, int is_first) {
  for (ptrdiff_t filter = 0; filter < filled; filter += 16 * LAYER_WIDE) {
    const int wide = filled - filter < 16 * LAYER_WIDE ? 1 : LAYER_WIDE;
    for (ptrdiff_t c = 0, part = 0; c < depth; c += part) {
      part = depth - c < LAYER_ROWS ? depth - c : LAYER_ROWS;
      float *sums = target + c * filled + filter;
      (void)wide;
#define LAYER_CASE(n, w) \
  case n: \
    LAYER(accumulate_##n##x##w)( \
        front + c, depth, slopes + filter, filled, count, sums, is_first); \
    break;
#if LAYER_WIDE > 1
      if (wide == 2) {
        switch (part) { LAYER_CASE(8, 2) }
        continue;
      }
#endif
      switch (part) {
        LAYER_CASE(2, 1)
#if LAYER_ROWS > 2
        LAYER_CASE(4, 1) LAYER_CASE(6, 1)
#endif
#if LAYER_ROWS > 6
        LAYER_CASE(8, 1)
#endif
      }
#undef LAYER_CASE
    }
  }
}

/// One ticket: the sums over its part of all tiles, [36][channels][filters], and of the gradients.
static inline LAYER_TARGET void LAYER(weigh)(
    const learning_step *s, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t all = learning_tiles(s);
  const ptrdiff_t start = all * ticket / s->tickets, end = all * (ticket + 1) / s->tickets;
  const ptrdiff_t depth = learning_filled(s->channels), filled = learning_filled(s->filters);
  const ptrdiff_t front_step = s->share * depth + 16, slope_step = s->share * filled + 16;
  float *front = scratch, *slopes = scratch + 36 * front_step;
  float *sums = s->partial + ticket * learning_weigh_floats(s->channels, s->filters);
  float *bias = sums + 36 * depth * filled;
  if (start == end) memset(sums, 0, sizeof(float) * (size_t)(36 * depth * filled));
  memset(bias, 0, sizeof(float) * (size_t)filled);
  for (ptrdiff_t first = start; first < end; first += s->share) {
    const ptrdiff_t count = end - first < s->share ? end - first : s->share;
    LAYER(collect)(s, first, count, front, front_step);
    LAYER(collect_slopes)(s, first, count, slopes, slope_step);
    for (ptrdiff_t place = 0; place < 36; place++) {
      LAYER(accumulate_all)(
          front + place * front_step, slopes + place * slope_step, depth, filled, count,
          sums + place * depth * filled, first == start);
    }
    // The second number of the second row is the sum of a tile.
    for (ptrdiff_t place = 0; place < count; place++) {
      for (ptrdiff_t c = 0; c < filled; c += 16) {
        const layer_v16 tile = LAYER_LOAD(slopes + 7 * slope_step + place * filled + c);
        LAYER_STORE(bias + c, LAYER_LOAD(bias + c) + tile);
      }
    }
  }
}

/// G' of six numbers.
#define LAYER_UNPACKED(y0, y1, y2, m0, m1, m2, m3, m4, m5) \
  do { \
    const layer_v16 near = (m1 + m2) * (layer_v16)(-1 / 6.0f), far = m3 + m4; \
    const layer_v16 near_odd = (m2 - m1) * (layer_v16)(1 / 6.0f), far_odd = m3 - m4; \
    y0 = LAYER_FMA(far, (layer_v16)(1 / 24.0f), LAYER_FMA(m0, (layer_v16)0.25f, near)); \
    y1 = LAYER_FMA(far_odd, (layer_v16)(1 / 12.0f), near_odd); \
    y2 = LAYER_FMA(far, (layer_v16)(1 / 6.0f), near) + m5; \
  } while (0)

/// One ticket: the gradients of `share` channels' kernels, and with the first those of the bias.
static inline LAYER_TARGET void LAYER(unpack)(
    const learning_step *s, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t depth = learning_filled(s->channels), filled = learning_filled(s->filters);
  const ptrdiff_t floats = learning_weigh_floats(s->channels, s->filters);
  const ptrdiff_t first = ticket * s->share, rest = s->channels - first;
  const ptrdiff_t last = rest < s->share ? s->channels : first + s->share;
  (void)scratch;
  for (ptrdiff_t filter = 0; filter < filled; filter += 16) {
    const ptrdiff_t valid = s->filters - filter < 16 ? s->filters - filter : 16;
    for (ptrdiff_t c = first; c < last; c++) {
      layer_v16 m[36], half[18];
      for (int place = 0; place < 36; place++) {
        const float *sums = s->partial + (place * depth + c) * filled + filter;
        m[place] = LAYER_LOAD(sums);
        for (ptrdiff_t part = 1; part < s->parts; part++) {
          m[place] += LAYER_LOAD(sums + part * floats);
        }
      }
      for (int x = 0; x < 6; x++) {
        LAYER_UNPACKED(
            half[x], half[6 + x], half[12 + x], m[x], m[6 + x], m[12 + x], m[18 + x], m[24 + x],
            m[30 + x]);
      }
      float kernel[9 * 16];
      for (int y = 0; y < 3; y++) {
        layer_v16 r[3];
        const layer_v16 *h = half + 6 * y;
        LAYER_UNPACKED(r[0], r[1], r[2], h[0], h[1], h[2], h[3], h[4], h[5]);
        for (int x = 0; x < 3; x++) LAYER_STORE(kernel + (3 * y + x) * 16, r[x]);
      }
      for (ptrdiff_t f = 0; f < valid; f++) {
        float *target = s->target + ((filter + f) * s->channels + c) * 9;
        for (int place = 0; place < 9; place++) target[place] = kernel[place * 16 + f];
      }
    }
    if (ticket > 0 || !s->shift_slope) continue;
    const float *bias = s->partial + 36 * depth * filled + filter;
    layer_v16 sum = LAYER_LOAD(bias);
    for (ptrdiff_t part = 1; part < s->parts; part++) sum += LAYER_LOAD(bias + part * floats);
    LAYER(put_some)(s->shift_slope + filter, sum, valid);
  }
}

#undef LAYER_UNPACKED

/// G of three numbers.
#define LAYER_PACKED(t0, t1, t2, t3, t4, t5, g0, g1, g2) \
  do { \
    const layer_v16 ends = g0 + g2, far = LAYER_FMA(four, g2, g0); \
    const layer_v16 far_scaled = far * (layer_v16)(1 / 24.0f); \
    t0 = g0 * (layer_v16)0.25f; \
    t1 = (ends + g1) * (layer_v16)(-1 / 6.0f); \
    t2 = (ends - g1) * (layer_v16)(-1 / 6.0f); \
    t3 = LAYER_FMA(g1, (layer_v16)(1 / 12.0f), far_scaled); \
    t4 = LAYER_FMA(g1, (layer_v16)(-1 / 12.0f), far_scaled); \
    t5 = g2; \
  } while (0)

/// One ticket: the kernels of one block of packed filters, [36][channels][block].
static inline LAYER_TARGET void LAYER(pack)(
    const learning_step *s, ptrdiff_t ticket, float *scratch) {
  const layer_v16 four = (layer_v16)4;
  const ptrdiff_t depth = learning_filled(s->channels), filled = learning_filled(s->filters);
  const ptrdiff_t first = ticket * 16 * LAYER_WIDE;
  const ptrdiff_t width = filled - first < 16 * LAYER_WIDE ? 16 : 16 * LAYER_WIDE;
  const int is_turned = (s->flags & learning_turned) != 0;
  (void)scratch;
  for (ptrdiff_t filter = first; filter < first + width; filter += 16) {
    const ptrdiff_t valid = s->filters - filter < 16 ? s->filters - filter : 16;
    for (ptrdiff_t c = 0; c < depth; c++) {
      float kernel[9 * 16] = {0};
      for (ptrdiff_t f = 0; f < valid && c < s->channels; f++) {
        const float *from = s->source +
            9 * (is_turned ? c * s->filters + filter + f : (filter + f) * s->channels + c);
        for (int place = 0; place < 9; place++) {
          kernel[place * 16 + f] = from[is_turned ? 8 - place : place];
        }
      }
      layer_v16 half[18];
      for (int x = 0; x < 3; x++) {
        const layer_v16 g0 = LAYER_LOAD(kernel + x * 16), g1 = LAYER_LOAD(kernel + (3 + x) * 16);
        const layer_v16 g2 = LAYER_LOAD(kernel + (6 + x) * 16);
        LAYER_PACKED(
            half[x], half[3 + x], half[6 + x], half[9 + x], half[12 + x], half[15 + x], g0, g1,
            g2);
      }
      for (int y = 0; y < 6; y++) {
        layer_v16 t[6];
        const layer_v16 *h = half + 3 * y;
        LAYER_PACKED(t[0], t[1], t[2], t[3], t[4], t[5], h[0], h[1], h[2]);
        for (int x = 0; x < 6; x++) {
          const ptrdiff_t place = ((6 * y + x) * depth + c) * width + filter - first;
          LAYER_STORE(s->target + first * 36 * depth + place, t[x]);
        }
      }
    }
  }
}

#undef LAYER_PACKED
