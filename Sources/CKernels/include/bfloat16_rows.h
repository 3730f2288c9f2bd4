#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "quantized.h"

/// Products of a few rows of x with many rows of weights, both rounded to bfloat16, with float32 sums.
///
/// Weights are decoded in registers as they are read, so the time is that of reading them. x is rounded and arranged
/// once, in the order in which the decoders of a storage give its weights.

/// Whether this machine has instructions for it.
bool trimtab_bfloat16_rows_served(void);

/// The order in which a storage wants x; x that is arranged for one storage serves all of the same order.
unsigned trimtab_bfloat16_rows_order(trimtab_storage storage);

/// How many numbers `rows` rows of x of `count` elements take when arranged.
size_t trimtab_bfloat16_rows_length(size_t rows, size_t count);

/// Rounds `rows` rows of x (at most `TRIMTAB_MULTIPLY_ROWS_LIMIT`), `x_stride` apart, to bfloat16 and arranges them
/// for a storage. `arranged` is aligned to 64 bytes.
void trimtab_bfloat16_rows_arrange(
    trimtab_storage storage, const float *x, size_t rows, size_t x_stride, size_t count, uint16_t *arranged);

/// `y[r][w] (+)= Σ x[r][k] · weights[w][k]`, like `trimtab_multiply_rows`, with x as it was arranged for the storage.
///
/// Every element is summed in the same order, however many rows and outputs are asked for.
void trimtab_bfloat16_rows_multiply(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const uint16_t *arranged,
    size_t rows, float *y, size_t y_stride, bool adding);

/// The plain twin of arranging and multiplying, for tests.
void trimtab_bfloat16_rows_reference(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const float *x, size_t rows,
    size_t x_stride, float *y, size_t y_stride, bool adding);
