// Quantisers: the formulas of GGML's reference, which the gguf package computes too.
#include <math.h>
#include <string.h>

#include "convert.h"
#include "convert_scalar.h"
#include "quantized.h"
#include "quantized_blocks.h"

#if defined(__clang__)
#pragma STDC FP_CONTRACT OFF
#endif

static uint8_t at_most(uint8_t limit, int value) { return (uint8_t)(value > limit ? limit : value); }

static float reciprocal(float step) { return step == 0 ? 0 : 1 / step; }

static void encode_q8_0(const float *x, block_q8_0 *block) {
  float largest = 0;
  for (int i = 0; i < 32; i++) largest = fmaxf(largest, fabsf(x[i]));
  float step = largest / 127, inverse = reciprocal(step);
  block->scale = float16_from_float32(step);
  for (int i = 0; i < 32; i++) block->value[i] = (int8_t)roundf(x[i] * inverse);
}

static void encode_q4_0(const float *x, block_q4_0 *block) {
  // The number furthest from zero, with its sign, becomes -8: there is no +8.
  float furthest = 0;
  for (int i = 0; i < 32; i++)
    if (fabsf(x[i]) > fabsf(furthest)) furthest = x[i];
  float step = furthest / -8, inverse = reciprocal(step);
  block->scale = float16_from_float32(step);
  for (int i = 0; i < 16; i++) {
    uint8_t low = at_most(15, (int)(x[i] * inverse + 8.5f));
    uint8_t high = at_most(15, (int)(x[i + 16] * inverse + 8.5f));
    block->low[i] = (uint8_t)(low | high << 4);
  }
}

static void encode_q4_1(const float *x, block_q4_1 *block) {
  float least = x[0], most = x[0];
  for (int i = 1; i < 32; i++) {
    least = fminf(least, x[i]);
    most = fmaxf(most, x[i]);
  }
  float step = (most - least) / 15, inverse = reciprocal(step);
  block->scale = float16_from_float32(step);
  block->minimum = float16_from_float32(least);
  for (int i = 0; i < 16; i++) {
    uint8_t low = at_most(15, (int)((x[i] - least) * inverse + 0.5f));
    uint8_t high = at_most(15, (int)((x[i + 16] - least) * inverse + 0.5f));
    block->low[i] = (uint8_t)(low | high << 4);
  }
}

bool trimtab_quantize(trimtab_storage storage, const float *source, void *destination, size_t count) {
  switch (storage) {
    case TRIMTAB_FLOAT32: memcpy(destination, source, count * sizeof *source); return true;
    case TRIMTAB_FLOAT16: trimtab_float32_to_float16(source, destination, count); return true;
    case TRIMTAB_BFLOAT16: trimtab_float32_to_bfloat16(source, destination, count); return true;
    case TRIMTAB_Q8_0:
      for (size_t i = 0; i < count / 32; i++) encode_q8_0(source + 32 * i, (block_q8_0 *)destination + i);
      return true;
    case TRIMTAB_Q4_0:
      for (size_t i = 0; i < count / 32; i++) encode_q4_0(source + 32 * i, (block_q4_0 *)destination + i);
      return true;
    case TRIMTAB_Q4_1:
      for (size_t i = 0; i < count / 32; i++) encode_q4_1(source + 32 * i, (block_q4_1 *)destination + i);
      return true;
    default: return false;
  }
}
