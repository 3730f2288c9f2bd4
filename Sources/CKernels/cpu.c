#include "cpu.h"

#include <stdatomic.h>

#if defined(__x86_64__)
static unsigned detect(void) {
  unsigned features = 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
    features |= TRIMTAB_CPU_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    features |= TRIMTAB_CPU_AVX512;
  return features;
}
#else
static unsigned detect(void) {
#if defined(__aarch64__)
  return TRIMTAB_CPU_NEON;
#else
  return 0;
#endif
}
#endif

unsigned trimtab_cpu_features(void) {
  // The high bit says that detection has run; two threads that race here write the same value.
  static atomic_uint found;
  unsigned features = atomic_load_explicit(&found, memory_order_relaxed);
  if (!features) {
    features = detect() | 1u << 31;
    atomic_store_explicit(&found, features, memory_order_relaxed);
  }
  return features & ~(1u << 31);
}
