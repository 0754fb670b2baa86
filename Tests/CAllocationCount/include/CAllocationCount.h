#pragma once

/// How often the calling thread has asked for memory since it began: the tests' own malloc and its
/// kin stand before those of the C library, and count.
unsigned long mirage_allocation_count(void);
