#pragma once
#include <stddef.h>
#include <stdint.h>

/// `destination[i] = source[i]` from float32 to bfloat16, rounded to the nearest, ties to even; NaN stays NaN.
void trimtab_float32_to_bfloat16(const float *source, uint16_t *destination, size_t count);

/// `destination[i] = source[i]` from float32 to IEEE half precision, rounded to the nearest, ties to even;
/// beyond ±65504 becomes infinity; NaN stays NaN.
void trimtab_float32_to_float16(const float *source, uint16_t *destination, size_t count);

/// `destination[i] = source[i]` from bfloat16; exact.
void trimtab_bfloat16_to_float32(const uint16_t *source, float *destination, size_t count);

/// `destination[i] = source[i]` from IEEE half precision; exact.
void trimtab_float16_to_float32(const uint16_t *source, float *destination, size_t count);
