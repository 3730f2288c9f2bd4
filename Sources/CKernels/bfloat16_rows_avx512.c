#include "bfloat16_rows_kernels.h"

#if defined(__x86_64__)
#include <immintrin.h>

#include "cpu_target.h"
#include "quantized_kernels.h"

TRIMTAB_BEGIN_TARGET_AVX512_BF16
#include "quantized_decoders.inc"

// Elements of a row whose scales are made together: reading them as soon as they are written would wait for the
// memory, so the scales of a stretch come first, and then its weights. Sixteen outputs' sums and eight rows of x in
// such a stretch stay in the nearest cache.
enum { STRETCH = 1024, MOST_OUTPUTS = 16, MOST_UNITS = STRETCH / ARRANGED_UNIT, MOST_UNIT_BYTES = 512 };
// How far ahead of their use weights are asked for, at least.
enum { PREFETCHED_BYTES = 4096 };

// What a decoder works out beforehand for the blocks of a unit.
typedef struct { float value[16]; } unit_scales;

// A storage's decoder: units of 128 or 256 elements to four registers of bfloat16 for each 128.
typedef struct {
  size_t length, bytes;
  void (*prepare)(const void *unit, unit_scales *scales);
  void (*decode)(const void *unit, const unit_scales *scales, int part, __m512i w[4]);
} unit_format;

INLINE __m512i bfloat16s(__m512 low, __m512 high) { return (__m512i)_mm512_cvtne2ps_pbh(high, low); }

INLINE __m512 count_from(float first) {
  const __m512 lanes = _mm512_setr_ps(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return _mm512_add_ps(lanes, _mm512_set1_ps(first));
}

INLINE __m512i lane_words(short first, short second, short third, short fourth) {
  __m512i words = _mm512_castsi128_si512(_mm_set1_epi16(first));
  words = _mm512_inserti32x4(words, _mm_set1_epi16(second), 1);
  words = _mm512_inserti32x4(words, _mm_set1_epi16(third), 2);
  return _mm512_inserti32x4(words, _mm_set1_epi16(fourth), 3);
}

// (a & b) | c, and mask ? a : b.
INLINE __m512i and_or(__m512i a, __m512i b, __m512i c) { return _mm512_ternarylogic_epi32(a, b, c, 0xEA); }
INLINE __m512i select_bits(__m512i mask, __m512i a, __m512i b) { return _mm512_ternarylogic_epi32(mask, a, b, 0xCA); }

INLINE uint32_t load_32(const void *source) {
  uint32_t loaded;
  memcpy(&loaded, source, sizeof loaded);
  return loaded;
}

// Storages without a decoder of their own: blocks decoded to float32, then rounded.
INLINE void prepare_nothing(const void *unit, unit_scales *scales) {}

#define ROUNDED(type, block_length, unit_length)                                                                \
  INLINE void decode_##type##_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {       \
    floats decoded[(unit_length) / LANES];                                                                      \
    UNROLLED                                                                                                    \
    for (int i = 0; i < (unit_length) / (block_length); i++)                                                    \
      decode_##type((const block_##type *)unit + i, decoded + i * ((block_length) / LANES));                    \
    UNROLLED                                                                                                    \
    for (int i = 0; i < 4; i++)                                                                                 \
      w[i] = bfloat16s((__m512)decoded[part * 8 + i * 2], (__m512)decoded[part * 8 + i * 2 + 1]);               \
  }                                                                                                             \
  static const unit_format format_##type = {                                                                    \
      unit_length, (unit_length) / (block_length) * sizeof(block_##type), prepare_nothing, decode_##type##_unit};

ROUNDED(f32, 64, 128)
ROUNDED(f16, 64, 128)
ROUNDED(bf16, 64, 128)
ROUNDED(q5_1, 32, 128)
ROUNDED(q8_0, 32, 128)
ROUNDED(q2_K, 256, 256)
ROUNDED(q3_K, 256, 256)
ROUNDED(q5_K, 256, 256)

// The nibbles of four blocks through the four tables of their sixteen values each.
INLINE void look_up_blocks(__m512i nibbles, const __m512 values[4], __m512i w[4]) {
  __m512i low = bfloat16s(values[0], values[1]), high = bfloat16s(values[2], values[3]);
  UNROLLED
  for (int i = 0; i < 4; i++) {
    __m512i index = and_or(_mm512_srli_epi16(nibbles, 4 * i), _mm512_set1_epi16(15), lane_words(0, 16, 32, 48));
    w[i] = _mm512_permutex2var_epi16(low, index, high);
  }
}

INLINE __m512i load_lanes(const uint8_t *first, size_t stride) {
  __m512i lanes = _mm512_castsi128_si512(_mm_loadu_si128((const void *)first));
  lanes = _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(first + stride)), 1);
  lanes = _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(first + 2 * stride)), 2);
  return _mm512_inserti32x4(lanes, _mm_loadu_si128((const void *)(first + 3 * stride)), 3);
}

INLINE void store_scales(uint64_t first, uint64_t second, uint64_t third, uint64_t fourth, unit_scales *scales) {
  uint64_t halves = first | second << 16 | third << 32 | fourth << 48;
  _mm_storeu_ps(scales->value, _mm_cvtph_ps(_mm_cvtsi64_si128((long long)halves)));
}

INLINE void prepare_q4_0_unit(const void *unit, unit_scales *scales) {
  const block_q4_0 *block = unit;
  store_scales(block[0].scale, block[1].scale, block[2].scale, block[3].scale, scales);
}

INLINE void decode_q4_0_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {
  const block_q4_0 *block = unit;
  __m512 values[4];
  UNROLLED
  for (int i = 0; i < 4; i++) values[i] = _mm512_mul_ps(count_from(-8), _mm512_set1_ps(scales->value[i]));
  look_up_blocks(load_lanes(block->low, sizeof *block), values, w);
}

INLINE void prepare_q4_1_unit(const void *unit, unit_scales *scales) {
  const block_q4_1 *block = unit;
  __m128i halves = _mm_cvtsi32_si128((int)load_32(&block[0].scale));
  halves = _mm_insert_epi32(halves, (int)load_32(&block[1].scale), 1);
  halves = _mm_insert_epi32(halves, (int)load_32(&block[2].scale), 2);
  halves = _mm_insert_epi32(halves, (int)load_32(&block[3].scale), 3);
  _mm256_storeu_ps(scales->value, _mm256_cvtph_ps(halves));
}

INLINE void decode_q4_1_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {
  const block_q4_1 *block = unit;
  __m512 values[4];
  UNROLLED
  for (int i = 0; i < 4; i++) {
    values[i] = _mm512_mul_ps(count_from(0), _mm512_set1_ps(scales->value[2 * i]));
    values[i] = _mm512_add_ps(values[i], _mm512_set1_ps(scales->value[2 * i + 1]));
  }
  look_up_blocks(load_lanes(block->low, sizeof *block), values, w);
}

INLINE void prepare_q5_0_unit(const void *unit, unit_scales *scales) {
  const block_q5_0 *block = unit;
  store_scales(block[0].scale, block[1].scale, block[2].scale, block[3].scale, scales);
}

INLINE void decode_q5_0_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {
  const block_q5_0 *block = unit;
  UNROLLED
  for (int i = 0; i < 4; i++) {
    __m512 scale = _mm512_set1_ps(scales->value[i]);
    __m512i table = bfloat16s(_mm512_mul_ps(count_from(-16), scale), _mm512_mul_ps(count_from(0), scale));
    __m256i low = _mm256_broadcastsi128_si256(_mm_loadu_si128((const void *)block[i].low));
    low = _mm256_and_si256(_mm256_srlv_epi64(low, _mm256_setr_epi64x(0, 0, 4, 4)), _mm256_set1_epi8(15));
    __m512i index = _mm512_cvtepu8_epi16(low);
    index = _mm512_mask_add_epi16(index, load_32(block[i].high), index, _mm512_set1_epi16(16));
    w[i] = _mm512_permutexvar_epi16(index, table);
  }
}

// The scales of the eight groups, then their minima.
INLINE void prepare_q4_K_unit(const void *unit, unit_scales *scales) {
  const block_q4_K *block = unit;
  uint32_t a = load_32(block->scales), b = load_32(block->scales + 4), c = load_32(block->scales + 8);
  uint32_t high_scales = (c & 0x0F0F0F0F) | (a >> 2 & 0x30303030);
  uint32_t high_minima = (c >> 4 & 0x0F0F0F0F) | (b >> 2 & 0x30303030);
  uint64_t small_scales = (a & 0x3F3F3F3F) | (uint64_t)high_scales << 32;
  uint64_t small_minima = (b & 0x3F3F3F3F) | (uint64_t)high_minima << 32;
  __m128i both = _mm_set_epi64x((long long)small_minima, (long long)small_scales);
  __m512 small = _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(both));
  __m512 large = _mm512_castps128_ps512(_mm_cvtph_ps(_mm_cvtsi32_si128((int)load_32(&block->scale))));
  const __m512i halves = _mm512_setr_epi32(0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1);
  _mm512_storeu_ps(scales->value, _mm512_mul_ps(_mm512_permutexvar_ps(halves, large), small));
}

INLINE void decode_q4_K_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {
  const block_q4_K *block = unit;
  __m512i nibbles = _mm512_loadu_si512(block->low + 64 * part), tables[2];
  UNROLLED
  for (int i = 0; i < 2; i++) {
    __m512 values[2];
    UNROLLED
    for (int k = 0; k < 2; k++) {
      int group = 4 * part + 2 * k + i;
      values[k] = _mm512_mul_ps(count_from(0), _mm512_set1_ps(scales->value[group]));
      values[k] = _mm512_sub_ps(values[k], _mm512_set1_ps(scales->value[8 + group]));
    }
    tables[i] = bfloat16s(values[0], values[1]);
  }
  UNROLLED
  for (int i = 0; i < 4; i++) {
    __m512i index = and_or(_mm512_srli_epi16(nibbles, 4 * i), _mm512_set1_epi16(15), lane_words(0, 0, 16, 16));
    w[i] = _mm512_permutexvar_epi16(index, tables[i % 2]);
  }
}

INLINE void prepare_q6_K_unit(const void *unit, unit_scales *scales) {
  const block_q6_K *block = unit;
  __m512 small = _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128((const void *)block->scales)));
  __m512 large = _mm512_broadcastss_ps(_mm_cvtph_ps(_mm_cvtsi32_si128(block->scale)));
  _mm512_storeu_ps(scales->value, _mm512_mul_ps(large, small));
}

INLINE void decode_q6_K_unit(const void *unit, const unit_scales *scales, int part, __m512i w[4]) {
  const block_q6_K *block = unit;
  __m512i low = _mm512_loadu_si512(block->low + 64 * part);
  __m512i high = _mm512_broadcast_i64x4(_mm256_loadu_si256((const void *)(block->high + 32 * part)));
  __m512i up = _mm512_sllv_epi64(high, _mm512_setr_epi64(4, 4, 4, 4, 2, 2, 2, 2));
  __m512i down = _mm512_srlv_epi64(high, _mm512_setr_epi64(0, 0, 0, 0, 2, 2, 2, 2));
  const __m512i nibble = _mm512_set1_epi8(15);
  const __m512i fours = _mm512_setr_epi32(0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3);
  __m512i six_bits[2] = {
      select_bits(nibble, low, up), select_bits(nibble, _mm512_srli_epi16(low, 4), down)};
  // Small whole numbers are exact in bfloat16; the look-up reads no more than six bits of a word.
  __m512i below = bfloat16s(count_from(-32), count_from(-16)), above = bfloat16s(count_from(0), count_from(16));
  UNROLLED
  for (int i = 0; i < 4; i++) {
    __m512i words = i % 2 ? _mm512_srli_epi16(six_bits[i / 2], 8) : six_bits[i / 2];
    words = _mm512_permutex2var_epi16(below, words, above);
    __m512 even = _mm512_castsi512_ps(_mm512_slli_epi32(words, 16));
    __m512 odd = _mm512_castsi512_ps(_mm512_and_si512(words, _mm512_set1_epi32((int)0xFFFF0000)));
    __m512 scale = _mm512_castps128_ps512(_mm_loadu_ps(scales->value + 8 * part + 4 * (i / 2)));
    scale = _mm512_permutexvar_ps(fours, scale);
    w[i] = bfloat16s(_mm512_mul_ps(even, scale), _mm512_mul_ps(odd, scale));
  }
}

#define FORMAT(type, unit_length, blocks)                            \
  static const unit_format format_##type = {                         \
      unit_length, (blocks) * sizeof(block_##type), prepare_##type##_unit, decode_##type##_unit};

FORMAT(q4_0, 128, 4)
FORMAT(q4_1, 128, 4)
FORMAT(q5_0, 128, 4)
FORMAT(q4_K, 256, 1)
FORMAT(q6_K, 256, 1)

// `abreast` rows of weights, `units` units from `source` on, with `rows` rows of x; `format`, `rows` and `abreast` are
// constants, so that everything is inlined and the sums stay in registers.
INLINE void add_stretch(
    unit_format format, const int rows, const int abreast, const char *const source[4], size_t units,
    const uint16_t *x, const char *ahead, __m512 (*sums)[TRIMTAB_MULTIPLY_ROWS_LIMIT]) {
  unit_scales scales[MOST_UNITS][4];
#if defined(__clang__)
#pragma clang loop unroll(disable)
#endif
  for (size_t unit = 0; unit < units; unit++)
    for (int o = 0; o < abreast; o++) format.prepare(source[o] + unit * format.bytes, &scales[unit][o]);
  __m512 sum[4][TRIMTAB_MULTIPLY_ROWS_LIMIT];
  UNROLLED
  for (int o = 0; o < abreast; o++)
    UNROLLED
    for (int r = 0; r < rows; r++) sum[o][r] = sums[o][r];
  for (size_t unit = 0; unit < units; unit++, ahead += abreast * format.bytes)
    UNROLLED
    for (int part = 0; part < (int)(format.length / ARRANGED_UNIT); part++, x += rows * ARRANGED_UNIT) {
      UNROLLED
      for (size_t line = 64 * part; line < abreast * format.bytes; line += format.length / 2)
        _mm_prefetch(ahead + line, _MM_HINT_T0);
      __m512i w[4][4];
      UNROLLED
      for (int o = 0; o < abreast; o++)
        format.decode(source[o] + unit * format.bytes, &scales[unit][o], part, w[o]);
      UNROLLED
      for (int i = 0; i < 4; i++)
        UNROLLED
        for (int r = 0; r < rows; r++) {
          __m512i numbers = _mm512_load_si512(x + r * ARRANGED_UNIT + 32 * i);
          UNROLLED
          for (int o = 0; o < abreast; o++)
            sum[o][r] = _mm512_dpbf16_ps(sum[o][r], (__m512bh)w[o][i], (__m512bh)numbers);
        }
    }
  UNROLLED
  for (int o = 0; o < abreast; o++)
    UNROLLED
    for (int r = 0; r < rows; r++) sums[o][r] = sum[o][r];
}

// A tile of outputs goes along its rows stretch by stretch, so that x is read from the nearest cache.
INLINE void multiply(unit_format format, const int rows, const int abreast, const trimtab_row_product *product) {
  const size_t most = rows > 2 ? MOST_OUTPUTS : 4;
  size_t units = product->count / format.length, rest = product->row_bytes - units * format.bytes;
  for (size_t first = 0; first < product->outputs; first += most) {
    size_t outputs = product->outputs - first < most ? product->outputs - first : most;
    size_t tile_bytes = outputs * product->row_bytes;
    const char *tile = product->weights + first * product->row_bytes;
    const char *ahead = tile + (PREFETCHED_BYTES + tile_bytes - 1) / tile_bytes * tile_bytes;
    __m512 sums[MOST_OUTPUTS][TRIMTAB_MULTIPLY_ROWS_LIMIT];
    for (size_t o = 0; o < most; o++)
      for (int r = 0; r < rows; r++) sums[o][r] = _mm512_setzero_ps();
    const uint16_t *x = product->x;
    for (size_t done = 0, length; done < units + (rest > 0); done += length) {
      length = STRETCH / format.length;
      if (length > units - done) length = done < units ? units - done : 1;
      for (size_t o = 0; o < outputs; o += abreast, ahead += length * abreast * format.bytes) {
        const char *source[4];
        char padded[4][MOST_UNIT_BYTES];
        for (size_t k = 0; k < (size_t)abreast; k++) {
          // Behind the last row of weights that row comes again, for sums that nobody reads.
          size_t row = o + k < outputs ? o + k : outputs - 1;
          source[k] = tile + row * product->row_bytes + done * format.bytes;
          if (done == units) {
            memset(padded[k], 0, format.bytes);
            source[k] = memcpy(padded[k], source[k], rest);
          }
        }
        add_stretch(format, rows, abreast, source, length, x, ahead, sums + o);
      }
      x += length * format.length * rows;
    }
    for (int r = 0; r < rows; r++) {
      if ((size_t)r >= product->rows) break;
      float *y = product->y + r * product->y_stride + first;
      for (size_t o = 0; o < outputs; o++) {
        float sum = _mm512_reduce_add_ps(sums[o][r]);
        y[o] = product->adding ? y[o] + sum : sum;
      }
    }
  }
}

#define MULTIPLY(type)                                                          \
  static void multiply_##type(const trimtab_row_product *product) {             \
    switch (padded_rows(product->rows)) {                                       \
      case 1: multiply(format_##type, 1, 4, product); break;                    \
      case 2: multiply(format_##type, 2, 4, product); break;                    \
      case 4: multiply(format_##type, 4, 2, product); break;                    \
      default: multiply(format_##type, 8, 2, product);                          \
    }                                                                           \
  }

MULTIPLY(f32)
MULTIPLY(f16)
MULTIPLY(bf16)
MULTIPLY(q4_0)
MULTIPLY(q4_1)
MULTIPLY(q5_0)
MULTIPLY(q5_1)
MULTIPLY(q8_0)
MULTIPLY(q2_K)
MULTIPLY(q3_K)
MULTIPLY(q4_K)
MULTIPLY(q5_K)
MULTIPLY(q6_K)

void trimtab_bfloat16_rows_multiply_avx512(trimtab_storage storage, const trimtab_row_product *product) {
  static void (*const multiply_storage[])(const trimtab_row_product *) = EACH_STORAGE(multiply);
  multiply_storage[storage](product);
}

void trimtab_bfloat16_rows_arrange_avx512(
    const uint16_t order[ARRANGED_UNIT], const float *x, size_t rows, size_t x_stride, size_t count,
    uint16_t *arranged) {
  __m512i places[4];
  __mmask32 is_upper[4];
  for (int i = 0; i < 4; i++) {
    places[i] = _mm512_loadu_si512(order + 32 * i);
    is_upper[i] = _mm512_cmpge_epu16_mask(places[i], _mm512_set1_epi16(64));
  }
  for (size_t start = 0; start < count; start += ARRANGED_UNIT)
    for (size_t row = 0; row < padded_rows(rows); row++, arranged += ARRANGED_UNIT) {
      __m512i plain[4];
      for (int i = 0; i < 4; i++) {
        __m512 halves[2];
        for (int k = 0; k < 2; k++) {
          size_t from = start + 32 * i + 16 * k;
          size_t left = row < rows && from < count ? count - from : 0;
          __mmask16 present = left >= 16 ? 0xFFFF : (__mmask16)((1u << left) - 1);
          halves[k] = _mm512_maskz_loadu_ps(present, x + (left ? row * x_stride + from : 0));
        }
        plain[i] = bfloat16s(halves[0], halves[1]);
      }
      for (int i = 0; i < 4; i++) {
        __m512i lower = _mm512_permutex2var_epi16(plain[0], places[i], plain[1]);
        __m512i upper = _mm512_permutex2var_epi16(plain[2], places[i], plain[3]);
        _mm512_store_si512(arranged + 32 * i, _mm512_mask_blend_epi16(is_upper[i], lower, upper));
      }
    }
}
TRIMTAB_END_TARGET
#endif
