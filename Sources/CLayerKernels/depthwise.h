// Convolution with one filter a channel. Read once for each set.

/// `count` neighboring pixels of one row; where the picture ends from left to right, zeros go on.
///
/// `values` is where the first window begins, in column `left`. `three`: windows of 3 x 3 by ones,
/// where a pixel of the source serves three of the target. All but pointers and columns are
/// constants where it is called.
LAYER_STEP void LAYER(depthwise_pixels)(
    const int count, const int three, const int is_inside, const layer_step *s,
    const float *values, ptrdiff_t left, ptrdiff_t top, ptrdiff_t bottom, const float *kernel,
    layer_v16 *sums) {
  const ptrdiff_t columns = s->source.columns, size = s->size, stride = s->stride;
#define LAYER_AT(x) \
  (is_inside || (left + (x) >= 0 && left + (x) < columns) ? LAYER_LOAD(from + (x) * 16) \
                                                          : (layer_v16)0)
  for (ptrdiff_t y = top; y < bottom; y++) {
    const float *from = values + y * columns * 16;
    if (three) {
      const layer_v16 first = LAYER_LOAD(kernel + y * 48);
      const layer_v16 second = LAYER_LOAD(kernel + y * 48 + 16);
      const layer_v16 third = LAYER_LOAD(kernel + y * 48 + 32);
#pragma clang loop unroll(full)
      for (int i = 0; i < count + 2; i++) {
        const layer_v16 value = LAYER_AT(i);
        if (i < count) sums[i] = LAYER_FMA(value, first, sums[i]);
        if (i > 0 && i <= count) sums[i - 1] = LAYER_FMA(value, second, sums[i - 1]);
        if (i > 1) sums[i - 2] = LAYER_FMA(value, third, sums[i - 2]);
      }
    } else {
      for (ptrdiff_t x = 0; x < size; x++) {
        const layer_v16 weight = LAYER_LOAD(kernel + (y * size + x) * 16);
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
          sums[i] = LAYER_FMA(LAYER_AT(i * stride + x), weight, sums[i]);
        }
      }
    }
  }
#undef LAYER_AT
}

LAYER_STEP void LAYER(depthwise_end)(
    const layer_step *s, const int count, layer_v16 *sums, const float *other, float *target) {
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
    LAYER_WRITE(s->ending, sums[i], other + i * 16, target + i * 16);
  }
}

/// `count` pixels from their bias to what is written; `count` is a constant where it is called.
LAYER_STEP void LAYER(depthwise_group)(
    const int count, const layer_step *s, const float *values, ptrdiff_t left, ptrdiff_t top,
    ptrdiff_t bottom, const float *kernel, layer_v16 bias, const float *other, float *target) {
  layer_v16 sums[8];
  const int three = s->size == 3 && s->stride == 1;
  const int is_inside =
      left >= 0 && left + (count - 1) * s->stride + s->size <= s->source.columns;
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) sums[i] = bias;
#define LAYER_CASE(t, i) LAYER(depthwise_pixels)( \
    count, t, i, s, values, left, top, bottom, kernel, sums)
  if (three && is_inside) LAYER_CASE(1, 1);
  else if (three) LAYER_CASE(1, 0);
  else if (is_inside) LAYER_CASE(0, 1);
  else LAYER_CASE(0, 0);
#undef LAYER_CASE
  LAYER(depthwise_end)(s, count, sums, other, target);
}

/// One ticket: `share` rows of one block of channels of one image.
static inline LAYER_TARGET void LAYER(depthwise)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  const layer_picture from = s->source, to = s->target;
  const ptrdiff_t blocks = layer_blocks(to), parts = s->tickets / (blocks * s->images);
  const ptrdiff_t plane = ticket / parts, first = ticket % parts * s->share;
  const ptrdiff_t last = first + s->share < to.rows ? first + s->share : to.rows;
  const float *kernel = s->kernel + plane % blocks * s->size * s->size * 16;
  const layer_v16 bias = LAYER_LOAD(s->bias + plane % blocks * 16);
  const float *source = arena + from.offset + plane * layer_pixels(from) * 16;
  (void)scratch;
  for (ptrdiff_t row = first; row < last; row++) {
    const ptrdiff_t above = row * s->stride - s->padding;
    const ptrdiff_t top = above < 0 ? -above : 0;
    const ptrdiff_t bottom = above + s->size > from.rows ? from.rows - above : s->size;
    const ptrdiff_t place = (plane * to.rows + row) * to.columns * 16;
    const float *other = arena + s->other.offset + place;
    float *target = arena + to.offset + place;
    for (ptrdiff_t column = 0; column < to.columns;) {
      const ptrdiff_t left = column * s->stride - s->padding, rest = to.columns - column;
      const float *values = source + (above * from.columns + left) * 16;
#define LAYER_CASE(count) LAYER(depthwise_group)( \
    count, s, values, left, top, bottom, kernel, bias, other + column * 16, target + column * 16)
      if (rest >= 8) LAYER_CASE(8);
      else if (rest >= 4) LAYER_CASE(4);
      else LAYER_CASE(1);
#undef LAYER_CASE
      column += rest >= 8 ? 8 : rest >= 4 ? 4 : 1;
    }
  }
}
