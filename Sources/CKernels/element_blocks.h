#pragma once
// Elements of either type as blocks of float32: what is bfloat16 passes through a block in the nearest cache.

#include <stddef.h>

#include "convert_scalar.h"
#include "elements.h"
#include "variants.h"

/// How many elements a block holds: a handful of blocks fit the nearest cache.
enum { ELEMENT_BLOCK = 512 };

/// The element after `count` others.
ALWAYS_INLINE trimtab_elements elements_from(trimtab_elements x, size_t count) {
  size_t size = x.is_bfloat16 ? sizeof(uint16_t) : sizeof(float);
  return (trimtab_elements){x.first ? (char *)x.first + count * size : 0, x.is_bfloat16};
}

/// A block to read: where it lies, or widened into `room`.
ALWAYS_INLINE const float *opened(trimtab_elements x, size_t first, size_t count, float *restrict room) {
  if (!x.is_bfloat16) return (const float *)x.first + first;
  const uint16_t *from = (const uint16_t *)x.first + first;
  for (size_t i = 0; i < count; i++) room[i] = float32_from_bfloat16(from[i]);
  return room;
}

/// A block to write or, when `adding`, to add to; null when it isn't wanted. What isn't float32 is written by
/// `closed`.
ALWAYS_INLINE float *begun(trimtab_elements y, size_t first, size_t count, bool adding, float *restrict room) {
  if (!y.first) return 0;
  if (!y.is_bfloat16) return (float *)y.first + first;
  if (adding) opened(y, first, count, room);
  return room;
}

/// Ends what `begun` began.
ALWAYS_INLINE void closed(trimtab_elements y, size_t first, size_t count, const float *restrict block) {
  if (!y.first || !y.is_bfloat16) return;
  uint16_t *to = (uint16_t *)y.first + first;
  for (size_t i = 0; i < count; i++) to[i] = bfloat16_from_float32(block[i]);
}

/// How many elements are left of a block that begins at `first`.
ALWAYS_INLINE size_t block_length(size_t first, size_t count) {
  return count - first < ELEMENT_BLOCK ? count - first : ELEMENT_BLOCK;
}

// One element, for the plain twins.
static inline float element(trimtab_elements x, size_t i) {
  return x.is_bfloat16 ? float32_from_bfloat16(((const uint16_t *)x.first)[i]) : ((const float *)x.first)[i];
}

static inline void set_element(trimtab_elements y, size_t i, float value) {
  if (y.is_bfloat16)
    ((uint16_t *)y.first)[i] = bfloat16_from_float32(value);
  else
    ((float *)y.first)[i] = value;
}
