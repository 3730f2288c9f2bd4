#pragma once
#include <stddef.h>

/// LoRA's part for a few rows, as in decoding: y += scale · (x · downᵀ) · upᵀ, for the outputs first_output ..<
/// end_output.
///
/// x [rows, input], down [rank, input], up [outputs, rank], y [rows, outputs]. Every element is summed in the same order,
/// however many rows and outputs are asked for.
void trimtab_low_rank(float *y, const float *x, const float *down, const float *up, float scale, size_t rows,
                      size_t input, size_t rank, size_t outputs, size_t first_output, size_t end_output);
void trimtab_low_rank_reference(float *y, const float *x, const float *down, const float *up, float scale,
                                size_t rows, size_t input, size_t rank, size_t outputs, size_t first_output,
                                size_t end_output);
