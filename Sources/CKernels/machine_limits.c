#include "machine_limits.h"

#include "cpu.h"

// Sums that don't wait for each other: enough to hide the latency of every multiply-add unit there is.
enum { SUMS = 12 };

// The compiler sees neither what a value was before nor whether anybody reads it afterwards.
#if defined(__x86_64__)
#define OPAQUE6(v, i)                                                                              \
  __asm__ volatile("" : "+x"(v[i]), "+x"(v[i + 1]), "+x"(v[i + 2]), "+x"(v[i + 3]), "+x"(v[i + 4]), \
                   "+x"(v[i + 5]))
#else
#define OPAQUE6(v, i)                                                                              \
  __asm__ volatile("" : "+w"(v[i]), "+w"(v[i + 1]), "+w"(v[i + 2]), "+w"(v[i + 3]), "+w"(v[i + 4]), \
                   "+w"(v[i + 5]))
#endif

// `rounds` times every sum gets `step`, an expression of sum `i` and of two factors that the compiler doesn't know.
#define WORK(Lanes, step)                          \
  Lanes sums[SUMS] = {{0}}, factors[6] = {{0}};    \
  OPAQUE6(factors, 0);                             \
  for (size_t round = 0; round < rounds; round++) { \
    for (int i = 0; i < SUMS; i++) step;           \
    OPAQUE6(sums, 0);                              \
    OPAQUE6(sums, 6);                              \
  }

#define WORK_FLOAT32(Lanes)                                 \
  WORK(Lanes, sums[i] += factors[0] * factors[1])           \
  return 2.0 * SUMS * (sizeof(Lanes) / sizeof(float)) * (double)rounds;

// READ: the exclusive or of all words, eight vectors at a time.
#define READ(Words)                                                                     \
  Words part[8] = {{0}};                                                                \
  for (size_t at = 0; at < count; at += sizeof part)                                    \
    for (int i = 0; i < 8; i++) part[i] ^= *(const Words *)((const char *)bytes + at + i * sizeof(Words)); \
  for (int i = 1; i < 8; i++) part[0] ^= part[i];                                       \
  uint64_t all = 0;                                                                     \
  for (size_t i = 0; i < sizeof(Words) / 8; i++) all ^= part[0][i];                     \
  return all;

typedef float Float4 __attribute__((vector_size(16)));
typedef uint64_t Words2 __attribute__((vector_size(16)));

static double work_float32(size_t rounds) { WORK_FLOAT32(Float4) }
static uint64_t read_memory(const void *bytes, size_t count) { READ(Words2) }

#if defined(__x86_64__)
#include <immintrin.h>

typedef float Float8 __attribute__((vector_size(32)));
typedef float Float16 __attribute__((vector_size(64)));
typedef uint64_t Words4 __attribute__((vector_size(32)));
typedef uint64_t Words8 __attribute__((vector_size(64)));

__attribute__((target("avx2,fma"))) static double work_float32_avx2(size_t rounds) { WORK_FLOAT32(Float8) }
__attribute__((target("avx512f,fma"))) static double work_float32_avx512(size_t rounds) { WORK_FLOAT32(Float16) }
__attribute__((target("avx2"))) static uint64_t read_memory_avx2(const void *bytes, size_t count) { READ(Words4) }
__attribute__((target("avx512f"))) static uint64_t read_memory_avx512(const void *bytes, size_t count) {
  READ(Words8)
}

__attribute__((target("avx512f,avx512bf16"))) static double work_bfloat16_avx512(size_t rounds) {
  WORK(__m512, sums[i] = _mm512_dpbf16_ps(sums[i], (__m512bh)factors[0], (__m512bh)factors[1]))
  return 2.0 * SUMS * 32 * (double)rounds;
}

__attribute__((target("amx-tile,amx-bf16,avx512f"))) static double work_bfloat16_amx(size_t rounds) {
  // Eight full tiles: sums in the first four, factors in the others.
  _Alignas(64) uint8_t configuration[64] = {1};
  for (int tile = 0; tile < 8; tile++) {
    configuration[16 + 2 * tile] = 64;
    configuration[48 + tile] = 16;
  }
  // GCC drops the stores before the load unless they are asked for.
  __asm__ volatile("" : : "r"(configuration) : "memory");
  _tile_loadconfig(configuration);
  for (size_t round = 0; round < rounds; round++) {
    _tile_dpbf16ps(0, 4, 6);
    _tile_dpbf16ps(1, 4, 7);
    _tile_dpbf16ps(2, 5, 6);
    _tile_dpbf16ps(3, 5, 7);
  }
  return 2.0 * 4 * 16 * 16 * 32 * (double)rounds;
}

double trimtab_work_bfloat16(size_t rounds) {
  unsigned features = trimtab_cpu_features();
  if (features & TRIMTAB_CPU_AMX_BF16) return work_bfloat16_amx(rounds);
  return features & TRIMTAB_CPU_AVX512_BF16 ? work_bfloat16_avx512(rounds) : 0;
}

double trimtab_work_float32(size_t rounds) {
  unsigned features = trimtab_cpu_features();
  if (features & TRIMTAB_CPU_AVX512) return work_float32_avx512(rounds);
  return features & TRIMTAB_CPU_AVX2 ? work_float32_avx2(rounds) : work_float32(rounds);
}

uint64_t trimtab_read_memory(const void *bytes, size_t count) {
  unsigned features = trimtab_cpu_features();
  if (features & TRIMTAB_CPU_AVX512) return read_memory_avx512(bytes, count);
  return features & TRIMTAB_CPU_AVX2 ? read_memory_avx2(bytes, count) : read_memory(bytes, count);
}
#else
double trimtab_work_bfloat16(size_t rounds) {
  (void)rounds;
  return 0;
}

double trimtab_work_float32(size_t rounds) { return work_float32(rounds); }

uint64_t trimtab_read_memory(const void *bytes, size_t count) { return read_memory(bytes, count); }
#endif
