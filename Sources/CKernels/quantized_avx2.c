#if defined(__x86_64__)
#include "cpu_target.h"
TRIMTAB_BEGIN_TARGET_AVX2
#define VARIANT(name) name##_avx2
#include "quantized_vector.inc"
TRIMTAB_END_TARGET
#endif
