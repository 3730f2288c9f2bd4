// One number at a time, by its bits: what every variant of the conversions must equal.
#pragma once
#include <stdint.h>
#include <string.h>

static inline float float32_from_bits(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

static inline uint32_t float32_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

static inline float float32_from_bfloat16(uint16_t half) { return float32_from_bits((uint32_t)half << 16); }

static inline uint16_t bfloat16_from_float32(float value) {
  uint32_t bits = float32_bits(value);
  uint32_t rounded = (bits + 0x7FFF + (bits >> 16 & 1)) >> 16;
  // A NaN's payload may lie in the bits that are cut off: the quiet bit keeps it a NaN.
  uint32_t quiet = bits >> 16 | 0x40;
  return (uint16_t)((bits & 0x7FFFFFFF) > 0x7F800000 ? quiet : rounded);
}

static inline float float32_from_float16(uint16_t half) {
  uint32_t sign = (uint32_t)(half & 0x8000) << 16, magnitude = half & 0x7FFF;
  if (magnitude >= 0x7C00) return float32_from_bits(sign | 0x7F800000 | (magnitude & 0x3FF) << 13);
  if (magnitude >= 0x400) return float32_from_bits(sign | ((magnitude << 13) + (112u << 23)));
  // Subnormal: a whole number of 2⁻²⁴.
  float value = (float)magnitude * 0x1p-24f;
  return float32_from_bits(sign | float32_bits(value));
}

static inline uint16_t float16_from_float32(float value) {
  uint32_t bits = float32_bits(value);
  uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  bits &= 0x7FFFFFFF;
  if (bits > 0x7F800000) return (uint16_t)(sign | 0x7E00 | (bits >> 13 & 0x1FF));
  // From 65520 on, the nearest is infinity.
  if (bits >= 0x477FF000) return sign | 0x7C00;
  if (bits >= 0x38800000) {
    uint32_t rounded = bits - (112u << 23) + 0xFFF + (bits >> 13 & 1);
    return (uint16_t)(sign | rounded >> 13);
  }
  // Subnormal: adding 0.5 lines the last bit that half precision keeps up with float32's own last bit.
  float aligned = float32_from_bits(bits) + 0.5f;
  return (uint16_t)(sign | (float32_bits(aligned) - float32_bits(0.5f)));
}
