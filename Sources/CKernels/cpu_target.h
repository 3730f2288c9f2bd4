// Compiles what lies between a BEGIN and the END for an instruction set beyond the baseline (SwiftPM has no
// flags for single files).
#pragma once

#define TRIMTAB_PRAGMA(text) _Pragma(#text)
#if defined(__clang__)
#define TRIMTAB_BEGIN_TARGET(features) \
  TRIMTAB_PRAGMA(clang attribute push(__attribute__((target(features))), apply_to = function))
#define TRIMTAB_END_TARGET TRIMTAB_PRAGMA(clang attribute pop)
#else
#define TRIMTAB_BEGIN_TARGET(features) TRIMTAB_PRAGMA(GCC push_options) TRIMTAB_PRAGMA(GCC target(features))
#define TRIMTAB_END_TARGET TRIMTAB_PRAGMA(GCC pop_options)
#endif

#define TRIMTAB_BEGIN_TARGET_AVX2 TRIMTAB_BEGIN_TARGET("avx2,fma,f16c")
#define TRIMTAB_BEGIN_TARGET_AVX512 \
  TRIMTAB_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl")
#define TRIMTAB_BEGIN_TARGET_AVX512_BF16 \
  TRIMTAB_BEGIN_TARGET("avx2,fma,f16c,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
