#include "normalization.h"

#include <math.h>
#include <string.h>

#include "element_blocks.h"
#include "variants.h"

/// How much of a row is worked on at once: all of it, unless some of it must be widened.
ALWAYS_INLINE size_t row_block(bool is_widened, size_t columns) { return is_widened ? ELEMENT_BLOCK : columns; }

// MARK: - Root-mean-square norm

KERNEL_BODY trimtab_rms_norm_forward_body(trimtab_elements y, float *restrict inverse, trimtab_elements x,
                                          const float *restrict gain, size_t rows, size_t columns, float epsilon,
                                          float offset, enum InstructionSet set) {
  (void)set;
  float rooms[2][ELEMENT_BLOCK];
  size_t block = row_block(x.is_bfloat16 || y.is_bfloat16, columns);
  for (size_t row = 0; row < rows; row++) {
    SUMS_IN_LANES
    float squares = 0;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block;
      const float *restrict from = opened(x, row * columns + first, length, rooms[0]);
      for (size_t c = 0; c < length; c++) squares += from[c] * from[c];
    }
    float r = 1 / sqrtf(squares / (float)columns + epsilon);
    inverse[row] = r;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      const float *restrict from = opened(x, at, length, rooms[0]);
      float *restrict to = begun(y, at, length, false, rooms[1]);
      for (size_t c = 0; c < length; c++) to[c] = from[c] * r * (gain[first + c] + offset);
      closed(y, at, length, to);
    }
  }
}

KERNEL(trimtab_rms_norm_forward,
       (trimtab_elements y, float *inverse, trimtab_elements x, const float *gain, size_t rows, size_t columns,
        float epsilon, float offset),
       y, inverse, x, gain, rows, columns, epsilon, offset)

void trimtab_rms_norm_forward_reference(trimtab_elements y, float *inverse, trimtab_elements x, const float *gain,
                                        size_t rows, size_t columns, float epsilon, float offset) {
  for (size_t row = 0; row < rows; row++) {
    double squares = 0;
    for (size_t c = 0; c < columns; c++) {
      double value = element(x, row * columns + c);
      squares += value * value;
    }
    double r = 1 / sqrt(squares / (double)columns + epsilon);
    inverse[row] = (float)r;
    for (size_t c = 0; c < columns; c++)
      set_element(y, row * columns + c, (float)(element(x, row * columns + c) * r * ((double)gain[c] + offset)));
  }
}

/// Σ gain·dy·x over part of a row, and d_gain += dy·x·r. Pointers are parameters, which is where compilers heed
/// `restrict`.
ALWAYS_INLINE float rms_norm_dot(float *restrict d_gain, const float *restrict dy, const float *restrict x, float r,
                                 const float *restrict gain, float offset, size_t count) {
  SUMS_IN_LANES
  float dot = 0;
  if (d_gain)
    for (size_t c = 0; c < count; c++) d_gain[c] += dy[c] * (x[c] * r);
  for (size_t c = 0; c < count; c++) dot += (gain[c] + offset) * dy[c] * x[c];
  return dot;
}

/// dx (+)= r·gain·dy - pull·x over part of a row.
ALWAYS_INLINE void rms_norm_slope(float *restrict dx, bool adding, const float *restrict dy, const float *restrict x,
                                  float r, float pull, const float *restrict gain, float offset, size_t count) {
  if (adding)
    for (size_t c = 0; c < count; c++) dx[c] += r * (gain[c] + offset) * dy[c] - pull * x[c];
  else
    for (size_t c = 0; c < count; c++) dx[c] = r * (gain[c] + offset) * dy[c] - pull * x[c];
}

KERNEL_BODY trimtab_rms_norm_backward_body(trimtab_elements dx, bool adding, float *restrict d_gain,
                                           trimtab_elements dy, trimtab_elements x, const float *restrict inverse,
                                           const float *restrict gain, size_t rows, size_t columns, float offset,
                                           enum InstructionSet set) {
  (void)set;
  float rooms[3][ELEMENT_BLOCK];
  size_t block = row_block(x.is_bfloat16 || dy.is_bfloat16 || dx.is_bfloat16, columns);
  if (d_gain) memset(d_gain, 0, columns * sizeof *d_gain);
  for (size_t row = 0; row < rows; row++) {
    float r = inverse[row], dot = 0;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      dot += rms_norm_dot(d_gain ? d_gain + first : 0, opened(dy, at, length, rooms[1]),
                          opened(x, at, length, rooms[0]), r, gain + first, offset, length);
    }
    if (!dx.first) continue;
    float pull = r * r * r * dot / (float)columns;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      float *to = begun(dx, at, length, adding, rooms[2]);
      rms_norm_slope(to, adding, opened(dy, at, length, rooms[1]), opened(x, at, length, rooms[0]), r, pull,
                     gain + first, offset, length);
      closed(dx, at, length, to);
    }
  }
}

KERNEL(trimtab_rms_norm_backward,
       (trimtab_elements dx, bool adding, float *d_gain, trimtab_elements dy, trimtab_elements x,
        const float *inverse, const float *gain, size_t rows, size_t columns, float offset),
       dx, adding, d_gain, dy, x, inverse, gain, rows, columns, offset)

void trimtab_rms_norm_backward_reference(trimtab_elements dx, bool adding, float *d_gain, trimtab_elements dy,
                                         trimtab_elements x, const float *inverse, const float *gain, size_t rows,
                                         size_t columns, float offset) {
  for (size_t c = 0; d_gain && c < columns; c++) {
    double sum = 0;
    for (size_t row = 0; row < rows; row++) {
      size_t i = row * columns + c;
      sum += (double)element(dy, i) * element(x, i) * inverse[row];
    }
    d_gain[c] = (float)sum;
  }
  for (size_t row = 0; dx.first && row < rows; row++) {
    double r = inverse[row], dot = 0;
    for (size_t c = 0; c < columns; c++)
      dot += ((double)gain[c] + offset) * element(dy, row * columns + c) * element(x, row * columns + c);
    for (size_t c = 0; c < columns; c++) {
      size_t i = row * columns + c;
      double d = r * ((double)gain[c] + offset) * element(dy, i) - r * r * r * dot / (double)columns * element(x, i);
      set_element(dx, i, (float)(adding ? element(dx, i) + d : d));
    }
  }
}

// MARK: - Layer norm

KERNEL_BODY trimtab_layer_norm_forward_body(trimtab_elements y, float *restrict statistics, trimtab_elements x,
                                            const float *restrict gain, const float *restrict bias, size_t rows,
                                            size_t columns, float epsilon, enum InstructionSet set) {
  (void)set;
  float rooms[2][ELEMENT_BLOCK];
  size_t block = row_block(x.is_bfloat16 || y.is_bfloat16, columns);
  for (size_t row = 0; row < rows; row++) {
    SUMS_IN_LANES
    float sum = 0, squares = 0;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block;
      const float *restrict from = opened(x, row * columns + first, length, rooms[0]);
      for (size_t c = 0; c < length; c++) sum += from[c];
    }
    float mean = sum / (float)columns;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block;
      const float *restrict from = opened(x, row * columns + first, length, rooms[0]);
      for (size_t c = 0; c < length; c++) squares += (from[c] - mean) * (from[c] - mean);
    }
    float r = 1 / sqrtf(squares / (float)columns + epsilon);
    statistics[2 * row] = mean;
    statistics[2 * row + 1] = r;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      const float *restrict from = opened(x, at, length, rooms[0]), *restrict g = gain + first;
      float *restrict to = begun(y, at, length, false, rooms[1]);
      if (bias)
        for (size_t c = 0; c < length; c++) to[c] = (from[c] - mean) * r * g[c] + bias[first + c];
      else
        for (size_t c = 0; c < length; c++) to[c] = (from[c] - mean) * r * g[c];
      closed(y, at, length, to);
    }
  }
}

KERNEL(trimtab_layer_norm_forward,
       (trimtab_elements y, float *statistics, trimtab_elements x, const float *gain, const float *bias,
        size_t rows, size_t columns, float epsilon),
       y, statistics, x, gain, bias, rows, columns, epsilon)

void trimtab_layer_norm_forward_reference(trimtab_elements y, float *statistics, trimtab_elements x,
                                          const float *gain, const float *bias, size_t rows, size_t columns,
                                          float epsilon) {
  for (size_t row = 0, first = 0; row < rows; row++, first += columns) {
    double sum = 0, squares = 0;
    for (size_t c = 0; c < columns; c++) sum += element(x, first + c);
    double mean = sum / (double)columns;
    for (size_t c = 0; c < columns; c++) squares += (element(x, first + c) - mean) * (element(x, first + c) - mean);
    double r = 1 / sqrt(squares / (double)columns + epsilon);
    statistics[2 * row] = (float)mean;
    statistics[2 * row + 1] = (float)r;
    for (size_t c = 0; c < columns; c++)
      set_element(y, first + c, (float)((element(x, first + c) - mean) * r * gain[c] + (bias ? bias[c] : 0)));
  }
}

/// Σ gain·dy and Σ gain·dy·n over part of a row, n = (x - mean)·r; d_gain += dy·n and d_bias += dy.
struct LayerNormSums {
  float plain, normal;
};

ALWAYS_INLINE struct LayerNormSums layer_norm_sums(float *restrict d_gain, float *restrict d_bias,
                                                   const float *restrict dy, const float *restrict x, float mean,
                                                   float r, const float *restrict gain, size_t count) {
  SUMS_IN_LANES
  float plain = 0, normal = 0;
  if (d_gain)
    for (size_t c = 0; c < count; c++) d_gain[c] += dy[c] * ((x[c] - mean) * r);
  if (d_bias)
    for (size_t c = 0; c < count; c++) d_bias[c] += dy[c];
  for (size_t c = 0; c < count; c++) {
    plain += gain[c] * dy[c];
    normal += gain[c] * dy[c] * ((x[c] - mean) * r);
  }
  return (struct LayerNormSums){plain, normal};
}

/// dx (+)= r·(gain·dy - plain - n·normal) over part of a row.
ALWAYS_INLINE void layer_norm_slope(float *restrict dx, bool adding, const float *restrict dy,
                                    const float *restrict x, float mean, float r, struct LayerNormSums means,
                                    const float *restrict gain, size_t count) {
  float plain = means.plain, normal = means.normal;
  if (adding)
    for (size_t c = 0; c < count; c++) dx[c] += r * (gain[c] * dy[c] - plain - (x[c] - mean) * r * normal);
  else
    for (size_t c = 0; c < count; c++) dx[c] = r * (gain[c] * dy[c] - plain - (x[c] - mean) * r * normal);
}

KERNEL_BODY trimtab_layer_norm_backward_body(trimtab_elements dx, bool adding, float *restrict d_gain,
                                             float *restrict d_bias, trimtab_elements dy, trimtab_elements x,
                                             const float *restrict statistics, const float *restrict gain,
                                             size_t rows, size_t columns, enum InstructionSet set) {
  (void)set;
  float rooms[3][ELEMENT_BLOCK];
  size_t block = row_block(x.is_bfloat16 || dy.is_bfloat16 || dx.is_bfloat16, columns);
  if (d_gain) memset(d_gain, 0, columns * sizeof *d_gain);
  if (d_bias) memset(d_bias, 0, columns * sizeof *d_bias);
  for (size_t row = 0; row < rows; row++) {
    float mean = statistics[2 * row], r = statistics[2 * row + 1];
    struct LayerNormSums means = {0, 0};
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      struct LayerNormSums sums = layer_norm_sums(
          d_gain ? d_gain + first : 0, d_bias ? d_bias + first : 0, opened(dy, at, length, rooms[1]),
          opened(x, at, length, rooms[0]), mean, r, gain + first, length);
      means.plain += sums.plain / (float)columns;
      means.normal += sums.normal / (float)columns;
    }
    if (!dx.first) continue;
    for (size_t first = 0; first < columns; first += block) {
      size_t length = columns - first < block ? columns - first : block, at = row * columns + first;
      float *to = begun(dx, at, length, adding, rooms[2]);
      layer_norm_slope(to, adding, opened(dy, at, length, rooms[1]), opened(x, at, length, rooms[0]), mean, r, means,
                       gain + first, length);
      closed(dx, at, length, to);
    }
  }
}

KERNEL(trimtab_layer_norm_backward,
       (trimtab_elements dx, bool adding, float *d_gain, float *d_bias, trimtab_elements dy, trimtab_elements x,
        const float *statistics, const float *gain, size_t rows, size_t columns),
       dx, adding, d_gain, d_bias, dy, x, statistics, gain, rows, columns)

void trimtab_layer_norm_backward_reference(trimtab_elements dx, bool adding, float *d_gain, float *d_bias,
                                           trimtab_elements dy, trimtab_elements x, const float *statistics,
                                           const float *gain, size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double gain_sum = 0, bias_sum = 0;
    for (size_t row = 0; row < rows; row++) {
      size_t i = row * columns + c;
      gain_sum += (double)element(dy, i) * ((double)element(x, i) - statistics[2 * row]) * statistics[2 * row + 1];
      bias_sum += element(dy, i);
    }
    if (d_gain) d_gain[c] = (float)gain_sum;
    if (d_bias) d_bias[c] = (float)bias_sum;
  }
  for (size_t row = 0, first = 0; dx.first && row < rows; row++, first += columns) {
    double mean = statistics[2 * row], r = statistics[2 * row + 1], sum = 0, dot = 0;
    for (size_t c = 0; c < columns; c++) {
      sum += (double)gain[c] * element(dy, first + c) / (double)columns;
      dot += (double)gain[c] * element(dy, first + c) * (element(x, first + c) - mean) * r / (double)columns;
    }
    for (size_t c = 0; c < columns; c++) {
      double n = (element(x, first + c) - mean) * r;
      double d = r * ((double)gain[c] * element(dy, first + c) - sum - n * dot);
      set_element(dx, first + c, (float)(adding ? element(dx, first + c) + d : d));
    }
  }
}
