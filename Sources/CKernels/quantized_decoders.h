// The tables that variants fill and `quantized.c` chooses from.
#pragma once
#include "quantized.h"

typedef void (*trimtab_decoder)(const void *source, float *destination, size_t count);

extern const trimtab_decoder trimtab_reference_decoders[TRIMTAB_STORAGE_COUNT];
