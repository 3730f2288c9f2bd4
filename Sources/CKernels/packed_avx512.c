#include "packed_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>
#include <string.h>

#define TARGET __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")))
#define INLINE TARGET static inline __attribute__((always_inline))
#if defined(__clang__)
#define UNROLL _Pragma("unroll")
#else
#define UNROLL _Pragma("GCC unroll 16")
#endif

// Twelve rows by two registers of sums, two registers of the panel and one of the left factor: 27 of 32.
enum { BLOCK_ROWS = 12 };

INLINE void store(__m512 sum, __mmask16 columns, void *to, bool is_bfloat16, bool adding) {
  if (is_bfloat16) {
    if (adding) {
      __m512i before = _mm512_cvtepu16_epi32(_mm256_maskz_loadu_epi16(columns, to));
      sum = _mm512_add_ps(_mm512_castsi512_ps(_mm512_slli_epi32(before, 16)), sum);
    }
    _mm256_mask_storeu_epi16(to, columns, (__m256i)_mm512_cvtneps_pbh(sum));
  } else {
    if (adding) sum = _mm512_add_ps(_mm512_maskz_loadu_ps(columns, to), sum);
    _mm512_mask_storeu_ps(to, columns, sum);
  }
}

// `rows` is a constant, so that the sums stay in registers.
INLINE void multiply_rows(
    const size_t rows, size_t columns, size_t pairs, size_t row_stride, size_t pair_stride, const char *left,
    const char *panel, const trimtab_product_result *result, size_t row, size_t column) {
  __m512 sums[BLOCK_ROWS][2];
  UNROLL
  for (size_t r = 0; r < rows; r++) sums[r][0] = sums[r][1] = _mm512_setzero_ps();
  for (size_t i = 0; i < pairs; i++, left += pair_stride, panel += TRIMTAB_PANEL_PAIR_BYTES) {
    __m512bh right[2] = {(__m512bh)_mm512_loadu_si512(panel), (__m512bh)_mm512_loadu_si512(panel + 64)};
    UNROLL
    for (size_t r = 0; r < rows; r++) {
      int32_t pair;
      memcpy(&pair, left + r * row_stride, sizeof pair);
      __m512bh both = (__m512bh)_mm512_set1_epi32(pair);
      sums[r][0] = _mm512_dpbf16_ps(sums[r][0], both, right[0]);
      sums[r][1] = _mm512_dpbf16_ps(sums[r][1], both, right[1]);
    }
  }
  size_t size = result->is_bfloat16 ? 2 : 4;
  char *to = (char *)result->elements + (row * result->row_stride + column) * size;
  uint32_t mask = columns >= 32 ? UINT32_MAX : (1u << columns) - 1;
  UNROLL
  for (size_t r = 0; r < rows; r++, to += result->row_stride * size) {
    store(sums[r][0], (__mmask16)mask, to, result->is_bfloat16, result->adding);
    store(sums[r][1], (__mmask16)(mask >> 16), to + 16 * size, result->is_bfloat16, result->adding);
  }
}

#define CASE(n)                                                                                               \
  case n: multiply_rows(n, columns, pairs, left->row_stride, left->pair_stride, block, (const char *)panel,    \
                        result, row, column); break;

TARGET static void multiply(
    size_t rows, size_t columns, size_t pairs, const trimtab_left_factor *left, const char *block,
    const uint16_t *panel, const trimtab_product_result *result, size_t row, size_t column) {
  switch (rows) {
    CASE(1) CASE(2) CASE(3) CASE(4) CASE(5) CASE(6) CASE(7) CASE(8) CASE(9) CASE(10) CASE(11)
    default: CASE(12)
  }
}

const trimtab_packed_kernels trimtab_packed_kernels_avx512 = {
    .block_rows = BLOCK_ROWS, .left_is_row_major = false, .multiply = multiply};

#endif
