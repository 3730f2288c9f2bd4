#pragma once
// Products of tiles of bfloat16 numbers with float32 sums, for processors that multiply them in pairs (AVX512-BF16).

#include <immintrin.h>

#include "attention_tiles.h"

/// Two neighbours along the axis that is summed over: what one lane multiplies at a time.
typedef uint32_t pair __attribute__((may_alias));

/// Pairs of a block of keys or queries of the largest heads.
enum { BLOCK_PAIRS = KEY_BLOCK * TRIMTAB_ATTENTION_LARGEST_HEAD / 2 };

/// C[rows, 16·vectors] (+)= A · B over pairs, where `rows` and `vectors` are constants, so that the sums stay in
/// registers. A's pair (r, i) lies at a[r·a_row + i·a_column], B's pair (i, c) at b[i·b_row + c].
ALWAYS_INLINE void multiply_pairs_block(const int rows, const int vectors, size_t pairs, const pair *a, size_t a_row,
                                        size_t a_column, const pair *b, size_t b_row, float *c, size_t c_row,
                                        bool adding) {
  __m512 sum[6][4];
  UNROLL
  for (int r = 0; r < rows; r++)
  UNROLL
    for (int v = 0; v < vectors; v++)
      sum[r][v] = adding ? _mm512_loadu_ps(c + r * c_row + 16 * v) : _mm512_setzero_ps();
  for (size_t i = 0; i < pairs; i++, b += b_row, a += a_column) {
    __m512bh right[4];
  UNROLL
    for (int v = 0; v < vectors; v++) right[v] = (__m512bh)_mm512_loadu_si512(b + 16 * v);
  UNROLL
    for (int r = 0; r < rows; r++)
  UNROLL
      for (int v = 0; v < vectors; v++)
        sum[r][v] = _mm512_dpbf16_ps(sum[r][v], (__m512bh)_mm512_set1_epi32((int)a[r * a_row]), right[v]);
  }
  UNROLL
  for (int r = 0; r < rows; r++)
  UNROLL
    for (int v = 0; v < vectors; v++) _mm512_storeu_ps(c + r * c_row + 16 * v, sum[r][v]);
}

/// The same for any number of rows.
ALWAYS_INLINE void multiply_pairs_columns(const int vectors, size_t m, size_t pairs, const pair *a, size_t a_row,
                                          size_t a_column, const pair *b, size_t b_row, float *c, size_t c_row,
                                          bool adding) {
  for (; m >= 6; m -= 6, a += 6 * a_row, c += 6 * c_row)
    multiply_pairs_block(6, vectors, pairs, a, a_row, a_column, b, b_row, c, c_row, adding);
  for (; m >= 2; m -= 2, a += 2 * a_row, c += 2 * c_row)
    multiply_pairs_block(2, vectors, pairs, a, a_row, a_column, b, b_row, c, c_row, adding);
  if (m) multiply_pairs_block(1, vectors, pairs, a, a_row, a_column, b, b_row, c, c_row, adding);
}

/// C[m, n] (+)= A · B over pairs, n a multiple of 16.
ALWAYS_INLINE void multiply_pairs(size_t m, size_t n, size_t pairs, const pair *a, size_t a_row, size_t a_column,
                                  const pair *b, size_t b_row, float *c, size_t c_row, bool adding) {
  size_t column = 0;
  for (; column + 64 <= n; column += 64)
    multiply_pairs_columns(4, m, pairs, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
  for (; column + 32 <= n; column += 32)
    multiply_pairs_columns(2, m, pairs, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
  for (; column + 16 <= n; column += 16)
    multiply_pairs_columns(1, m, pairs, a, a_row, a_column, b + column, b_row, c + column, c_row, adding);
}

/// Pairs along rows as columns: to[i, r] is pair i of row r, for a block of 64 rows; 0 for those from `rows` on.
ALWAYS_INLINE void pairs_of_columns(pair *to, const uint16_t *from, size_t from_row, size_t rows, size_t width) {
  const pair *pairs = (const pair *)from;
  size_t whole = rows / 16 * 16, row = from_row / 2;
  for (size_t r = 0; r < whole; r += 16)
    for (size_t i = 0; i < width / 2; i += 16)
      transpose_block((float *)(to + i * KEY_BLOCK + r), KEY_BLOCK, (const float *)(pairs + r * row + i), row);
  for (size_t i = 0; i < width / 2; i++)
    for (size_t r = whole; r < KEY_BLOCK; r++) to[i * KEY_BLOCK + r] = r < rows ? pairs[r * row + i] : 0;
}

/// Pairs of rows: to[r / 2, c] holds elements c of rows r and r + 1, for a block of 64 rows; 0 from `rows` on.
ALWAYS_INLINE void pairs_of_rows(pair *to, const uint16_t *from, size_t from_row, size_t rows, size_t width) {
  for (size_t r = 0; r < KEY_BLOCK; r += 2, to += width) {
    const uint16_t *upper = from + r * from_row, *lower = upper + from_row;
    if (r + 1 < rows)
      for (size_t c = 0; c < width; c++) to[c] = upper[c] | (pair)lower[c] << 16;
    else if (r < rows)
      for (size_t c = 0; c < width; c++) to[c] = upper[c];
    else
      memset(to, 0, width * sizeof *to);
  }
}

/// A row of floats rounded to bfloat16; `count` is a multiple of 16.
ALWAYS_INLINE void round_row(uint16_t *to, const float *from, size_t count) {
  for (size_t i = 0; i < count; i += 16)
    _mm256_storeu_si256((__m256i *)(to + i), (__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(from + i)));
}

/// Two rows of floats rounded to pairs of rows; `count` is a multiple of 16.
ALWAYS_INLINE void round_rows(pair *to, const float *upper, const float *lower, size_t count) {
  for (size_t i = 0; i < count; i += 16) {
    __m512i first = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(upper + i)));
    __m512i second = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(_mm512_loadu_ps(lower + i)));
    _mm512_storeu_si512(to + i, _mm512_or_si512(first, _mm512_slli_epi32(second, 16)));
  }
}

/// 2ˣ within 3e-6 of itself, for x up to 127; 0 far below.
ALWAYS_INLINE __m512 power_of_two(__m512 x) {
  __m512 n = _mm512_roundscale_ps(x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC), r = _mm512_sub_ps(x, n);
  __m512 p = _mm512_set1_ps(1.33335581e-3f);
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(9.61812911e-3f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(5.55041087e-2f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(2.40226507e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(6.93147181e-1f));
  p = _mm512_fmadd_ps(p, r, _mm512_set1_ps(1));
  return _mm512_scalef_ps(p, n);
}

static const float LOG2_E = 1.44269504f;

/// Which of the sixteen keys from `key` on a row sees.
ALWAYS_INLINE __mmask16 seen_lanes(struct Range range, size_t key) {
  size_t first = range.first > key ? range.first - key : 0, end = range.end > key ? range.end - key : 0;
  if (first >= 16 || end <= first) return 0;
  return (__mmask16)((end < 16 ? (1u << end) - 1 : 0xFFFFu) & ~((1u << first) - 1));
}

/// `score_row` and `soften_row` in one, for scores without a cap: products become weights in bfloat16.
ALWAYS_INLINE void soften_products(uint16_t *weights, const float *products, size_t count, struct Range range,
                                   size_t first_key, float scale, float *restrict out, size_t width,
                                   float *running_maximum, float *running_sum) {
  __m512 largest = _mm512_set1_ps(-INFINITY), sum = _mm512_setzero_ps();
  for (size_t j = 0; j < count; j += 16) {
    __mmask16 seen = seen_lanes(range, first_key + j);
    largest = _mm512_mask_max_ps(largest, seen, largest, _mm512_loadu_ps(products + j));
  }
  float here = _mm512_reduce_max_ps(largest) * scale;
  float maximum = *running_maximum > here ? *running_maximum : here;
  if (maximum == -INFINITY) {
    memset(weights, 0, count * sizeof *weights);
    return;
  }
  __m512 factor = _mm512_set1_ps(scale * LOG2_E), offset = _mm512_set1_ps(maximum * LOG2_E);
  for (size_t j = 0; j < count; j += 16) {
    __m512 exponent = _mm512_fmsub_ps(_mm512_loadu_ps(products + j), factor, offset);
    __m512 weight = _mm512_maskz_mov_ps(seen_lanes(range, first_key + j), power_of_two(exponent));
    sum = _mm512_add_ps(sum, weight);
    _mm256_storeu_si256((__m256i *)(weights + j), (__m256i)_mm512_cvtneps_pbh(weight));
  }
  if (maximum > *running_maximum) {
    float shrink = exponential(*running_maximum - maximum);
    for (size_t d = 0; d < width; d++) out[d] *= shrink;
    *running_sum *= shrink;
    *running_maximum = maximum;
  }
  *running_sum += _mm512_reduce_add_ps(sum);
}

/// `differentiate_row` for scores without a cap.
ALWAYS_INLINE void differentiate_products(float *p, float *dp, struct Range range, size_t first_key, float scale,
                                          float log_sum, float mean) {
  __m512 factor = _mm512_set1_ps(scale * LOG2_E), offset = _mm512_set1_ps(log_sum * LOG2_E);
  for (size_t j = 0; j < KEY_BLOCK; j += 16) {
    __m512 exponent = _mm512_fmsub_ps(_mm512_loadu_ps(p + j), factor, offset);
    __m512 weight = _mm512_maskz_mov_ps(seen_lanes(range, first_key + j), power_of_two(exponent));
    __m512 slope = _mm512_sub_ps(_mm512_loadu_ps(dp + j), _mm512_set1_ps(mean));
    _mm512_storeu_ps(p + j, weight);
    _mm512_storeu_ps(dp + j, _mm512_mul_ps(_mm512_mul_ps(weight, slope), _mm512_set1_ps(scale)));
  }
}

/// The sequence's rows as the mask's functions want them.
ALWAYS_INLINE trimtab_attention_sequence places(size_t rows) {
  return (trimtab_attention_sequence){.query_count = rows, .key_count = rows};
}
