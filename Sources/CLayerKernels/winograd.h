// Convolution of 3 x 3 by ones with 36 multiplications for 16 pixels: F(4 x 4, 3 x 3). Read once
// for each set.
//
// Source: Lavin, Gray, Fast Algorithms for Convolutional Neural Networks, 2015, section 4.3;
// arXiv:1509.09308. Tiles of 6 x 6 pixels become B' d B, are multiplied with the kernels' G g G'
// channel by channel, and come back as A' m A.

/// B' of six numbers, in place.
#define LAYER_FORWARD(d0, d1, d2, d3, d4, d5) \
  do { \
    const layer_v16 even = LAYER_FMA(minus_four, d2, d4), odd = LAYER_FMA(minus_four, d1, d3); \
    const layer_v16 near = d4 - d2, far = d3 - d1; \
    const layer_v16 first = LAYER_FMA(four, d0, LAYER_FMA(minus_five, d2, d4)); \
    const layer_v16 last = LAYER_FMA(four, d1, LAYER_FMA(minus_five, d3, d5)); \
    d0 = first; \
    d1 = even + odd; \
    d2 = even - odd; \
    d3 = LAYER_FMA(two, far, near); \
    d4 = LAYER_FMA(minus_two, far, near); \
    d5 = last; \
  } while (0)

/// One tile of one block of channels, from `values` on, rows `row_step` floats apart; max(0, d *
/// factor + shift) of its numbers d where there is a factor.
LAYER_STEP void LAYER(tile_forward)(
    const float *values, ptrdiff_t row_step, ptrdiff_t column_step, float *target,
    ptrdiff_t target_step, const float *factor, const float *shift) {
  const layer_v16 two = (layer_v16)2, minus_two = (layer_v16)-2, four = (layer_v16)4;
  const layer_v16 minus_four = (layer_v16)-4, minus_five = (layer_v16)-5;
  layer_v16 d[36];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
#pragma clang loop unroll(full)
    for (int y = 0; y < 6; y++) {
      layer_v16 value = LAYER_LOAD(values + y * row_step + x * column_step);
      if (factor) {
        value = LAYER_RECTIFIED(LAYER_FMA(value, LAYER_LOAD(factor), LAYER_LOAD(shift)));
      }
      d[6 * y + x] = value;
    }
    LAYER_FORWARD(d[x], d[6 + x], d[12 + x], d[18 + x], d[24 + x], d[30 + x]);
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 36; y += 6) {
    LAYER_FORWARD(d[y], d[y + 1], d[y + 2], d[y + 3], d[y + 4], d[y + 5]);
#pragma clang loop unroll(full)
    for (int x = 0; x < 6; x++) LAYER_STORE(target + (y + x) * target_step, d[y + x]);
  }
}

/// The 6 x 6 pixels of a tile at the picture's border, with zeros where they lie outside.
static inline LAYER_TARGET void LAYER(tile_at_border)(
    const float *values, ptrdiff_t columns, const ptrdiff_t reach[4], float *tile) {
  for (int y = 0; y < 6; y++) {
    for (int x = 0; x < 6; x++) {
      const int is_there = y >= reach[0] && y < reach[1] && x >= reach[2] && x < reach[3];
      layer_v16 value = (layer_v16)0;
      if (is_there) value = LAYER_LOAD(values + (y * columns + x) * 16);
      LAYER_STORE(tile + (6 * y + x) * 16, value);
    }
  }
}

#undef LAYER_FORWARD

/// A' of six numbers.
#define LAYER_BACK(y0, y1, y2, y3, m0, m1, m2, m3, m4, m5) \
  do { \
    const layer_v16 near = m1 + m2, far = m3 + m4; \
    const layer_v16 near_odd = m1 - m2, far_odd = m3 - m4; \
    y0 = m0 + near + far; \
    y1 = LAYER_FMA(two, far_odd, near_odd); \
    y2 = LAYER_FMA(four, far, near); \
    y3 = LAYER_FMA(eight, far_odd, near_odd) + m5; \
  } while (0)

/// The 4 x 4 pixels of a tile, of which `rows` x `columns` are in the picture.
LAYER_STEP void LAYER(tile_back)(
    const float *source, ptrdiff_t source_step, layer_v16 bias, int32_t ending,
    ptrdiff_t rows, ptrdiff_t columns, ptrdiff_t row_step, ptrdiff_t column_step,
    const float *other, float *target) {
  const layer_v16 two = (layer_v16)2, four = (layer_v16)4, eight = (layer_v16)8;
  layer_v16 half[24];
#pragma clang loop unroll(full)
  for (int x = 0; x < 6; x++) {
    const layer_v16 m0 = LAYER_LOAD(source + x * source_step);
    const layer_v16 m1 = LAYER_LOAD(source + (6 + x) * source_step);
    const layer_v16 m2 = LAYER_LOAD(source + (12 + x) * source_step);
    const layer_v16 m3 = LAYER_LOAD(source + (18 + x) * source_step);
    const layer_v16 m4 = LAYER_LOAD(source + (24 + x) * source_step);
    const layer_v16 m5 = LAYER_LOAD(source + (30 + x) * source_step);
    LAYER_BACK(half[x], half[6 + x], half[12 + x], half[18 + x], m0, m1, m2, m3, m4, m5);
  }
#pragma clang loop unroll(full)
  for (int y = 0; y < 4; y++) {
    layer_v16 r[4];
    LAYER_BACK(
        r[0], r[1], r[2], r[3], half[6 * y], half[6 * y + 1], half[6 * y + 2], half[6 * y + 3],
        half[6 * y + 4], half[6 * y + 5]);
    if (y >= rows) break;
#pragma clang loop unroll(full)
    for (int x = 0; x < 4; x++) {
      if (x >= columns) break;
      const ptrdiff_t place = y * row_step + x * column_step;
      LAYER_WRITE(ending, r[x] + bias, other + place, target + place);
    }
  }
}

#undef LAYER_BACK

/// One ticket: `share` tiles, which may be of several images, and a part of the filters.
static inline LAYER_TARGET void LAYER(winograd)(
    const layer_step *s, float *arena, ptrdiff_t number, float *scratch) {
  const ptrdiff_t ticket = number / s->parts, part = number % s->parts;
  const ptrdiff_t height = s->source.rows, width = s->source.columns, pixels = height * width;
  const ptrdiff_t across = (width + 3) / 4, down = (height + 3) / 4, each = across * down;
  const ptrdiff_t first = ticket * s->share, all = each * s->images;
  const ptrdiff_t count = first + s->share < all ? s->share : all - first;
  const ptrdiff_t inputs = layer_blocks(s->source), outputs = layer_blocks(s->target);
  const ptrdiff_t depth = inputs * 16;
  // Sixteen floats more, so that the 36 numbers of a tile do not meet in one set of a cache.
  const ptrdiff_t front_step = s->share * depth + 16;
  const ptrdiff_t back_step = s->share * 16 * LAYER_WIDE + 16;
  float *front = scratch, *back = scratch + 36 * front_step;

  for (ptrdiff_t block = 0; block < inputs; block++) {
    for (ptrdiff_t place = 0; place < count; place++) {
      const ptrdiff_t tile = (first + place) % each, image = (first + place) / each;
      const ptrdiff_t row = tile / across * 4 - 1, column = tile % across * 4 - 1;
      const ptrdiff_t reach[4] = {-row, height - row, -column, width - column};
      const int is_inside = row >= 0 && column >= 0 && reach[1] >= 6 && reach[3] >= 6;
      const float *values = arena + s->source.offset +
          ((image * inputs + block) * pixels + row * width + column) * 16;
      float border[36 * 16];
      if (!is_inside) LAYER(tile_at_border)(values, width, reach, border);
      LAYER(tile_forward)(
          is_inside ? values : border, is_inside ? width * 16 : 96, 16,
          front + place * depth + block * 16, front_step, NULL, NULL);
    }
  }
  LAYER(factors) f;
  memset(&f, 0, sizeof f);
  f.other = back;
  f.blocks = f.lines = 1;
  f.length = f.row_step = depth;
  const ptrdiff_t end = LAYER(first_of_part)(s, part + 1);
  for (ptrdiff_t block = LAYER(first_of_part)(s, part); block < end; block += LAYER_WIDE) {
    const int wide = outputs - block < LAYER_WIDE ? 1 : LAYER_WIDE;
    const float *kernel = s->kernel + block * 16 * 36 * depth;
    f.target_step = s->share * 16;
    for (ptrdiff_t place = 0; place < 36; place++) {
      f.rows = front + place * front_step;
      f.kernel = kernel + place * 16 * wide * depth;
      f.ahead = f.kernel + 16 * wide * depth;
      f.target = back + place * back_step;
      LAYER(multiply_rows)(f, count, wide, 1);
    }
    for (int half = 0; half < wide; half++) {
      const layer_v16 bias = LAYER_LOAD(s->bias + (block + half) * 16);
      for (ptrdiff_t place = 0; place < count; place++) {
        const ptrdiff_t tile = (first + place) % each, image = (first + place) / each;
        const ptrdiff_t row = tile / across * 4, column = tile % across * 4;
        const ptrdiff_t pixel =
            ((image * outputs + block + half) * pixels + row * width + column) * 16;
        LAYER(tile_back)(
            back + half * f.target_step + place * 16, back_step, bias, s->ending, height - row,
            width - column, width * 16, 16, arena + s->other.offset + pixel,
            arena + s->target.offset + pixel);
      }
    }
  }
}
