#pragma once
// One kernel body, compiled for several instruction sets; which one runs is settled once, by the machine.

#include "cpu.h"

/// What a body is compiled for, from the least.
enum InstructionSet { INSTRUCTIONS_PLAIN, INSTRUCTIONS_AVX2, INSTRUCTIONS_AVX512 };

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define KERNEL_BODY ALWAYS_INLINE void

#if defined(__x86_64__)
#define TARGET_AVX512 __attribute__((target("avx512f,avx512bw,avx512dq,avx512vl,avx2,fma")))
#define TARGET_AVX2 __attribute__((target("avx2,fma")))

/// Defines `name` from `name##_body`, which takes one argument more: the instruction set, as a constant.
#define KERNEL(name, parameters, ...)                                                            \
  TARGET_AVX512 static void name##_avx512 parameters { name##_body(__VA_ARGS__, INSTRUCTIONS_AVX512); } \
  TARGET_AVX2 static void name##_avx2 parameters { name##_body(__VA_ARGS__, INSTRUCTIONS_AVX2); }       \
  static void name##_plain parameters { name##_body(__VA_ARGS__, INSTRUCTIONS_PLAIN); }                 \
  void name parameters {                                                                                \
    unsigned features = trimtab_cpu_features();                                                         \
    if (features & TRIMTAB_CPU_AVX512) name##_avx512(__VA_ARGS__);                                      \
    else if (features & TRIMTAB_CPU_AVX2) name##_avx2(__VA_ARGS__);                                     \
    else name##_plain(__VA_ARGS__);                                                                     \
  }
#else
#define KERNEL(name, parameters, ...) \
  void name parameters { name##_body(__VA_ARGS__, INSTRUCTIONS_PLAIN); }
#endif

// Inside a block: sums may be taken in lanes, so that reductions vectorise. The order is fixed when compiled.
#if defined(__clang__)
#define SUMS_IN_LANES _Pragma("clang fp reassociate(on)")
#else
#define SUMS_IN_LANES
#endif
