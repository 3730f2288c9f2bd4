// GGML's block formats, as they lie in a file (little-endian, never padded).
#pragma once
#include <stdint.h>

#pragma pack(push, 1)
// 32 elements. The first sixteen lie in the low nibbles, the rest in the high ones.
typedef struct { uint16_t scale; uint8_t low[16]; } block_q4_0;
typedef struct { uint16_t scale, minimum; uint8_t low[16]; } block_q4_1;
typedef struct { uint16_t scale; uint8_t high[4]; uint8_t low[16]; } block_q5_0;
typedef struct { uint16_t scale, minimum; uint8_t high[4]; uint8_t low[16]; } block_q5_1;
typedef struct { uint16_t scale; int8_t value[32]; } block_q8_0;

// 256 elements in groups of 16 or 32, each with a small scale (and minimum) of its own.
typedef struct { uint8_t scales[16]; uint8_t low[64]; uint16_t scale, minimum; } block_q2_K;
typedef struct { uint8_t high[32]; uint8_t low[64]; uint8_t scales[12]; uint16_t scale; } block_q3_K;
typedef struct { uint16_t scale, minimum; uint8_t scales[12]; uint8_t low[128]; } block_q4_K;
typedef struct { uint16_t scale, minimum; uint8_t scales[12]; uint8_t high[32]; uint8_t low[128]; } block_q5_K;
typedef struct { uint8_t low[128]; uint8_t high[64]; int8_t scales[16]; uint16_t scale; } block_q6_K;
#pragma pack(pop)

_Static_assert(sizeof(block_q4_0) == 18 && sizeof(block_q4_1) == 20, "GGML's sizes");
_Static_assert(sizeof(block_q5_0) == 22 && sizeof(block_q5_1) == 24 && sizeof(block_q8_0) == 34, "GGML's sizes");
_Static_assert(sizeof(block_q2_K) == 84 && sizeof(block_q3_K) == 110, "GGML's sizes");
_Static_assert(sizeof(block_q4_K) == 144 && sizeof(block_q5_K) == 176 && sizeof(block_q6_K) == 210, "GGML's sizes");

// The six-bit scale and minimum of group `j` of eight, from the twelve bytes of q4_K and q5_K.
static inline void six_bit_scale(const uint8_t scales[12], int j, uint8_t *scale, uint8_t *minimum) {
  if (j < 4) {
    *scale = scales[j] & 63;
    *minimum = scales[j + 4] & 63;
  } else {
    *scale = (uint8_t)((scales[j + 4] & 15) | scales[j - 4] >> 6 << 4);
    *minimum = (uint8_t)(scales[j + 4] >> 4 | scales[j] >> 6 << 4);
  }
}

// The six-bit scale of group `j` of sixteen, -32 … 31, from the twelve bytes of q3_K.
static inline int six_bit_signed_scale(const uint8_t scales[12], int j) {
  int low = j < 8 ? scales[j] & 15 : scales[j - 8] >> 4;
  int high = scales[8 + j % 4] >> 2 * (j / 4) & 3;
  return (low | high << 4) - 32;
}
