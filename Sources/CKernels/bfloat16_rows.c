#include "bfloat16_rows.h"

#include "bfloat16_rows_kernels.h"
#include "convert_scalar.h"
#include "cpu.h"
#include "quantized_kernels.h"

// Which element of 128 stands where, in four registers of 32. Nibbles are taken out of 16-bit words: first the
// lowest nibble of each word, then the next ones.
#define EVERY_4(first) (first), (first) + 4, (first) + 8, (first) + 12
#define EVERY_2(first) (first), (first) + 2, (first) + 4, (first) + 6
#define SIXTEEN(every, step, first) \
  every(first), every((first) + 4 * (step)), every((first) + 8 * (step)), every((first) + 12 * (step))
#define EIGHT(first) EVERY_2(first), EVERY_2((first) + 8)
#define BLOCKS(first) EIGHT(first), EIGHT((first) + 32), EIGHT((first) + 64), EIGHT((first) + 96)
#define GROUPS(first) SIXTEEN(EVERY_2, 2, first), SIXTEEN(EVERY_2, 2, (first) + 64)
#define PAIRS(first) SIXTEEN(EVERY_4, 4, first), SIXTEEN(EVERY_4, 4, (first) + 2)
#define ROW(first) SIXTEEN(ONE_AFTER_ANOTHER, 1, first), SIXTEEN(ONE_AFTER_ANOTHER, 1, (first) + 16)
#define ONE_AFTER_ANOTHER(first) (first), (first) + 1, (first) + 2, (first) + 3

enum { ORDER_NATURAL, ORDER_BLOCKS, ORDER_GROUPS, ORDER_PAIRS };
static const uint16_t orders[][ARRANGED_UNIT] = {
    [ORDER_NATURAL] = {ROW(0), ROW(32), ROW(64), ROW(96)},
    // Four blocks of 32, whose low nibbles are elements 0 … 15.
    [ORDER_BLOCKS] = {BLOCKS(0), BLOCKS(16), BLOCKS(1), BLOCKS(17)},
    // Two pairs of groups of 32, the first of a pair in the low nibbles.
    [ORDER_GROUPS] = {GROUPS(0), GROUPS(32), GROUPS(1), GROUPS(33)},
    // Bytes in the order of the elements, taken apart as words and these as halves of pairs.
    [ORDER_PAIRS] = {PAIRS(0), PAIRS(1), PAIRS(64), PAIRS(65)},
};

unsigned trimtab_bfloat16_rows_order(trimtab_storage storage) {
  switch (storage) {
    case TRIMTAB_Q4_0:
    case TRIMTAB_Q4_1: return ORDER_BLOCKS;
    case TRIMTAB_Q4_K: return ORDER_GROUPS;
    case TRIMTAB_Q6_K: return ORDER_PAIRS;
    default: return ORDER_NATURAL;
  }
}

bool trimtab_bfloat16_rows_served(void) {
#if defined(__x86_64__)
  return trimtab_cpu_features() & TRIMTAB_CPU_AVX512_BF16;
#else
  return false;
#endif
}

size_t trimtab_bfloat16_rows_length(size_t rows, size_t count) {
  return padded_rows(rows) * ((count + ARRANGED_UNIT - 1) / ARRANGED_UNIT) * ARRANGED_UNIT;
}

void trimtab_bfloat16_rows_arrange(
    trimtab_storage storage, const float *x, size_t rows, size_t x_stride, size_t count, uint16_t *arranged) {
#if defined(__x86_64__)
  const uint16_t *order = orders[trimtab_bfloat16_rows_order(storage)];
  trimtab_bfloat16_rows_arrange_avx512(order, x, rows, x_stride, count, arranged);
#endif
}

void trimtab_bfloat16_rows_multiply(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const uint16_t *arranged,
    size_t rows, float *y, size_t y_stride, bool adding) {
#if defined(__x86_64__)
  trimtab_row_product product = {
      .weights = weights, .outputs = outputs, .count = count, .row_bytes = trimtab_row_bytes(storage, count),
      .x = arranged, .rows = rows, .y = y, .y_stride = y_stride, .adding = adding};
  trimtab_bfloat16_rows_multiply_avx512(storage, &product);
#endif
}

void trimtab_bfloat16_rows_reference(
    trimtab_storage storage, const void *weights, size_t outputs, size_t count, const float *x, size_t rows,
    size_t x_stride, float *y, size_t y_stride, bool adding) {
  // A whole number of every storage's blocks.
  enum { STRETCH = 256 };
  uint16_t decoded[STRETCH];
  for (size_t w = 0; w < outputs; w++) {
    const char *row = (const char *)weights + w * trimtab_row_bytes(storage, count);
    float sums[TRIMTAB_MULTIPLY_ROWS_LIMIT] = {0};
    for (size_t start = 0; start < count; start += STRETCH) {
      size_t length = count - start < STRETCH ? count - start : STRETCH;
      trimtab_dequantize_to_bfloat16(storage, row + trimtab_row_bytes(storage, start), decoded, length);
      for (size_t r = 0; r < rows; r++)
        for (size_t i = 0; i < length; i++)
          sums[r] += float32_from_bfloat16(decoded[i]) *
                     float32_from_bfloat16(bfloat16_from_float32(x[r * x_stride + start + i]));
    }
    for (size_t r = 0; r < rows; r++) y[r * y_stride + w] = sums[r] + (adding ? y[r * y_stride + w] : 0);
  }
}
