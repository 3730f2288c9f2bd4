#pragma once
#include <stddef.h>
#include <stdint.h>

/// Multiplies and adds bfloat16 pairs in registers, `rounds` times; what one thread can do when nothing is loaded.
///
/// Returns the floating-point operations done: 0 where the processor multiplies no bfloat16.
double trimtab_work_bfloat16(size_t rounds);

/// The same with float32; every processor does that.
double trimtab_work_float32(size_t rounds);

/// Reads memory from end to end, as fast as one thread can, and returns the exclusive or of its 64-bit words.
///
/// `bytes` is aligned to 64 bytes and `count` a multiple of 512.
uint64_t trimtab_read_memory(const void *bytes, size_t count);
