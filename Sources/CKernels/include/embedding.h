#pragma once
#include <stddef.h>
#include <stdint.h>

/// The gradient of a look-up: d_table[ids[row], c] += dy[row, c], for columns first_column ..< end_column.
///
/// Rows are added in order, so stretches of columns may be given to different threads. dy [rows, columns],
/// d_table [vocabulary, columns].
void trimtab_embedding_backward(float *d_table, const uint32_t *ids, const float *dy, size_t rows, size_t columns,
                                size_t first_column, size_t end_column);
void trimtab_embedding_backward_reference(float *d_table, const uint32_t *ids, const float *dy, size_t rows,
                                          size_t columns, size_t first_column, size_t end_column);
