#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elements.h"

// The small change of a network: sums, scales, biases, dropout, and their column sums on the way back.

/// z = x + y over `count` elements; z may be x or y.
void trimtab_sum(trimtab_elements z, trimtab_elements x, trimtab_elements y, size_t count);
void trimtab_sum_reference(trimtab_elements z, trimtab_elements x, trimtab_elements y, size_t count);

/// y (+)= scale · x over `count` elements.
void trimtab_scale(trimtab_elements y, bool adding, trimtab_elements x, float scale, size_t count);
void trimtab_scale_reference(trimtab_elements y, bool adding, trimtab_elements x, float scale, size_t count);

/// y += bias, row by row: y [rows, columns], bias [columns].
void trimtab_add_bias(trimtab_elements y, const float *bias, size_t rows, size_t columns);
void trimtab_add_bias_reference(trimtab_elements y, const float *bias, size_t rows, size_t columns);

/// sums[c] (+)= Σ over rows of x[row, c], for `columns` columns of rows that lie `stride` apart.
void trimtab_column_sums(float *sums, bool adding, trimtab_elements x, size_t rows, size_t columns, size_t stride);
void trimtab_column_sums_reference(float *sums, bool adding, trimtab_elements x, size_t rows, size_t columns,
                                   size_t stride);

/// y (+)= keep(i) ? x / (1 - rate) : 0, where keep is a pure function of `key` and the element's number,
/// counted from `first`.
///
/// It is its own gradient.
void trimtab_dropout(trimtab_elements y, bool adding, trimtab_elements x, size_t count, float rate, uint64_t key,
                     uint64_t first);
void trimtab_dropout_reference(trimtab_elements y, bool adding, trimtab_elements x, size_t count, float rate,
                               uint64_t key, uint64_t first);
