// How a function is compiled for three kinds of processors and chosen when it runs.
#pragma once
#include <stddef.h>
#include <stdint.h>
#include <string.h>

/// A function that is written once and compiled into each of its kinds.
#define BELT_BODY static inline __attribute__((always_inline))

/// The kinds, from what every processor has to what some have.
enum { BELT_PORTABLE = 0, BELT_AVX2 = 1, BELT_AVX512 = 2 };

#if defined(__x86_64__)
#define BELT_AVX2_FUNCTION static __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt"), unused))
#define BELT_AVX512_FUNCTION \
  static __attribute__(( \
      target("avx512f,avx512bw,avx512vl,avx512dq,avx2,bmi,bmi2,lzcnt,popcnt"), unused))

/// The best kind that this processor has.
static inline int belt_best_level(void) {
  if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
      __builtin_cpu_supports("avx512dq")) {
    return BELT_AVX512;
  }
  return __builtin_cpu_supports("avx2") ? BELT_AVX2 : BELT_PORTABLE;
}

/// Makes `name`, which runs `name_body` as the processor's kind or as `level`, whichever is less.
#define BELT_DISPATCH(result, name, parameters, arguments) \
  BELT_AVX2_FUNCTION result name##_avx2 parameters { return name##_body arguments; } \
  BELT_AVX512_FUNCTION result name##_avx512 parameters { return name##_body arguments; } \
  static inline result name parameters { \
    if (level >= BELT_AVX512) return name##_avx512 arguments; \
    if (level >= BELT_AVX2) return name##_avx2 arguments; \
    return name##_body arguments; \
  }
#else
static inline int belt_best_level(void) { return BELT_PORTABLE; }
#define BELT_DISPATCH(result, name, parameters, arguments) \
  static inline result name parameters { return name##_body arguments; }
#endif
