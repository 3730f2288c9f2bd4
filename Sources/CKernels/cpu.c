#define _GNU_SOURCE
#include "cpu.h"

#include <stdatomic.h>
#include <stdbool.h>

#if defined(__linux__)
#include <sys/syscall.h>
#include <unistd.h>
#endif

#if defined(__x86_64__)
#include <cpuid.h>

// Linux gives a process AMX's tile registers when it asks for them.
static bool has_tile_registers(void) {
#if defined(__linux__)
  enum { ARCH_REQ_XCOMP_PERM = 0x1023, XFEATURE_XTILEDATA = 18 };
  return syscall(SYS_arch_prctl, ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA) == 0;
#else
  return false;
#endif
}

static unsigned bfloat16_features(void) {
  unsigned features = 0, eax, ebx, ecx, edx;
  if (__get_cpuid_count(7, 1, &eax, &ebx, &ecx, &edx) && eax >> 5 & 1) features |= TRIMTAB_CPU_AVX512_BF16;
  if (__get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) && edx >> 22 & 1 && edx >> 24 & 1 && has_tile_registers())
    features |= TRIMTAB_CPU_AMX_BF16;
  return features;
}

static unsigned detect(void) {
  unsigned features = 0;
  __builtin_cpu_init();
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c"))
    features |= TRIMTAB_CPU_AVX2;
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    features |= TRIMTAB_CPU_AVX512;
  if (features & TRIMTAB_CPU_AVX512) features |= bfloat16_features();
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
