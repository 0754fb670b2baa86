// Vectors of bytes and 16-bit numbers, as the compiler's extension has them on every processor.
#pragma once
#include "levels.h"

typedef uint8_t belt_bytes __attribute__((vector_size(16)));
typedef uint8_t belt_wide_bytes __attribute__((vector_size(32)));
typedef uint16_t belt_words __attribute__((vector_size(32)));
typedef int16_t belt_numbers __attribute__((vector_size(32)));
typedef uint32_t belt_double_words __attribute__((vector_size(64)));
typedef float belt_floats __attribute__((vector_size(64)));

enum { BELT_LANES = 16, BELT_WIDE_LANES = 32 };

#define BELT_LOAD(type, from) \
  ({ \
    type loaded; \
    memcpy(&loaded, from, sizeof loaded); \
    loaded; \
  })
#define BELT_STORE(to, value) \
  ({ \
    __typeof__(value) stored = value; \
    memcpy(to, &stored, sizeof stored); \
  })
/// The greater and the lesser, lane by lane; both sides are of one type.
#define BELT_MOST(a, b) __builtin_elementwise_max(a, b)
#define BELT_LEAST(a, b) __builtin_elementwise_min(a, b)

/// The place of the next group of `lanes` behind `place`, the last group being the last that fits:
/// for loops whose result does not change where a number is worked on twice.
BELT_BODY ptrdiff_t belt_next(ptrdiff_t place, ptrdiff_t count, ptrdiff_t lanes) {
  const ptrdiff_t next = place + lanes;
  return next < count && next + lanes > count ? count - lanes : next;
}

BELT_BODY int belt_has_any(belt_wide_bytes bytes) {
  uint64_t words[4];
  memcpy(words, &bytes, sizeof words);
  return (words[0] | words[1] | words[2] | words[3]) != 0;
}

/// Every third of 48 bytes, from the first.
BELT_BODY belt_bytes belt_thirds(belt_bytes a, belt_bytes b, belt_bytes c) {
  const belt_bytes ab = __builtin_shufflevector(
      a, b, 0, 3, 6, 9, 12, 15, 18, 21, 24, 27, 30, 0, 0, 0, 0, 0);
  return __builtin_shufflevector(
      ab, c, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 17, 20, 23, 26, 29);
}

/// Which bytes are not 0, the first in the lowest bit.
BELT_BODY uint64_t belt_set_bytes(const uint8_t *bytes) {
  uint64_t set = 0;
  for (int i = 0; i < 8; i += 1) {
    uint64_t word;
    memcpy(&word, bytes + 8 * i, 8);
    // A byte of 0 to 2 has its bit in the lowest two; the product brings eight bits together.
    word = (word | word >> 1) & 0x0101010101010101u;
    set |= (word * 0x0102040810204080u >> 56) << (8 * i);
  }
  return set;
}
