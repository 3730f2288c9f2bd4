#pragma once
// Products of tiles that lie in the caches: what attention is made of.

#include <stdbool.h>
#include <stddef.h>

#include "variants.h"

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

/// Sixteen floats: one AVX-512 register, two of AVX2, four of NEON. Loads need no alignment.
typedef float floats16 __attribute__((vector_size(64), aligned(4), may_alias));

/// C[rows, 16·vectors] (+)= A[rows, k] · B[k, 16·vectors], where `rows` and `vectors` are constants, so that the
/// sums stay in registers. A's element (r, i) lies at a[r·a_row + i·a_column].
ALWAYS_INLINE void multiply_block(const int rows, const int vectors, size_t k, const float *a, size_t a_row,
                                  size_t a_column, const float *b, size_t b_row, float *c, size_t c_row,
                                  bool adding) {
  floats16 sum[6][4];
  UNROLL
  for (int r = 0; r < rows; r++)
  UNROLL
    for (int v = 0; v < vectors; v++)
      sum[r][v] = adding ? *(const floats16 *)(c + r * c_row + 16 * v) : (floats16){0};
  for (size_t i = 0; i < k; i++, b += b_row, a += a_column) {
    floats16 right[4];
  UNROLL
    for (int v = 0; v < vectors; v++) right[v] = *(const floats16 *)(b + 16 * v);
  UNROLL
    for (int r = 0; r < rows; r++)
  UNROLL
      for (int v = 0; v < vectors; v++) sum[r][v] += a[r * a_row] * right[v];
  }
  UNROLL
  for (int r = 0; r < rows; r++)
  UNROLL
    for (int v = 0; v < vectors; v++) *(floats16 *)(c + r * c_row + 16 * v) = sum[r][v];
}

/// The same for any number of rows.
ALWAYS_INLINE void multiply_columns(const int vectors, size_t m, size_t k, const float *a, size_t a_row,
                                    size_t a_column, const float *b, size_t b_row, float *c, size_t c_row,
                                    bool adding) {
  for (; m >= 6; m -= 6, a += 6 * a_row, c += 6 * c_row)
    multiply_block(6, vectors, k, a, a_row, a_column, b, b_row, c, c_row, adding);
  for (; m >= 2; m -= 2, a += 2 * a_row, c += 2 * c_row)
    multiply_block(2, vectors, k, a, a_row, a_column, b, b_row, c, c_row, adding);
  if (m) multiply_block(1, vectors, k, a, a_row, a_column, b, b_row, c, c_row, adding);
}

/// C[m, n] (+)= A[m, k] · B[k, n].
ALWAYS_INLINE void tile_multiply(size_t m, size_t n, size_t k, const float *a, size_t a_row, size_t a_column,
                                 const float *b, size_t b_row, float *c, size_t c_row, bool adding,
                                 enum InstructionSet set) {
  size_t column = 0;
  if (set == INSTRUCTIONS_AVX512)
    for (; column + 64 <= n; column += 64)
      multiply_columns(4, m, k, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
  if (set == INSTRUCTIONS_AVX512)
    for (; column + 32 <= n; column += 32)
      multiply_columns(2, m, k, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
  for (; column + 16 <= n; column += 16)
    multiply_columns(1, m, k, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
  if (column == n) return;
  for (size_t r = 0; r < m; r++)
    for (size_t j = column; j < n; j++) {
      float sum = adding ? c[r * c_row + j] : 0;
      for (size_t i = 0; i < k; i++) sum += a[r * a_row + i * a_column] * b[i * b_row + j];
      c[r * c_row + j] = sum;
    }
}

// Element j after one round of a transposition: rows `d` apart exchange their off-diagonal squares of d × d.
#define UPPER(d, j) ((j) & (d) ? 16 + (j) - (d) : (j))
#define LOWER(d, j) ((j) & (d) ? 16 + (j) : (j) + (d))
#define ALL_16(pick, d)                                                                                 \
  pick(d, 0), pick(d, 1), pick(d, 2), pick(d, 3), pick(d, 4), pick(d, 5), pick(d, 6), pick(d, 7),       \
      pick(d, 8), pick(d, 9), pick(d, 10), pick(d, 11), pick(d, 12), pick(d, 13), pick(d, 14), pick(d, 15)
#define EXCHANGE(rows, d)                                                                               \
  UNROLL                                                                                                \
  for (int i = 0; i < 16; i++)                                                                          \
    if (!(i & d)) {                                                                                     \
      floats16 upper = rows[i], lower = rows[i + d];                                                    \
      rows[i] = __builtin_shufflevector(upper, lower, ALL_16(UPPER, d));                                \
      rows[i + d] = __builtin_shufflevector(upper, lower, ALL_16(LOWER, d));                            \
    }

/// to[c, r] = from[r, c] for 16 × 16 elements, in registers.
ALWAYS_INLINE void transpose_block(float *to, size_t to_row, const float *from, size_t from_row) {
  floats16 rows[16];
  UNROLL
  for (int i = 0; i < 16; i++) rows[i] = *(const floats16 *)(from + i * from_row);
  EXCHANGE(rows, 8)
  EXCHANGE(rows, 4)
  EXCHANGE(rows, 2)
  EXCHANGE(rows, 1)
  UNROLL
  for (int i = 0; i < 16; i++) *(floats16 *)(to + i * to_row) = rows[i];
}

/// The columns of rows: to[c, r] = from[r, c] for r < rows, and 0 for rows ≤ r < `width`.
ALWAYS_INLINE void transpose(float *restrict to, size_t width, const float *restrict from, size_t from_row,
                             size_t rows, size_t columns) {
  size_t whole_rows = rows / 16 * 16, whole_columns = columns / 16 * 16;
  for (size_t r = 0; r < whole_rows; r += 16)
    for (size_t c = 0; c < whole_columns; c += 16)
      transpose_block(to + c * width + r, width, from + r * from_row + c, from_row);
  for (size_t c = 0; c < columns; c++) {
    for (size_t r = c < whole_columns ? whole_rows : 0; r < rows; r++) to[c * width + r] = from[r * from_row + c];
    for (size_t r = rows; r < width; r++) to[c * width + r] = 0;
  }
}
