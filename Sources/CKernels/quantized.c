#include "quantized.h"

#include "quantized_decoders.h"

void trimtab_dequantize(trimtab_storage storage, const void *source, float *destination, size_t count) {
  trimtab_reference_decoders[storage](source, destination, count);
}
