// Pools, sums and the like: one pass over the numbers. Read once for each set.

/// One ticket: a block of channels of an image, each square of it or all of it at once.
static inline LAYER_TARGET void LAYER(pool)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  const layer_picture from = s->source, to = s->target;
  const ptrdiff_t columns = from.columns;
  const float *source = arena + from.offset + ticket * layer_pixels(from) * 16;
  float *target = arena + to.offset + ticket * layer_pixels(to) * 16;
  (void)scratch;
  if (s->kind == layer_pool_global) {
    // Four sums: one would wait for each addition before the next.
    const ptrdiff_t pixels = layer_pixels(from);
    layer_v16 sums[4] = {(layer_v16)0, (layer_v16)0, (layer_v16)0, (layer_v16)0};
    for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) {
      sums[pixel & 3] += LAYER_LOAD(source + pixel * 16);
    }
    const layer_v16 sum = (sums[0] + sums[1]) + (sums[2] + sums[3]);
    LAYER_STORE(target, sum * (layer_v16)(1 / (float)pixels));
    return;
  }
  const ptrdiff_t size = s->size;
  const layer_v16 share = (layer_v16)(1 / (float)(size * size));
  for (ptrdiff_t row = 0; row < to.rows; row++) {
    for (ptrdiff_t column = 0; column < to.columns; column++, target += 16) {
      const float *square = source + (row * size * columns + column * size) * 16;
      layer_v16 found = LAYER_LOAD(square);
      for (ptrdiff_t y = 0; y < size; y++) {
        for (ptrdiff_t x = y == 0; x < size; x++) {
          const layer_v16 value = LAYER_LOAD(square + (y * columns + x) * 16);
          if (s->kind == layer_pool_maximum) {
            found = value > found ? value : found;
          } else {
            found += value;
          }
        }
      }
      LAYER_STORE(target, s->kind == layer_pool_maximum ? found : found * share);
    }
  }
}

/// One ticket: `share` times 16 numbers, whatever they belong to; a block of channels of an image
/// where they are scaled.
static inline LAYER_TARGET void LAYER(pass)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t pixels = layer_pixels(s->target), blocks = layer_blocks(s->target);
  const ptrdiff_t all = pixels * blocks * s->images, first = ticket * s->share;
  const ptrdiff_t last = first + s->share < all ? first + s->share : all;
  const float *source = arena + s->source.offset, *other = arena + s->other.offset;
  float *target = arena + s->target.offset;
  layer_v16 factor = (layer_v16)1, shift = (layer_v16)0;
  (void)scratch;
  if (s->kind == layer_scale) {
    factor = LAYER_LOAD(s->kernel + ticket % blocks * 16);
    shift = LAYER_LOAD(s->bias + ticket % blocks * 16);
  }
  for (ptrdiff_t i = first * 16; i < last * 16; i += 16) {
    const layer_v16 x = LAYER_LOAD(source + i);
    LAYER_WRITE(s->ending, LAYER_FMA(x, factor, shift), other + i, target + i);
  }
}

/// One ticket: an image's channels put behind those of others.
static inline LAYER_TARGET void LAYER(append)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t pixels = layer_pixels(s->target), start = s->padding;
  const float *source = arena + s->source.offset + ticket * layer_floats(s->source);
  float *target = arena + s->target.offset + ticket * layer_floats(s->target);
  (void)scratch;
  if (start % 16 == 0) {
    const size_t floats = (size_t)layer_floats(s->source);
    memcpy(target + start * pixels, source, floats * sizeof(float));
    return;
  }
  for (ptrdiff_t channel = 0; channel < s->source.channels; channel++) {
    const float *from = source + channel / 16 * pixels * 16 + channel % 16;
    const ptrdiff_t place = start + channel;
    float *to = target + place / 16 * pixels * 16 + place % 16;
    for (ptrdiff_t pixel = 0; pixel < pixels; pixel++) to[pixel * 16] = from[pixel * 16];
  }
}

/// One ticket: a block of channels of an image, zeros behind the last channel.
static inline LAYER_TARGET void LAYER(block)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  const ptrdiff_t pixels = layer_pixels(s->source), channels = s->source.channels;
  const ptrdiff_t blocks = layer_blocks(s->target), first = ticket % blocks * 16;
  const ptrdiff_t count = channels - first < 16 ? channels - first : 16;
  const float *source =
      arena + s->source.offset + ticket / blocks * layer_floats(s->source) + first;
  float *target = arena + s->target.offset + ticket * pixels * 16;
  (void)scratch;
  for (ptrdiff_t pixel = 0; pixel < pixels; pixel++, source += channels, target += 16) {
    for (ptrdiff_t c = 0; c < 16; c++) target[c] = c < count ? source[c] : 0;
  }
}

static inline LAYER_TARGET void LAYER(run)(
    const layer_step *s, float *arena, ptrdiff_t ticket, float *scratch) {
  switch (s->kind) {
    case layer_product: return LAYER(product)(s, arena, ticket, scratch);
    case layer_winograd: return LAYER(winograd)(s, arena, ticket, scratch);
    case layer_depthwise: return LAYER(depthwise)(s, arena, ticket, scratch);
    case layer_pool_maximum:
    case layer_pool_average:
    case layer_pool_global: return LAYER(pool)(s, arena, ticket, scratch);
    case layer_append: return LAYER(append)(s, arena, ticket, scratch);
    case layer_block: return LAYER(block)(s, arena, ticket, scratch);
    default: return LAYER(pass)(s, arena, ticket, scratch);
  }
}
