// Products of rows of a picture and a packed kernel: convolutions of every size and stride, dense
// layers, and the small products inside Winograd's convolution. Read once for each set.

/// Rows of the left factor in memory, the right factor, and where the product goes.
typedef struct {
  /// Element k of row i is at rows[i * row_step + b * block_step + l * line_step + k], for k below
  /// `length`, l below `lines`, b below `blocks`.
  const float *rows;
  ptrdiff_t row_step, block_step, line_step, blocks, lines, length;
  /// Weights in the order of those three loops, for 16 columns or for 32.
  const float *kernel;
  /// What is wanted next, for the cache: many weights are used but once an image.
  const float *ahead;
  const float *bias, *other;
  /// Row i, column j is at target[i * 16 + (j / 16) * target_step + j % 16].
  float *target;
  ptrdiff_t target_step;
  int32_t ending;
} LAYER(factors);

#define LAYER_STEP static inline __attribute__((always_inline)) LAYER_TARGET

/// `count` rows of a product, with `wide` times 16 columns; both are constants where it is called.
LAYER_STEP void LAYER(multiply)(
    const int count, const int wide, const int is_plain, const LAYER(factors) *f) {
  layer_v16 sums[LAYER_ROWS * LAYER_WIDE];
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
      sums[i * wide + j] = is_plain ? (layer_v16)0 : LAYER_LOAD(f->bias + 16 * j);
    }
  }
  const float *kernel = f->kernel, *ahead = f->ahead;
  const ptrdiff_t step = f->row_step, length = f->length;
  const ptrdiff_t blocks = is_plain ? 1 : f->blocks, lines = is_plain ? 1 : f->lines;
  for (ptrdiff_t block = 0; block < blocks; block++) {
    for (ptrdiff_t line = 0; line < lines; line++) {
      // Three rows to a pointer are within what an address can say; the compiler must not see that
      // the pointers depend on each other, or it keeps their differences in memory.
      const float *near = f->rows + block * f->block_step + line * f->line_step;
      const float *middle = near + 3 * step, *far = near + 6 * step;
#pragma clang loop unroll_count(2)
      for (ptrdiff_t k = 0; k < length; k++) {
        __asm__("" : "+r"(near), "+r"(middle), "+r"(far));
        layer_v16 weights[LAYER_WIDE];
#pragma clang loop unroll(full)
        for (int j = 0; j < wide; j++) weights[j] = LAYER_LOAD(kernel + 16 * j);
        kernel += 16 * wide;
        __builtin_prefetch(ahead, 0, 2);
        ahead += 16;
#pragma clang loop unroll(full)
        for (int i = 0; i < count; i++) {
          const float *row = i < 3 ? near : i < 6 ? middle : far;
          const layer_v16 value = (layer_v16)row[i % 3 * step];
#pragma clang loop unroll(full)
          for (int j = 0; j < wide; j++) {
            sums[i * wide + j] = LAYER_FMA(value, weights[j], sums[i * wide + j]);
          }
        }
        near++, middle++, far++;
      }
    }
  }
#pragma clang loop unroll(full)
  for (int i = 0; i < count; i++) {
#pragma clang loop unroll(full)
    for (int j = 0; j < wide; j++) {
      const ptrdiff_t place = i * 16 + j * f->target_step;
      const int32_t ending = is_plain ? 0 : f->ending;
      LAYER_WRITE(ending, sums[i * wide + j], f->other + place, f->target + place);
    }
  }
}

#define LAYER_ROWS_OF(count, wide) \
  static __attribute__((noinline)) LAYER_TARGET void LAYER(multiply_##count##x##wide)( \
      const LAYER(factors) *f, int is_plain) { \
    if (is_plain) LAYER(multiply)(count, wide, 1, f); \
    else LAYER(multiply)(count, wide, 0, f); \
  }
LAYER_ROWS_OF(1, 1)
LAYER_ROWS_OF(2, 1)
#if LAYER_ROWS > 2
LAYER_ROWS_OF(3, 1)
LAYER_ROWS_OF(4, 1)
LAYER_ROWS_OF(5, 1)
LAYER_ROWS_OF(6, 1)
#endif
#if LAYER_ROWS > 6
LAYER_ROWS_OF(7, 1)
LAYER_ROWS_OF(8, 1)
LAYER_ROWS_OF(1, 2)
LAYER_ROWS_OF(2, 2)
LAYER_ROWS_OF(3, 2)
LAYER_ROWS_OF(4, 2)
LAYER_ROWS_OF(5, 2)
LAYER_ROWS_OF(6, 2)
LAYER_ROWS_OF(7, 2)
LAYER_ROWS_OF(8, 2)
#endif
#undef LAYER_ROWS_OF

/// `count` rows, as many as fit into registers at a time.
static inline LAYER_TARGET void LAYER(multiply_rows)(
    LAYER(factors) f, ptrdiff_t count, int wide, int is_plain) {
  while (count > 0) {
    // Ten rows make two calls of five, not one of eight and one of two.
    ptrdiff_t part = count;
    if (count > LAYER_ROWS) part = count < 2 * LAYER_ROWS ? (count + 1) / 2 : LAYER_ROWS;
#define LAYER_CASE(n, w) case n: LAYER(multiply_##n##x##w)(&f, is_plain); break;
#if LAYER_WIDE > 1
    if (wide == 2) {
      switch (part) {
        LAYER_CASE(1, 2) LAYER_CASE(2, 2) LAYER_CASE(3, 2) LAYER_CASE(4, 2)
        LAYER_CASE(5, 2) LAYER_CASE(6, 2) LAYER_CASE(7, 2) LAYER_CASE(8, 2)
      }
    } else
#endif
    {
      switch (part) {
        LAYER_CASE(1, 1) LAYER_CASE(2, 1)
#if LAYER_ROWS > 2
        LAYER_CASE(3, 1) LAYER_CASE(4, 1) LAYER_CASE(5, 1) LAYER_CASE(6, 1)
#endif
#if LAYER_ROWS > 6
        LAYER_CASE(7, 1) LAYER_CASE(8, 1)
#endif
      }
    }
#undef LAYER_CASE
    count -= part;
    f.rows += part * f.row_step;
    f.target += part * 16;
    f.ahead += 16 * f.length * f.lines * f.blocks;
    f.other += part * 16;
  }
}

/// Copies the rows that a ticket's lines look at, with zeros around them.
static inline LAYER_TARGET void LAYER(gather)(
    const layer_step *s, const float *source, ptrdiff_t first, ptrdiff_t rows, ptrdiff_t columns,
    float *scratch) {
  const ptrdiff_t cell = layer_cell(s->source), inner = s->source.columns;
  const ptrdiff_t blocks = s->source.is_blocked ? layer_blocks(s->source) : 1;
  const ptrdiff_t left = s->padding < columns ? s->padding : columns;
  const ptrdiff_t count = inner < columns - left ? inner : columns - left;
  for (ptrdiff_t block = 0; block < blocks; block++) {
    for (ptrdiff_t row = first; row < first + rows; row++, scratch += columns * cell) {
      if (row < 0 || row >= s->source.rows) {
        memset(scratch, 0, sizeof(float) * (size_t)(columns * cell));
        continue;
      }
      const float *from = source + (block * s->source.rows + row) * inner * cell;
      memset(scratch, 0, sizeof(float) * (size_t)(left * cell));
      memcpy(scratch + left * cell, from, sizeof(float) * (size_t)(count * cell));
      memset(
          scratch + (left + count) * cell, 0,
          sizeof(float) * (size_t)((columns - left - count) * cell));
    }
  }
}

/// The first block of filters that a ticket computes; the next part's first is where it ends.
static inline ptrdiff_t LAYER(first_of_part)(const layer_step *s, ptrdiff_t part) {
  const ptrdiff_t groups = (layer_blocks(s->target) + LAYER_WIDE - 1) / LAYER_WIDE;
  const ptrdiff_t first = groups * part / s->parts * LAYER_WIDE;
  return part == s->parts ? layer_blocks(s->target) : first;
}

/// One ticket: `share` lines of an image, and a part of the filters. A line is a row of the target;
/// or 64 pixels of it where a pixel looks at nothing but one pixel.
static inline LAYER_TARGET void LAYER(product)(
    const layer_step *s, float *arena, ptrdiff_t number, float *scratch) {
  const layer_picture from = s->source, to = s->target;
  const ptrdiff_t ticket = number / s->parts, part = number % s->parts;
  const ptrdiff_t cell = layer_cell(from), pixels = layer_pixels(to);
  const ptrdiff_t each = s->tickets / s->parts / s->images, image = ticket / each;
  const int is_flat = s->size == 1 && s->stride == 1 && s->padding == 0;
  const ptrdiff_t span = is_flat ? 64 : to.columns;
  const ptrdiff_t lines = is_flat ? (pixels + 63) / 64 : to.rows;
  const ptrdiff_t first = ticket % each * s->share;
  const ptrdiff_t last = first + s->share < lines ? first + s->share : lines;
  const float *source = arena + from.offset + image * layer_floats(from);
  const ptrdiff_t target = to.offset + image * layer_floats(to);
  const ptrdiff_t other = s->other.offset + image * layer_floats(to);

  LAYER(factors) f;
  f.blocks = from.is_blocked ? layer_blocks(from) : 1;
  f.lines = s->size;
  f.length = s->size * cell;
  f.row_step = s->stride * cell;
  f.line_step = from.columns * cell;
  f.block_step = layer_pixels(from) * cell;
  f.target_step = pixels * 16;
  f.ending = s->ending;
  ptrdiff_t row_floats = from.columns * cell;
  const float *base = source;
  if (s->size > 1 || s->padding > 0) {
    const ptrdiff_t columns = (to.columns - 1) * s->stride + s->size;
    const ptrdiff_t rows = (last - first - 1) * s->stride + s->size;
    LAYER(gather)(s, source, first * s->stride - s->padding, rows, columns, scratch);
    row_floats = f.line_step = columns * cell;
    f.block_step = rows * f.line_step;
    base = scratch - first * s->stride * row_floats;
  }
  const ptrdiff_t blocks = layer_blocks(to), depth = f.blocks * f.lines * f.length;
  const ptrdiff_t end = LAYER(first_of_part)(s, part + 1);
  for (ptrdiff_t block = LAYER(first_of_part)(s, part); block < end; block += LAYER_WIDE) {
    const int wide = blocks - block < LAYER_WIDE ? 1 : LAYER_WIDE;
    f.kernel = s->kernel + block * 16 * depth;
    f.ahead = f.kernel + 16 * wide * depth;
    f.bias = s->bias + block * 16;
    for (ptrdiff_t line = first; line < last; line++) {
      const ptrdiff_t place = (block * pixels + line * span) * 16;
      f.rows = base + (is_flat ? line * 64 * cell : line * s->stride * row_floats);
      f.target = arena + target + place;
      f.other = arena + other + place;
      const ptrdiff_t rest = pixels - line * span;
      LAYER(multiply_rows)(f, rest < span ? rest : span, wide, 0);
    }
  }
}
