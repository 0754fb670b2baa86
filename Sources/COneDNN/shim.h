#pragma once
#include <oneapi/dnnl/dnnl.h>

// Macros that Swift cannot import.
static inline void *conednn_memory_allocate(void) { return DNNL_MEMORY_ALLOCATE; }
static inline int conednn_arg_post_op(int index, int argument) {
  return DNNL_ARG_ATTR_MULTIPLE_POST_OP(index) | argument;
}
// The OpenMP runtime that oneDNN links; the Swift toolchain ships no omp.h.
extern void omp_set_num_threads(int count);
extern int omp_get_max_threads(void);
