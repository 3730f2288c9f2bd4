#include "quantized.h"

#include <string.h>

#include "convert.h"
#include "cpu.h"
#include "quantized_blocks.h"
#include "quantized_kernels.h"

static const trimtab_quantized_kernels *variant_kernels(trimtab_quantized_variant variant) {
  unsigned features = trimtab_cpu_features();
  switch (variant) {
    case TRIMTAB_QUANTIZED_REFERENCE: return &trimtab_quantized_kernels_reference;
#if defined(__x86_64__)
    case TRIMTAB_QUANTIZED_AVX2: return features & TRIMTAB_CPU_AVX2 ? &trimtab_quantized_kernels_avx2 : NULL;
    case TRIMTAB_QUANTIZED_AVX512: return features & TRIMTAB_CPU_AVX512 ? &trimtab_quantized_kernels_avx512 : NULL;
#elif defined(__aarch64__)
    case TRIMTAB_QUANTIZED_NEON: return features & TRIMTAB_CPU_NEON ? &trimtab_quantized_kernels_neon : NULL;
#endif
    default: return NULL;
  }
}

static const trimtab_quantized_kernels *best_kernels(void) {
  for (int variant = TRIMTAB_QUANTIZED_NEON; variant > TRIMTAB_QUANTIZED_REFERENCE; variant--) {
    const trimtab_quantized_kernels *kernels = variant_kernels((trimtab_quantized_variant)variant);
    if (kernels) return kernels;
  }
  return &trimtab_quantized_kernels_reference;
}

size_t trimtab_row_bytes(trimtab_storage storage, size_t count) {
  static const struct { size_t length, bytes; } blocks[TRIMTAB_STORAGE_COUNT] = {
      [TRIMTAB_FLOAT32] = {1, 4}, [TRIMTAB_FLOAT16] = {1, 2}, [TRIMTAB_BFLOAT16] = {1, 2},
      [TRIMTAB_Q4_0] = {32, sizeof(block_q4_0)}, [TRIMTAB_Q4_1] = {32, sizeof(block_q4_1)},
      [TRIMTAB_Q5_0] = {32, sizeof(block_q5_0)}, [TRIMTAB_Q5_1] = {32, sizeof(block_q5_1)},
      [TRIMTAB_Q8_0] = {32, sizeof(block_q8_0)}, [TRIMTAB_Q2_K] = {256, sizeof(block_q2_K)},
      [TRIMTAB_Q3_K] = {256, sizeof(block_q3_K)}, [TRIMTAB_Q4_K] = {256, sizeof(block_q4_K)},
      [TRIMTAB_Q5_K] = {256, sizeof(block_q5_K)}, [TRIMTAB_Q6_K] = {256, sizeof(block_q6_K)},
  };
  return count / blocks[storage].length * blocks[storage].bytes;
}

void trimtab_dequantize(trimtab_storage storage, const void *source, float *destination, size_t count) {
  best_kernels()->dequantize[storage](source, destination, count);
}

void trimtab_dequantize_to_bfloat16(
    trimtab_storage storage, const void *source, uint16_t *destination, size_t count) {
  if (storage == TRIMTAB_FLOAT32) return trimtab_float32_to_bfloat16(source, destination, count);
  if (storage == TRIMTAB_BFLOAT16) {
    memcpy(destination, source, count * sizeof *destination);
    return;
  }
  // A whole number of every storage's blocks, small enough to stay in the nearest cache.
  enum { STRETCH = 1024 };
  float decoded[STRETCH];
  for (size_t start = 0; start < count; start += STRETCH) {
    size_t length = count - start < STRETCH ? count - start : STRETCH;
    trimtab_dequantize(storage, (const char *)source + trimtab_row_bytes(storage, start), decoded, length);
    trimtab_float32_to_bfloat16(decoded, destination + start, length);
  }
}

void trimtab_multiply_rows(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const float *x, size_t rows,
    size_t x_stride, float *y, size_t y_stride, bool adding) {
  trimtab_dot_kernel dot = best_kernels()->dot[storage];
  size_t bytes = trimtab_row_bytes(storage, count);
  for (size_t output = 0; output < outputs; output++) {
    float results[TRIMTAB_MULTIPLY_ROWS_LIMIT];
    for (size_t first = 0; first < rows; first += TRIMTAB_DOT_ROWS_LIMIT) {
      size_t left = rows - first < TRIMTAB_DOT_ROWS_LIMIT ? rows - first : TRIMTAB_DOT_ROWS_LIMIT;
      dot((const char *)weights + output * bytes, count, x + first * x_stride, x_stride, left, results + first);
    }
    for (size_t r = 0; r < rows; r++) {
      float *element = y + r * y_stride + output;
      *element = adding ? *element + results[r] : results[r];
    }
  }
}

bool trimtab_dequantize_variant(
    trimtab_quantized_variant variant, trimtab_storage storage, const void *source, float *destination,
    size_t count) {
  const trimtab_quantized_kernels *kernels = variant_kernels(variant);
  if (kernels) kernels->dequantize[storage](source, destination, count);
  return kernels != NULL;
}

bool trimtab_dot_variant(
    trimtab_quantized_variant variant, trimtab_storage storage, const void *weights, size_t count,
    const float *x, size_t rows, size_t x_stride, float *results) {
  const trimtab_quantized_kernels *kernels = variant_kernels(variant);
  if (kernels) kernels->dot[storage](weights, count, x, x_stride, rows, results);
  return kernels != NULL;
}
