// Programs of steps, run by one thread or by several.
//
// Threads claim tickets from one counter, and the caller, who claims too, waits for claimed tickets
// alone, never for a thread: a helper that the system keeps off its core holds nobody up unless it
// was in the middle of a ticket. Helpers look for work for a while before they sleep.
#pragma once
#include "shim.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <linux/futex.h>
#include <unistd.h>

/// Numbers that come in or go out: of image i from values[i * floats] on, plain.
typedef struct {
  layer_picture picture;
  float *values;
  int32_t is_output;
} layer_port;

/// Steps in order, the memory that they work on, and what goes in and out.
typedef struct {
  const layer_step *steps;
  const layer_port *ports;
  ptrdiff_t step_count, port_count;
  /// An arena and working memory for each thread, one behind another.
  float *arenas, *scratches;
  ptrdiff_t arena_floats, scratch_floats;
  /// How many images are computed together, and how many the ports hold.
  ptrdiff_t group, images;
} layer_program;

typedef struct layer_crew {
  /// Which ticket comes next, in 16 bits; how many there are, in 16; the job's number, in 32.
  uint64_t tickets;
  ptrdiff_t done;
  /// The job: a step of the program in arena 0, or whole images each in its thread's arena.
  const layer_program *program;
  const layer_step *step;
  int32_t asleep, calls, is_over;
  int32_t helpers;
  struct layer_helper {
    struct layer_crew *crew;
    ptrdiff_t number;
    pthread_t thread;
  } *helper;
} layer_crew;

enum { layer_ticket_limit = 0xffff, layer_spin_limit = 4000 };

static inline void layer_pause(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#endif
}

/// Copies what the ports hold of an image into the arena, or out of it.
static inline void layer_carry(
    const layer_program *p, ptrdiff_t first, ptrdiff_t count, float *arena, int32_t is_output) {
  for (ptrdiff_t i = 0; i < p->port_count; i++) {
    const layer_picture picture = p->ports[i].picture;
    const ptrdiff_t floats = layer_pixels(picture) * picture.channels;
    if (p->ports[i].is_output != is_output) continue;
    for (ptrdiff_t image = 0; image < count; image++) {
      float *here = arena + picture.offset + image * layer_floats(picture);
      float *values = p->ports[i].values + (first + image) * floats;
      if (is_output) {
        layer_unblock(here, layer_pixels(picture), picture.channels, values);
      } else {
        memcpy(here, values, sizeof(float) * (size_t)floats);
      }
    }
  }
}

static inline void layer_take(layer_crew *crew, ptrdiff_t ticket, ptrdiff_t thread) {
  const layer_program *p = crew->program;
  float *scratch = p->scratches + thread * p->scratch_floats;
  if (crew->step) return layer_run(crew->step, p->arenas, ticket, scratch);
  float *arena = p->arenas + thread * p->arena_floats;
  const ptrdiff_t first = ticket * p->group, rest = p->images - first;
  const ptrdiff_t count = rest < p->group ? rest : p->group;
  layer_carry(p, first, count, arena, 0);
  for (ptrdiff_t i = 0; i < p->step_count; i++) {
    for (ptrdiff_t t = 0; t < p->steps[i].tickets; t++) layer_run(p->steps + i, arena, t, scratch);
  }
  layer_carry(p, first, count, arena, 1);
}

/// Claims a ticket and computes it; 0 if none is left.
static inline int layer_claim(layer_crew *crew, ptrdiff_t thread) {
  uint64_t seen = __atomic_load_n(&crew->tickets, __ATOMIC_SEQ_CST);
  do {
    if ((seen & 0xffff) >= (seen >> 16 & 0xffff)) return 0;
    // The job's number is part of what is compared: a claim is of the job that is under way, and
    // that one stays until the ticket is done.
  } while (!__atomic_compare_exchange_n(
      &crew->tickets, &seen, seen + 1, 0, __ATOMIC_SEQ_CST, __ATOMIC_SEQ_CST));
  layer_take(crew, (ptrdiff_t)(seen & 0xffff), thread);
  __atomic_add_fetch(&crew->done, 1, __ATOMIC_RELEASE);
  return 1;
}

static inline void *layer_helper_run(void *context) {
  struct layer_helper *helper = context;
  layer_crew *crew = helper->crew;
  int spins = 0;
  while (!__atomic_load_n(&crew->is_over, __ATOMIC_SEQ_CST)) {
    if (layer_claim(crew, helper->number)) {
      spins = 0;
    } else if (spins++ < layer_spin_limit) {
      layer_pause();
    } else {
      const int32_t calls = __atomic_load_n(&crew->calls, __ATOMIC_SEQ_CST);
      __atomic_add_fetch(&crew->asleep, 1, __ATOMIC_SEQ_CST);
      const uint64_t seen = __atomic_load_n(&crew->tickets, __ATOMIC_SEQ_CST);
      if ((seen & 0xffff) >= (seen >> 16 & 0xffff) &&
          !__atomic_load_n(&crew->is_over, __ATOMIC_SEQ_CST)) {
        syscall(SYS_futex, &crew->calls, FUTEX_WAIT_PRIVATE, calls, NULL, NULL, 0);
      }
      __atomic_sub_fetch(&crew->asleep, 1, __ATOMIC_SEQ_CST);
      spins = 0;
    }
  }
  return NULL;
}

static inline void layer_crew_wake(layer_crew *crew) {
  __atomic_add_fetch(&crew->calls, 1, __ATOMIC_SEQ_CST);
  syscall(SYS_futex, &crew->calls, FUTEX_WAKE_PRIVATE, 1 << 30, NULL, NULL, 0);
}

/// A crew of `threads`, the caller among them; NULL where they cannot be had.
static inline layer_crew *layer_crew_create(int32_t threads) {
  layer_crew *crew = calloc(1, sizeof *crew);
  if (!crew) return NULL;
  crew->helper = calloc((size_t)threads, sizeof *crew->helper);
  for (int32_t i = 0; crew->helper && i + 1 < threads; i++) {
    crew->helper[i].crew = crew;
    crew->helper[i].number = i + 1;
    if (pthread_create(&crew->helper[i].thread, NULL, layer_helper_run, crew->helper + i)) break;
    crew->helpers++;
  }
  return crew;
}

static inline void layer_crew_destroy(layer_crew *crew) {
  __atomic_store_n(&crew->is_over, 1, __ATOMIC_SEQ_CST);
  layer_crew_wake(crew);
  for (int32_t i = 0; i < crew->helpers; i++) pthread_join(crew->helper[i].thread, NULL);
  free(crew->helper);
  free(crew);
}

/// Does a job with all who are awake, the caller among them.
static inline void layer_crew_do(layer_crew *crew, const layer_step *step, ptrdiff_t count) {
  const uint64_t number = (__atomic_load_n(&crew->tickets, __ATOMIC_SEQ_CST) >> 32) + 1;
  crew->step = step;
  __atomic_store_n(&crew->done, 0, __ATOMIC_SEQ_CST);
  __atomic_store_n(&crew->tickets, number << 32 | (uint64_t)count << 16, __ATOMIC_SEQ_CST);
  if (count > 1 && __atomic_load_n(&crew->asleep, __ATOMIC_SEQ_CST)) layer_crew_wake(crew);
  while (layer_claim(crew, 0)) {}
  for (int spins = 0; __atomic_load_n(&crew->done, __ATOMIC_ACQUIRE) < count; spins++) {
    if (spins < layer_spin_limit) layer_pause();
    else sched_yield();
  }
}

/// Runs the program on all images that its ports hold.
static inline void layer_program_run(const layer_program *p, layer_crew *crew) {
  const ptrdiff_t groups = (p->images + p->group - 1) / p->group;
  crew->program = p;
  crew->step = NULL;
  if (crew->helpers == 0 || groups == 0) {
    for (ptrdiff_t i = 0; i < groups; i++) layer_take(crew, i, 0);
  } else if (groups > 1 && groups <= layer_ticket_limit) {
    layer_crew_do(crew, NULL, groups);
  } else {
    for (ptrdiff_t group = 0; group < groups; group++) {
      const ptrdiff_t first = group * p->group, rest = p->images - first;
      const ptrdiff_t count = rest < p->group ? rest : p->group;
      layer_carry(p, first, count, p->arenas, 0);
      for (ptrdiff_t i = 0; i < p->step_count; i++) {
        layer_crew_do(crew, p->steps + i, p->steps[i].tickets);
      }
      layer_carry(p, first, count, p->arenas, 1);
    }
  }
}
