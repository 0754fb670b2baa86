// Steps of learning, run by the threads that oneDNN's primitives run on.
//
// oneDNN's threads are those of libgomp, and look for more work for milliseconds before they
// sleep. Helpers of our own would have to share processors with them; so we ask libgomp for its.
#pragma once
#include "shim.h"

extern void GOMP_parallel(void (*body)(void *), void *context, unsigned threads, unsigned flags);

typedef struct {
  const learning_step *step;
  /// Working memory for each thread, one behind another.
  float *scratch;
  ptrdiff_t scratch_floats;
  ptrdiff_t next, seats;
} learning_round;

/// Computes one ticket of a step.
static inline void learning_run(const learning_step *step, ptrdiff_t ticket, float *scratch) {
#if defined(__x86_64__)
  if (step->set == layer_set_avx512) return layer_learn_avx512(step, ticket, scratch);
  if (step->set == layer_set_avx2) return layer_learn_avx2(step, ticket, scratch);
#endif
  layer_learn_portable(step, ticket, scratch);
}

/// What each thread does: it takes tickets until none is left.
static inline void learning_attend(void *context) {
  learning_round *round = context;
  const ptrdiff_t seat = __atomic_fetch_add(&round->seats, 1, __ATOMIC_RELAXED);
  float *scratch = round->scratch + seat * round->scratch_floats;
  for (;;) {
    const ptrdiff_t ticket = __atomic_fetch_add(&round->next, 1, __ATOMIC_RELAXED);
    if (ticket >= round->step->tickets) return;
    learning_run(round->step, ticket, scratch);
  }
}

/// Computes a step with `threads` threads, the caller among them.
static inline void learning_do(
    const learning_step *step, int32_t threads, float *scratch, ptrdiff_t scratch_floats) {
  learning_round round = {step, scratch, scratch_floats, 0, 0};
  if (threads > 1 && step->tickets > 1) {
    GOMP_parallel(learning_attend, &round, (unsigned)threads, 0);
  } else {
    learning_attend(&round);
  }
}
