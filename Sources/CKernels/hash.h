#pragma once
#include <stdint.h>

/// 32 random bits for element `index`: two rounds of a multiply-xorshift hash, each under half of the key.
static inline __attribute__((always_inline)) uint32_t random_bits(uint64_t key, uint64_t index) {
  uint32_t h = (uint32_t)index ^ (uint32_t)key;
  h = (h ^ h >> 16) * 0x7feb352dU;
  h = (h ^ h >> 15) * 0x846ca68bU;
  h ^= (h >> 16) ^ (uint32_t)(key >> 32) ^ (uint32_t)(index >> 32) * 0x9e3779b9U;
  h = (h ^ h >> 16) * 0x7feb352dU;
  h = (h ^ h >> 15) * 0x846ca68bU;
  return h ^ h >> 16;
}
