#include "convert.h"

#include "convert_scalar.h"
#include "quantized.h"
#include "variants.h"

KERNEL_BODY trimtab_float32_to_bfloat16_body(
    const float *source, uint16_t *destination, size_t count, enum InstructionSet set) {
  (void)set;
  for (size_t i = 0; i < count; i++) destination[i] = bfloat16_from_float32(source[i]);
}

KERNEL(
    trimtab_float32_to_bfloat16, (const float *source, uint16_t *destination, size_t count), source, destination,
    count)

void trimtab_float32_to_float16(const float *source, uint16_t *destination, size_t count) {
  for (size_t i = 0; i < count; i++) destination[i] = float16_from_float32(source[i]);
}

void trimtab_bfloat16_to_float32(const uint16_t *source, float *destination, size_t count) {
  trimtab_dequantize(TRIMTAB_BFLOAT16, source, destination, count);
}

void trimtab_float16_to_float32(const uint16_t *source, float *destination, size_t count) {
  trimtab_dequantize(TRIMTAB_FLOAT16, source, destination, count);
}
