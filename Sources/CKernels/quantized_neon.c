#if defined(__aarch64__)
// NEON is part of every 64-bit ARM.
#define VARIANT(name) name##_neon
#include "quantized_vector.inc"
#endif
