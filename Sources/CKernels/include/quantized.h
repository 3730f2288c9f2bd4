#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// How weights are stored: plain numbers, or GGML's blocks of quantised ones.
typedef enum trimtab_storage {
  TRIMTAB_FLOAT32,
  TRIMTAB_FLOAT16,
  TRIMTAB_BFLOAT16,
  TRIMTAB_Q4_0,
  TRIMTAB_Q4_1,
  TRIMTAB_Q5_0,
  TRIMTAB_Q5_1,
  TRIMTAB_Q8_0,
  TRIMTAB_Q2_K,
  TRIMTAB_Q3_K,
  TRIMTAB_Q4_K,
  TRIMTAB_Q5_K,
  TRIMTAB_Q6_K,
  TRIMTAB_STORAGE_COUNT,
} trimtab_storage;

/// Decodes `count` elements, a whole number of blocks, to float32: bit for bit what GGML's reference
/// formulas give without fused multiply-adds. Neither pointer need be aligned.
void trimtab_dequantize(trimtab_storage storage, const void *source, float *destination, size_t count);

/// Decodes `count` elements, a whole number of blocks, to float32 and rounds those to bfloat16.
void trimtab_dequantize_to_bfloat16(
    trimtab_storage storage, const void *source, uint16_t *destination, size_t count);

/// Encodes `count` float32 numbers, a whole number of blocks, by GGML's reference formulas; false for the storages
/// that there is no encoder for (only float32, float16, bfloat16, q8_0, q4_0 and q4_1 have one).
bool trimtab_quantize(trimtab_storage storage, const float *source, void *destination, size_t count);

/// The most rows of x that `trimtab_multiply_rows` takes.
enum { TRIMTAB_MULTIPLY_ROWS_LIMIT = 8 };

/// `y[r][w] (+)= Σ x[r][k] · weights[w][k]`, decoding the weights as they are read: the product for a few rows of
/// x, whose time is that of reading the weights.
///
/// - weights: `outputs` rows of `count` elements (whole blocks) each, one after the other.
/// - x: `rows` rows (at most the limit) of `count` numbers, `x_stride` apart.
/// - y: `rows` rows of `outputs` numbers, `y_stride` apart; added to if `adding`, else overwritten.
///
/// Every element is summed in the same order, however many rows and outputs are asked for.
void trimtab_multiply_rows(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const float *x, size_t rows,
    size_t x_stride, float *y, size_t y_stride, bool adding);

/// The variants of the kernels, for tests; the functions above use the best that this machine has.
typedef enum trimtab_quantized_variant {
  TRIMTAB_QUANTIZED_REFERENCE,
  TRIMTAB_QUANTIZED_AVX2,
  TRIMTAB_QUANTIZED_AVX512,
  TRIMTAB_QUANTIZED_NEON,
} trimtab_quantized_variant;

/// `trimtab_dequantize` by one variant; false where this machine doesn't have it.
bool trimtab_dequantize_variant(
    trimtab_quantized_variant variant, trimtab_storage storage, const void *source, float *destination,
    size_t count);

/// The product of one row of weights with `rows` rows of x by one variant; false where this machine doesn't have it.
bool trimtab_dot_variant(
    trimtab_quantized_variant variant, trimtab_storage storage, const void *weights, size_t count,
    const float *x, size_t rows, size_t x_stride, float *results);
