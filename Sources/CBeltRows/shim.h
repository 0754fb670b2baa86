// From the rows of a frame to the runs of pixels that are no belt, and what else is done once for
// each pixel of a frame, many at a time on processors with AVX2 or AVX-512.
//
// Swift has no way to compile one function for more than the oldest processor and to choose when
// it runs; this is what it cannot say. Each function is written once, in plain C whose loops the
// compiler turns into vectors, and compiled for three kinds of processors, with the same result to
// the bit on all of them. Nothing here takes memory.
#pragma once
#include "distance.h"
#include "facts.h"
#include "marks.h"
