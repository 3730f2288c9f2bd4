#include "elementwise.h"

#include "hash.h"
#include "variants.h"

// MARK: - Sums and scales

KERNEL_BODY trimtab_sum_body(float *z, const float *x, const float *y, size_t count, enum InstructionSet set) {
  (void)set;
  for (size_t i = 0; i < count; i++) z[i] = x[i] + y[i];
}

KERNEL(trimtab_sum, (float *z, const float *x, const float *y, size_t count), z, x, y, count)

void trimtab_sum_reference(float *z, const float *x, const float *y, size_t count) {
  for (size_t i = 0; i < count; i++) z[i] = x[i] + y[i];
}

KERNEL_BODY trimtab_scale_body(float *y, bool adding, const float *x, float scale, size_t count,
                               enum InstructionSet set) {
  (void)set;
  if (adding)
    for (size_t i = 0; i < count; i++) y[i] += scale * x[i];
  else
    for (size_t i = 0; i < count; i++) y[i] = scale * x[i];
}

KERNEL(trimtab_scale, (float *y, bool adding, const float *x, float scale, size_t count), y, adding, x, scale,
       count)

void trimtab_scale_reference(float *y, bool adding, const float *x, float scale, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = (float)((adding ? y[i] : 0.0) + (double)scale * x[i]);
}

// MARK: - Biases

KERNEL_BODY trimtab_add_bias_body(float *restrict y, const float *restrict bias, size_t rows, size_t columns,
                                  enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, y += columns)
    for (size_t c = 0; c < columns; c++) y[c] += bias[c];
}

KERNEL(trimtab_add_bias, (float *y, const float *bias, size_t rows, size_t columns), y, bias, rows, columns)

void trimtab_add_bias_reference(float *y, const float *bias, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows * columns; i++) y[i] += bias[i % columns];
}

KERNEL_BODY trimtab_column_sums_body(float *restrict sums, bool adding, const float *restrict x, size_t rows,
                                     size_t columns, size_t stride, enum InstructionSet set) {
  (void)set;
  if (!adding)
    for (size_t c = 0; c < columns; c++) sums[c] = 0;
  for (size_t row = 0; row < rows; row++, x += stride)
    for (size_t c = 0; c < columns; c++) sums[c] += x[c];
}

KERNEL(trimtab_column_sums,
       (float *sums, bool adding, const float *x, size_t rows, size_t columns, size_t stride), sums, adding, x,
       rows, columns, stride)

void trimtab_column_sums_reference(float *sums, bool adding, const float *x, size_t rows, size_t columns,
                                   size_t stride) {
  for (size_t c = 0; c < columns; c++) {
    double sum = adding ? sums[c] : 0;
    for (size_t row = 0; row < rows; row++) sum += x[row * stride + c];
    sums[c] = (float)sum;
  }
}

// MARK: - Dropout

static inline uint32_t drop_threshold(float rate) {
  double bits = (double)rate * 4294967296.0;
  return bits >= 4294967295.0 ? UINT32_MAX : (uint32_t)bits;
}

KERNEL_BODY trimtab_dropout_body(float *y, bool adding, const float *x, size_t count, float rate, uint64_t key,
                                 uint64_t first, enum InstructionSet set) {
  (void)set;
  uint32_t threshold = drop_threshold(rate);
  float scale = 1 / (1 - rate);
  if (adding)
    for (size_t i = 0; i < count; i++)
      y[i] += random_bits(key, first + i) >= threshold ? x[i] * scale : 0;
  else
    for (size_t i = 0; i < count; i++) y[i] = random_bits(key, first + i) >= threshold ? x[i] * scale : 0;
}

KERNEL(trimtab_dropout,
       (float *y, bool adding, const float *x, size_t count, float rate, uint64_t key, uint64_t first), y, adding,
       x, count, rate, key, first)

void trimtab_dropout_reference(float *y, bool adding, const float *x, size_t count, float rate, uint64_t key,
                               uint64_t first) {
  for (size_t i = 0; i < count; i++) {
    float kept = random_bits(key, first + i) >= drop_threshold(rate) ? x[i] * (1 / (1 - rate)) : 0;
    y[i] = adding ? y[i] + kept : kept;
  }
}
