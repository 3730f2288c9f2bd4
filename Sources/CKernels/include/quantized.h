#pragma once
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
