// The plain twin of every decoder: GGML's formulas, one element at a time.
#include "convert_scalar.h"
#include "quantized_blocks.h"
#include "quantized_kernels.h"

#if defined(__clang__)
// GGML's reference rounds after each operation; a fused multiply-add would not.
#pragma STDC FP_CONTRACT OFF
#endif

typedef struct { float value[1]; } block_f32;
typedef struct { uint16_t value[1]; } block_f16;
typedef struct { uint16_t value[1]; } block_bf16;

static void decode_f32(const block_f32 *block, float *w) { w[0] = block->value[0]; }
static void decode_f16(const block_f16 *block, float *w) { w[0] = float32_from_float16(block->value[0]); }
static void decode_bf16(const block_bf16 *block, float *w) { w[0] = float32_from_bfloat16(block->value[0]); }

static void decode_q4_0(const block_q4_0 *block, float *w) {
  float scale = float32_from_float16(block->scale);
  for (int i = 0; i < 16; i++) {
    w[i] = (float)((block->low[i] & 15) - 8) * scale;
    w[i + 16] = (float)((block->low[i] >> 4) - 8) * scale;
  }
}

static void decode_q4_1(const block_q4_1 *block, float *w) {
  float scale = float32_from_float16(block->scale), minimum = float32_from_float16(block->minimum);
  for (int i = 0; i < 16; i++) {
    w[i] = (float)(block->low[i] & 15) * scale + minimum;
    w[i + 16] = (float)(block->low[i] >> 4) * scale + minimum;
  }
}

static inline int fifth_bit(const uint8_t high[4], int i) { return (high[i / 8] >> i % 8 & 1) << 4; }

static void decode_q5_0(const block_q5_0 *block, float *w) {
  float scale = float32_from_float16(block->scale);
  for (int i = 0; i < 16; i++) {
    w[i] = (float)(((block->low[i] & 15) | fifth_bit(block->high, i)) - 16) * scale;
    w[i + 16] = (float)((block->low[i] >> 4 | fifth_bit(block->high, i + 16)) - 16) * scale;
  }
}

static void decode_q5_1(const block_q5_1 *block, float *w) {
  float scale = float32_from_float16(block->scale), minimum = float32_from_float16(block->minimum);
  for (int i = 0; i < 16; i++) {
    w[i] = (float)((block->low[i] & 15) | fifth_bit(block->high, i)) * scale + minimum;
    w[i + 16] = (float)(block->low[i] >> 4 | fifth_bit(block->high, i + 16)) * scale + minimum;
  }
}

static void decode_q8_0(const block_q8_0 *block, float *w) {
  float scale = float32_from_float16(block->scale);
  for (int i = 0; i < 32; i++) w[i] = (float)block->value[i] * scale;
}

static void decode_q2_K(const block_q2_K *block, float *w) {
  float scale = float32_from_float16(block->scale), minimum = float32_from_float16(block->minimum);
  for (int i = 0; i < 256; i++) {
    uint8_t both = block->scales[i / 16];
    int q = block->low[i / 128 * 32 + i % 32] >> 2 * (i / 32 % 4) & 3;
    w[i] = scale * (float)(both & 15) * (float)q - minimum * (float)(both >> 4);
  }
}

static void decode_q3_K(const block_q3_K *block, float *w) {
  float scale = float32_from_float16(block->scale);
  for (int i = 0; i < 256; i++) {
    int q = block->low[i / 128 * 32 + i % 32] >> 2 * (i / 32 % 4) & 3;
    // A high bit that is not set takes four away.
    int less = block->high[i % 32] >> i / 32 & 1 ? 0 : 4;
    w[i] = scale * (float)six_bit_signed_scale(block->scales, i / 16) * (float)(q - less);
  }
}

static void decode_q4_K(const block_q4_K *block, float *w) {
  float scale = float32_from_float16(block->scale), minimum = float32_from_float16(block->minimum);
  for (int i = 0; i < 256; i++) {
    uint8_t s, m;
    six_bit_scale(block->scales, i / 32, &s, &m);
    int q = block->low[i / 64 * 32 + i % 32] >> 4 * (i / 32 % 2) & 15;
    w[i] = scale * (float)s * (float)q - minimum * (float)m;
  }
}

static void decode_q5_K(const block_q5_K *block, float *w) {
  float scale = float32_from_float16(block->scale), minimum = float32_from_float16(block->minimum);
  for (int i = 0; i < 256; i++) {
    uint8_t s, m;
    six_bit_scale(block->scales, i / 32, &s, &m);
    int q = block->low[i / 64 * 32 + i % 32] >> 4 * (i / 32 % 2) & 15;
    q += block->high[i % 32] >> i / 32 & 1 ? 16 : 0;
    w[i] = scale * (float)s * (float)q - minimum * (float)m;
  }
}

static void decode_q6_K(const block_q6_K *block, float *w) {
  float scale = float32_from_float16(block->scale);
  for (int i = 0; i < 256; i++) {
    int half = i / 128, quarter = i / 32 % 4, lane = i % 32;
    int low = block->low[half * 64 + quarter % 2 * 32 + lane] >> 4 * (quarter / 2) & 15;
    int high = block->high[half * 32 + lane] >> 2 * quarter & 3;
    w[i] = scale * (float)block->scales[i / 16] * (float)((low | high << 4) - 32);
  }
}

#define KERNELS(type, length)                                                                          \
  static void dequantize_##type(const void *source, float *destination, size_t count) {                \
    const block_##type *block = source;                                                                \
    for (size_t i = 0; i < count; i += length) decode_##type(block++, destination + i);                \
  }                                                                                                    \
  static void dot_##type(                                                                              \
      const void *weights, size_t count, const float *x, size_t stride, size_t rows, float *results) { \
    for (size_t r = 0; r < rows; r++) results[r] = 0;                                                  \
    const block_##type *block = weights;                                                               \
    for (size_t start = 0; start < count; start += length) {                                           \
      float w[length];                                                                                 \
      decode_##type(block++, w);                                                                       \
      for (size_t r = 0; r < rows; r++)                                                                \
        for (size_t i = 0; i < length; i++) results[r] += w[i] * x[r * stride + start + i];            \
    }                                                                                                  \
  }

KERNELS(f32, 1)
KERNELS(f16, 1)
KERNELS(bf16, 1)
KERNELS(q4_0, 32)
KERNELS(q4_1, 32)
KERNELS(q5_0, 32)
KERNELS(q5_1, 32)
KERNELS(q8_0, 32)
KERNELS(q2_K, 256)
KERNELS(q3_K, 256)
KERNELS(q4_K, 256)
KERNELS(q5_K, 256)
KERNELS(q6_K, 256)

const trimtab_quantized_kernels trimtab_quantized_kernels_reference = {
    .dequantize = EACH_STORAGE(dequantize),
    .dot = EACH_STORAGE(dot),
};
