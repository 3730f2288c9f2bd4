#include "convert.h"

#include "convert_scalar.h"

void trimtab_float32_to_bfloat16(const float *source, uint16_t *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = bfloat16_from_float32(source[i]);
}

void trimtab_float32_to_float16(const float *source, uint16_t *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = float16_from_float32(source[i]);
}

void trimtab_bfloat16_to_float32(const uint16_t *source, float *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = float32_from_bfloat16(source[i]);
}

void trimtab_float16_to_float32(const uint16_t *source, float *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = float32_from_float16(source[i]);
}
