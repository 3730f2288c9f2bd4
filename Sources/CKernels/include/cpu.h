#pragma once

/// Instruction sets that kernels are written for; a set of bits.
typedef enum trimtab_cpu_feature {
  TRIMTAB_CPU_NEON = 1 << 0,
  /// AVX2 with FMA and half-precision conversions.
  TRIMTAB_CPU_AVX2 = 1 << 1,
  /// AVX-512 F, BW, DQ and VL.
  TRIMTAB_CPU_AVX512 = 1 << 2,
  /// AVX-512's products of bfloat16 pairs.
  TRIMTAB_CPU_AVX512_BF16 = 1 << 3,
  /// AMX's products of bfloat16 tiles, and the system's leave to use its registers.
  TRIMTAB_CPU_AMX_BF16 = 1 << 4,
} trimtab_cpu_feature;

/// What this machine has, as bits of `trimtab_cpu_feature`; found once.
unsigned trimtab_cpu_features(void);

/// Tells the processor that a loop is only waiting.
static inline void trimtab_cpu_relax(void) {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}
