#pragma once
// Products of tiles that lie in the caches: what attention is made of.

#include <stdbool.h>
#include <stddef.h>

#include "variants.h"

#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 8")
#endif

#define ALWAYS_INLINE static inline __attribute__((always_inline))

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

/// The columns of rows: to[c, r] = from[r, c] for r < rows, and 0 for rows ≤ r < `width`.
ALWAYS_INLINE void transpose(float *restrict to, size_t width, const float *restrict from, size_t from_row,
                             size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    for (size_t r = 0; r < rows; r++) to[c * width + r] = from[r * from_row + c];
    for (size_t r = rows; r < width; r++) to[c * width + r] = 0;
  }
}
