#if defined(__x86_64__)
#include "cpu_target.h"
TRIMTAB_BEGIN_TARGET_AVX512
#define VARIANT(name) name##_avx512
#include "quantized_vector.inc"
TRIMTAB_END_TARGET
#endif
