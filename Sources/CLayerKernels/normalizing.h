// Batch normalization with what stands behind it, forward and back. Read once for each set.

/// The pixels of a ticket.
#define LAYER_PIXELS(s, ticket) \
  const ptrdiff_t channels = (s)->channels, filled = learning_filled(channels); \
  const ptrdiff_t all = learning_pixels(s), first = (ticket) * (s)->share; \
  const ptrdiff_t last = first + (s)->share < all ? first + (s)->share : all

/// The sums of 16 channels, or of `valid` of them.
LAYER_STEP void LAYER(measure_block)(
    const int is_whole, const float *values, ptrdiff_t count, ptrdiff_t step, ptrdiff_t valid,
    ptrdiff_t filled, float *target) {
  const layer_v16 origin = is_whole ? LAYER_LOAD(values) : LAYER(some)(values, valid);
  layer_v16 sum = (layer_v16)0, squares = (layer_v16)0;
  for (ptrdiff_t pixel = 0; pixel < count; pixel++, values += step) {
    const layer_v16 value = is_whole ? LAYER_LOAD(values) : LAYER(some)(values, valid);
    const layer_v16 beyond = value - origin;
    sum += beyond;
    squares = LAYER_FMA(beyond, beyond, squares);
  }
  LAYER_STORE(target, origin);
  LAYER_STORE(target + filled, sum);
  LAYER_STORE(target + 2 * filled, squares);
  LAYER_STORE(target + 3 * filled, (layer_v16)(float)count);
}

/// One ticket: the sums of `share` pixels, channel by channel.
static inline LAYER_TARGET void LAYER(measure)(const learning_step *s, ptrdiff_t ticket) {
  LAYER_PIXELS(s, ticket);
  for (ptrdiff_t c = 0; c < channels; c += 16) {
    const float *values = s->source + first * channels + c;
    float *target = s->partial + ticket * learning_measure_rows * filled + c;
    if (channels - c >= 16) {
      LAYER(measure_block)(1, values, last - first, channels, 16, filled, target);
    } else {
      LAYER(measure_block)(0, values, last - first, channels, channels - c, filled, target);
    }
  }
}

/// One ticket: `share` pixels normalized, with what is added and whether they are rectified.
static inline LAYER_TARGET void LAYER(normalize)(const learning_step *s, ptrdiff_t ticket) {
  LAYER_PIXELS(s, ticket);
  const float *factors = s->table + learning_factor * filled;
  const float *shifts = s->table + learning_shift * filled;
  const int is_rectified = (s->flags & learning_rectified) != 0;
  for (ptrdiff_t pixel = first; pixel < last; pixel++) {
    for (ptrdiff_t c = 0; c < channels; c += 16) {
      const ptrdiff_t place = pixel * channels + c, valid = channels - c;
      layer_v16 value = LAYER_FMA(
          LAYER(some)(s->source + place, valid), LAYER_LOAD(factors + c),
          LAYER_LOAD(shifts + c));
      if (s->other) value += LAYER(some)(s->other + place, valid);
      if (is_rectified) value = LAYER_RECTIFIED(value);
      LAYER(put_some)(s->target + place, value, valid);
    }
  }
}

/// How a gradient is stopped where a rectifier was.
enum { LAYER(open), LAYER(by_result), LAYER(by_source) };

/// The gradient of 16 numbers, or of `valid` of them, where the rectifier behind lets it pass.
LAYER_STEP layer_v16 LAYER(passed)(
    const int is_whole, const int gate, const learning_step *s, ptrdiff_t place, ptrdiff_t c,
    layer_v16 source) {
  const ptrdiff_t filled = learning_filled(s->channels), valid = s->channels - c;
  const layer_v16 slope =
      is_whole ? LAYER_LOAD(s->slope + place) : LAYER(some)(s->slope + place, valid);
  layer_v16 result = slope;
  if (gate == LAYER(open)) return slope;
  if (gate == LAYER(by_result)) {
    result = is_whole ? LAYER_LOAD(s->result + place) : LAYER(some)(s->result + place, valid);
  } else {
    result = LAYER_FMA(
        source, LAYER_LOAD(s->table + learning_factor * filled + c),
        LAYER_LOAD(s->table + learning_shift * filled + c));
  }
  return result > (layer_v16)0 ? slope : (layer_v16)0;
}

LAYER_STEP void LAYER(gather_block)(
    const int is_whole, const int gate, const int is_kept, const learning_step *s,
    ptrdiff_t first, ptrdiff_t last, ptrdiff_t c, float *sums) {
  const ptrdiff_t channels = s->channels, filled = learning_filled(channels);
  const layer_v16 mean = LAYER_LOAD(s->table + learning_mean * filled + c);
  const ptrdiff_t valid = channels - c;
  layer_v16 sum = (layer_v16)0, products = (layer_v16)0;
  for (ptrdiff_t pixel = first; pixel < last; pixel++) {
    const ptrdiff_t place = pixel * channels + c;
    const layer_v16 source =
        is_whole ? LAYER_LOAD(s->source + place) : LAYER(some)(s->source + place, valid);
    const layer_v16 slope = LAYER(passed)(is_whole, gate, s, place, c, source);
    if (is_kept && is_whole) LAYER_STORE(s->target + place, slope);
    if (is_kept && !is_whole) LAYER(put_some)(s->target + place, slope, valid);
    sum += slope;
    products = LAYER_FMA(slope, source - mean, products);
  }
  LAYER_STORE(sums + c, sum);
  LAYER_STORE(sums + filled + c, products);
}

LAYER_STEP void LAYER(spread_pixels)(
    const int gate, const learning_step *s, ptrdiff_t first, ptrdiff_t last) {
  const ptrdiff_t channels = s->channels, filled = learning_filled(channels);
  const float *of_slope = s->table + learning_of_slope * filled;
  const float *of_source = s->table + learning_of_source * filled;
  const float *constant = s->table + learning_constant * filled;
  for (ptrdiff_t pixel = first; pixel < last; pixel++) {
    ptrdiff_t place = pixel * channels, c = 0;
    for (; channels - c >= 16; c += 16, place += 16) {
      const layer_v16 source = LAYER_LOAD(s->source + place);
      const layer_v16 slope = LAYER(passed)(1, gate, s, place, c, source);
      const layer_v16 level =
          LAYER_FMA(source, LAYER_LOAD(of_source + c), LAYER_LOAD(constant + c));
      LAYER_STORE(s->target + place, LAYER_FMA(slope, LAYER_LOAD(of_slope + c), level));
    }
    if (c == channels) continue;
    const layer_v16 source = LAYER(some)(s->source + place, channels - c);
    const layer_v16 slope = LAYER(passed)(0, gate, s, place, c, source);
    const layer_v16 level =
        LAYER_FMA(source, LAYER_LOAD(of_source + c), LAYER_LOAD(constant + c));
    LAYER(put_some)(
        s->target + place, LAYER_FMA(slope, LAYER_LOAD(of_slope + c), level), channels - c);
  }
}

LAYER_STEP int LAYER(gate_of)(const learning_step *s) {
  if (s->result) return LAYER(by_result);
  return s->flags & learning_rectified ? LAYER(by_source) : LAYER(open);
}

/// One ticket: sums over the gradients of `share` pixels, which are kept if there is a target.
static inline LAYER_TARGET void LAYER(gather_slopes)(const learning_step *s, ptrdiff_t ticket) {
  LAYER_PIXELS(s, ticket);
  const int gate = LAYER(gate_of)(s), is_kept = s->target != NULL;
  float *sums = s->partial + ticket * learning_gather_rows * filled;
  for (ptrdiff_t c = 0; c < channels; c += 16) {
#define LAYER_CASE(gate, is_kept) \
  LAYER(gather_block)(1, LAYER(gate), is_kept, s, first, last, c, sums)
    if (channels - c < 16) LAYER(gather_block)(0, gate, is_kept, s, first, last, c, sums);
    else if (gate == LAYER(open) && !is_kept) LAYER_CASE(open, 0);
    else if (gate == LAYER(by_source) && !is_kept) LAYER_CASE(by_source, 0);
    else if (gate == LAYER(by_result) && is_kept) LAYER_CASE(by_result, 1);
    else LAYER(gather_block)(1, gate, is_kept, s, first, last, c, sums);
#undef LAYER_CASE
  }
}

/// One ticket: the gradient before the normalization, of `share` pixels.
static inline LAYER_TARGET void LAYER(spread)(const learning_step *s, ptrdiff_t ticket) {
  LAYER_PIXELS(s, ticket);
  (void)filled;
  switch (LAYER(gate_of)(s)) {
    case LAYER(open): LAYER(spread_pixels)(LAYER(open), s, first, last); break;
    case LAYER(by_source): LAYER(spread_pixels)(LAYER(by_source), s, first, last); break;
    default: LAYER(spread_pixels)(LAYER(by_result), s, first, last);
  }
}

#undef LAYER_PIXELS

static inline LAYER_TARGET void LAYER(learn)(
    const learning_step *s, ptrdiff_t ticket, float *scratch) {
  switch (s->kind) {
    case learning_pack: return LAYER(pack)(s, ticket, scratch);
    case learning_convolve: return LAYER(convolve)(s, ticket, scratch);
    case learning_weigh: return LAYER(weigh)(s, ticket, scratch);
    case learning_unpack: return LAYER(unpack)(s, ticket, scratch);
    case learning_measure: return LAYER(measure)(s, ticket);
    case learning_settle: return learning_run_settle(s);
    case learning_normalize: return LAYER(normalize)(s, ticket);
    case learning_gather: return LAYER(gather_slopes)(s, ticket);
    case learning_conclude: return learning_run_conclude(s);
    default: return LAYER(spread)(s, ticket);
  }
}

#undef LAYER_STEP
