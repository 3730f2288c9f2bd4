// The tables that each variant of the kernels fills, and that `quantized.c` chooses from.
#pragma once
#include "quantized.h"

typedef void (*trimtab_dequantize_kernel)(const void *source, float *destination, size_t count);
typedef void (*trimtab_dot_kernel)(
    const void *weights, size_t count, const float *x, size_t stride, size_t rows, float *results);

enum { TRIMTAB_DOT_ROWS_LIMIT = 4 };

typedef struct trimtab_quantized_kernels {
  trimtab_dequantize_kernel dequantize[TRIMTAB_STORAGE_COUNT];
  // The products of one row of weights with one to four rows of x, `stride` numbers apart.
  trimtab_dot_kernel dot[TRIMTAB_STORAGE_COUNT];
} trimtab_quantized_kernels;

// The bytes that `count` elements, a whole number of blocks, take.
size_t trimtab_row_bytes(trimtab_storage storage, size_t count);

// One entry for each storage: `kernel_f32` and so on.
#define EACH_STORAGE(kernel)                                                           \
  {                                                                                    \
      [TRIMTAB_FLOAT32] = kernel##_f32, [TRIMTAB_FLOAT16] = kernel##_f16,              \
      [TRIMTAB_BFLOAT16] = kernel##_bf16, [TRIMTAB_Q4_0] = kernel##_q4_0,              \
      [TRIMTAB_Q4_1] = kernel##_q4_1, [TRIMTAB_Q5_0] = kernel##_q5_0,                  \
      [TRIMTAB_Q5_1] = kernel##_q5_1, [TRIMTAB_Q8_0] = kernel##_q8_0,                  \
      [TRIMTAB_Q2_K] = kernel##_q2_K, [TRIMTAB_Q3_K] = kernel##_q3_K,                  \
      [TRIMTAB_Q4_K] = kernel##_q4_K, [TRIMTAB_Q5_K] = kernel##_q5_K,                  \
      [TRIMTAB_Q6_K] = kernel##_q6_K,                                                  \
  }

extern const trimtab_quantized_kernels trimtab_quantized_kernels_reference;
#if defined(__x86_64__)
extern const trimtab_quantized_kernels trimtab_quantized_kernels_avx2;
extern const trimtab_quantized_kernels trimtab_quantized_kernels_avx512;
#elif defined(__aarch64__)
extern const trimtab_quantized_kernels trimtab_quantized_kernels_neon;
#endif
