#include "elementwise.h"

#include "element_blocks.h"
#include "hash.h"
#include "variants.h"

// MARK: - Sums and scales

KERNEL_BODY trimtab_sum_body(trimtab_elements z, trimtab_elements x, trimtab_elements y, size_t count,
                             enum InstructionSet set) {
  (void)set;
  float rooms[3][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    const float *a = opened(x, first, length, rooms[0]), *b = opened(y, first, length, rooms[1]);
    float *c = begun(z, first, length, false, rooms[2]);
    for (size_t i = 0; i < length; i++) c[i] = a[i] + b[i];
    closed(z, first, length, c);
  }
}

KERNEL(trimtab_sum, (trimtab_elements z, trimtab_elements x, trimtab_elements y, size_t count), z, x, y, count)

void trimtab_sum_reference(trimtab_elements z, trimtab_elements x, trimtab_elements y, size_t count) {
  for (size_t i = 0; i < count; i++) set_element(z, i, element(x, i) + element(y, i));
}

KERNEL_BODY trimtab_scale_body(trimtab_elements y, bool adding, trimtab_elements x, float scale, size_t count,
                               enum InstructionSet set) {
  (void)set;
  float rooms[2][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    const float *from = opened(x, first, length, rooms[0]);
    float *to = begun(y, first, length, adding, rooms[1]);
    if (adding)
      for (size_t i = 0; i < length; i++) to[i] += scale * from[i];
    else
      for (size_t i = 0; i < length; i++) to[i] = scale * from[i];
    closed(y, first, length, to);
  }
}

KERNEL(trimtab_scale, (trimtab_elements y, bool adding, trimtab_elements x, float scale, size_t count), y, adding,
       x, scale, count)

void trimtab_scale_reference(trimtab_elements y, bool adding, trimtab_elements x, float scale, size_t count) {
  for (size_t i = 0; i < count; i++)
    set_element(y, i, (float)((adding ? element(y, i) : 0.0) + (double)scale * element(x, i)));
}

// MARK: - Biases

KERNEL_BODY trimtab_add_bias_body(trimtab_elements y, const float *restrict bias, size_t rows, size_t columns,
                                  enum InstructionSet set) {
  (void)set;
  float room[ELEMENT_BLOCK];
  for (size_t row = 0; row < rows; row++)
    for (size_t first = 0; first < columns; first += ELEMENT_BLOCK) {
      size_t length = block_length(first, columns), at = row * columns + first;
      float *to = begun(y, at, length, true, room);
      for (size_t c = 0; c < length; c++) to[c] += bias[first + c];
      closed(y, at, length, to);
    }
}

KERNEL(trimtab_add_bias, (trimtab_elements y, const float *bias, size_t rows, size_t columns), y, bias, rows,
       columns)

void trimtab_add_bias_reference(trimtab_elements y, const float *bias, size_t rows, size_t columns) {
  for (size_t i = 0; i < rows * columns; i++) set_element(y, i, element(y, i) + bias[i % columns]);
}

KERNEL_BODY trimtab_column_sums_body(float *restrict sums, bool adding, trimtab_elements x, size_t rows,
                                     size_t columns, size_t stride, enum InstructionSet set) {
  (void)set;
  float room[ELEMENT_BLOCK];
  if (!adding)
    for (size_t c = 0; c < columns; c++) sums[c] = 0;
  for (size_t row = 0; row < rows; row++)
    for (size_t first = 0; first < columns; first += ELEMENT_BLOCK) {
      size_t length = block_length(first, columns);
      const float *from = opened(x, row * stride + first, length, room);
      for (size_t c = 0; c < length; c++) sums[first + c] += from[c];
    }
}

KERNEL(trimtab_column_sums,
       (float *sums, bool adding, trimtab_elements x, size_t rows, size_t columns, size_t stride), sums, adding, x,
       rows, columns, stride)

void trimtab_column_sums_reference(float *sums, bool adding, trimtab_elements x, size_t rows, size_t columns,
                                   size_t stride) {
  for (size_t c = 0; c < columns; c++) {
    double sum = adding ? sums[c] : 0;
    for (size_t row = 0; row < rows; row++) sum += element(x, row * stride + c);
    sums[c] = (float)sum;
  }
}

// MARK: - Dropout

static inline uint32_t drop_threshold(float rate) {
  double bits = (double)rate * 4294967296.0;
  return bits >= 4294967295.0 ? UINT32_MAX : (uint32_t)bits;
}

KERNEL_BODY trimtab_dropout_body(trimtab_elements y, bool adding, trimtab_elements x, size_t count, float rate,
                                 uint64_t key, uint64_t first, enum InstructionSet set) {
  (void)set;
  uint32_t threshold = drop_threshold(rate);
  float scale = 1 / (1 - rate), rooms[2][ELEMENT_BLOCK];
  for (size_t start = 0; start < count; start += ELEMENT_BLOCK) {
    size_t length = block_length(start, count);
    uint64_t number = first + start;
    const float *from = opened(x, start, length, rooms[0]);
    float *to = begun(y, start, length, adding, rooms[1]);
    if (adding)
      for (size_t i = 0; i < length; i++)
        to[i] += random_bits(key, number + i) >= threshold ? from[i] * scale : 0;
    else
      for (size_t i = 0; i < length; i++)
        to[i] = random_bits(key, number + i) >= threshold ? from[i] * scale : 0;
    closed(y, start, length, to);
  }
}

KERNEL(trimtab_dropout,
       (trimtab_elements y, bool adding, trimtab_elements x, size_t count, float rate, uint64_t key,
        uint64_t first),
       y, adding, x, count, rate, key, first)

void trimtab_dropout_reference(trimtab_elements y, bool adding, trimtab_elements x, size_t count, float rate,
                               uint64_t key, uint64_t first) {
  for (size_t i = 0; i < count; i++) {
    float kept = random_bits(key, first + i) >= drop_threshold(rate) ? element(x, i) * (1 / (1 - rate)) : 0;
    set_element(y, i, adding ? element(y, i) + kept : kept);
  }
}
