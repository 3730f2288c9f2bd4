#include "normalization.h"

#include <math.h>
#include <string.h>

#include "variants.h"

// MARK: - Root-mean-square norm

KERNEL_BODY trimtab_rms_norm_forward_body(float *restrict y, float *restrict inverse, const float *restrict x,
                                          const float *restrict gain, size_t rows, size_t columns, float epsilon,
                                          float offset, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    SUMS_IN_LANES
    float squares = 0;
    for (size_t c = 0; c < columns; c++) squares += x[c] * x[c];
    float r = 1 / sqrtf(squares / (float)columns + epsilon);
    inverse[row] = r;
    for (size_t c = 0; c < columns; c++) y[c] = x[c] * r * (gain[c] + offset);
  }
}

KERNEL(trimtab_rms_norm_forward,
       (float *y, float *inverse, const float *x, const float *gain, size_t rows, size_t columns, float epsilon,
        float offset),
       y, inverse, x, gain, rows, columns, epsilon, offset)

void trimtab_rms_norm_forward_reference(float *y, float *inverse, const float *x, const float *gain,
                                        size_t rows, size_t columns, float epsilon, float offset) {
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    double squares = 0;
    for (size_t c = 0; c < columns; c++) squares += (double)x[c] * x[c];
    double r = 1 / sqrt(squares / (double)columns + epsilon);
    inverse[row] = (float)r;
    for (size_t c = 0; c < columns; c++) y[c] = (float)(x[c] * r * ((double)gain[c] + offset));
  }
}

KERNEL_BODY trimtab_rms_norm_backward_body(float *restrict dx, bool adding, float *restrict d_gain,
                                           const float *restrict dy, const float *restrict x,
                                           const float *restrict inverse, const float *restrict gain, size_t rows,
                                           size_t columns, float offset, enum InstructionSet set) {
  (void)set;
  if (d_gain) memset(d_gain, 0, columns * sizeof *d_gain);
  for (size_t row = 0; row < rows; row++, x += columns, dy += columns) {
    SUMS_IN_LANES
    float r = inverse[row];
    if (d_gain)
      for (size_t c = 0; c < columns; c++) d_gain[c] += dy[c] * (x[c] * r);
    if (!dx) continue;
    float dot = 0;
    for (size_t c = 0; c < columns; c++) dot += (gain[c] + offset) * dy[c] * x[c];
    float pull = r * r * r * dot / (float)columns;
    if (adding)
      for (size_t c = 0; c < columns; c++) dx[c] += r * (gain[c] + offset) * dy[c] - pull * x[c];
    else
      for (size_t c = 0; c < columns; c++) dx[c] = r * (gain[c] + offset) * dy[c] - pull * x[c];
    dx += columns;
  }
}

KERNEL(trimtab_rms_norm_backward,
       (float *dx, bool adding, float *d_gain, const float *dy, const float *x, const float *inverse,
        const float *gain, size_t rows, size_t columns, float offset),
       dx, adding, d_gain, dy, x, inverse, gain, rows, columns, offset)

void trimtab_rms_norm_backward_reference(float *dx, bool adding, float *d_gain, const float *dy, const float *x,
                                         const float *inverse, const float *gain, size_t rows, size_t columns,
                                         float offset) {
  for (size_t c = 0; d_gain && c < columns; c++) {
    double sum = 0;
    for (size_t row = 0; row < rows; row++) {
      size_t i = row * columns + c;
      sum += (double)dy[i] * x[i] * inverse[row];
    }
    d_gain[c] = (float)sum;
  }
  for (size_t row = 0; dx && row < rows; row++, x += columns, dy += columns, dx += columns) {
    double r = inverse[row], dot = 0;
    for (size_t c = 0; c < columns; c++) dot += ((double)gain[c] + offset) * dy[c] * x[c];
    for (size_t c = 0; c < columns; c++) {
      double d = r * ((double)gain[c] + offset) * dy[c] - r * r * r * dot / (double)columns * x[c];
      dx[c] = (float)(adding ? dx[c] + d : d);
    }
  }
}

// MARK: - Layer norm

KERNEL_BODY trimtab_layer_norm_forward_body(float *restrict y, float *restrict statistics,
                                            const float *restrict x, const float *restrict gain,
                                            const float *restrict bias, size_t rows, size_t columns,
                                            float epsilon, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    SUMS_IN_LANES
    float sum = 0, squares = 0;
    for (size_t c = 0; c < columns; c++) sum += x[c];
    float mean = sum / (float)columns;
    for (size_t c = 0; c < columns; c++) squares += (x[c] - mean) * (x[c] - mean);
    float r = 1 / sqrtf(squares / (float)columns + epsilon);
    statistics[2 * row] = mean;
    statistics[2 * row + 1] = r;
    if (bias)
      for (size_t c = 0; c < columns; c++) y[c] = (x[c] - mean) * r * gain[c] + bias[c];
    else
      for (size_t c = 0; c < columns; c++) y[c] = (x[c] - mean) * r * gain[c];
  }
}

KERNEL(trimtab_layer_norm_forward,
       (float *y, float *statistics, const float *x, const float *gain, const float *bias, size_t rows,
        size_t columns, float epsilon),
       y, statistics, x, gain, bias, rows, columns, epsilon)

void trimtab_layer_norm_forward_reference(float *y, float *statistics, const float *x, const float *gain,
                                          const float *bias, size_t rows, size_t columns, float epsilon) {
  for (size_t row = 0; row < rows; row++, x += columns, y += columns) {
    double sum = 0, squares = 0;
    for (size_t c = 0; c < columns; c++) sum += x[c];
    double mean = sum / (double)columns;
    for (size_t c = 0; c < columns; c++) squares += (x[c] - mean) * (x[c] - mean);
    double r = 1 / sqrt(squares / (double)columns + epsilon);
    statistics[2 * row] = (float)mean;
    statistics[2 * row + 1] = (float)r;
    for (size_t c = 0; c < columns; c++) y[c] = (float)((x[c] - mean) * r * gain[c] + (bias ? bias[c] : 0));
  }
}

KERNEL_BODY trimtab_layer_norm_backward_body(float *restrict dx, bool adding, float *restrict d_gain,
                                             float *restrict d_bias, const float *restrict dy,
                                             const float *restrict x, const float *restrict statistics,
                                             const float *restrict gain, size_t rows, size_t columns,
                                             enum InstructionSet set) {
  (void)set;
  if (d_gain) memset(d_gain, 0, columns * sizeof *d_gain);
  if (d_bias) memset(d_bias, 0, columns * sizeof *d_bias);
  for (size_t row = 0; row < rows; row++, x += columns, dy += columns) {
    SUMS_IN_LANES
    float mean = statistics[2 * row], r = statistics[2 * row + 1];
    if (d_gain)
      for (size_t c = 0; c < columns; c++) d_gain[c] += dy[c] * ((x[c] - mean) * r);
    if (d_bias)
      for (size_t c = 0; c < columns; c++) d_bias[c] += dy[c];
    if (!dx) continue;
    float sum = 0, dot = 0;
    for (size_t c = 0; c < columns; c++) {
      sum += gain[c] * dy[c];
      dot += gain[c] * dy[c] * ((x[c] - mean) * r);
    }
    sum /= (float)columns;
    dot /= (float)columns;
    if (adding)
      for (size_t c = 0; c < columns; c++) dx[c] += r * (gain[c] * dy[c] - sum - (x[c] - mean) * r * dot);
    else
      for (size_t c = 0; c < columns; c++) dx[c] = r * (gain[c] * dy[c] - sum - (x[c] - mean) * r * dot);
    dx += columns;
  }
}

KERNEL(trimtab_layer_norm_backward,
       (float *dx, bool adding, float *d_gain, float *d_bias, const float *dy, const float *x,
        const float *statistics, const float *gain, size_t rows, size_t columns),
       dx, adding, d_gain, d_bias, dy, x, statistics, gain, rows, columns)

void trimtab_layer_norm_backward_reference(float *dx, bool adding, float *d_gain, float *d_bias, const float *dy,
                                           const float *x, const float *statistics, const float *gain,
                                           size_t rows, size_t columns) {
  for (size_t c = 0; c < columns; c++) {
    double gain_sum = 0, bias_sum = 0;
    for (size_t row = 0; row < rows; row++) {
      size_t i = row * columns + c;
      gain_sum += (double)dy[i] * ((double)x[i] - statistics[2 * row]) * statistics[2 * row + 1];
      bias_sum += dy[i];
    }
    if (d_gain) d_gain[c] = (float)gain_sum;
    if (d_bias) d_bias[c] = (float)bias_sum;
  }
  for (size_t row = 0; dx && row < rows; row++, x += columns, dy += columns, dx += columns) {
    double mean = statistics[2 * row], r = statistics[2 * row + 1], sum = 0, dot = 0;
    for (size_t c = 0; c < columns; c++) {
      sum += (double)gain[c] * dy[c] / (double)columns;
      dot += (double)gain[c] * dy[c] * (x[c] - mean) * r / (double)columns;
    }
    for (size_t c = 0; c < columns; c++) {
      double d = r * ((double)gain[c] * dy[c] - sum - (x[c] - mean) * r * dot);
      dx[c] = (float)(adding ? dx[c] + d : d);
    }
  }
}
