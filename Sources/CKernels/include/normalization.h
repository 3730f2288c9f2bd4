#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "elements.h"

// Normalisation of rows. x, y, dy, dx are [rows, columns]; gain and bias [columns].

/// Root-mean-square norm: r = 1/√(mean x² + ε), y = x · r · (gain + offset).
///
/// Keeps r in `inverse` [rows].
void trimtab_rms_norm_forward(trimtab_elements y, float *inverse, trimtab_elements x, const float *gain, size_t rows,
                              size_t columns, float epsilon, float offset);
void trimtab_rms_norm_forward_reference(trimtab_elements y, float *inverse, trimtab_elements x, const float *gain,
                                        size_t rows, size_t columns, float epsilon, float offset);

/// Its gradient: dx (+)= r·(g·dy) - x·r³·mean(g·dy·x), and per column the sum of dy·x·r over these rows in `d_gain`.
///
/// dx or d_gain may be null; d_gain is overwritten.
void trimtab_rms_norm_backward(trimtab_elements dx, bool adding, float *d_gain, trimtab_elements dy,
                               trimtab_elements x, const float *inverse, const float *gain, size_t rows,
                               size_t columns, float offset);
void trimtab_rms_norm_backward_reference(trimtab_elements dx, bool adding, float *d_gain, trimtab_elements dy,
                                         trimtab_elements x, const float *inverse, const float *gain, size_t rows,
                                         size_t columns, float offset);

/// Layer norm: y = (x - mean) · r · gain + bias with r = 1/√(variance + ε); bias may be null.
///
/// Keeps mean and r in `statistics` [rows, 2].
void trimtab_layer_norm_forward(trimtab_elements y, float *statistics, trimtab_elements x, const float *gain,
                                const float *bias, size_t rows, size_t columns, float epsilon);
void trimtab_layer_norm_forward_reference(trimtab_elements y, float *statistics, trimtab_elements x,
                                          const float *gain, const float *bias, size_t rows, size_t columns,
                                          float epsilon);

/// Its gradient, with n = (x - mean)·r: dx (+)= r·(g·dy - mean(g·dy) - n·mean(g·dy·n)), d_gain = Σ dy·n,
/// d_bias = Σ dy over these rows.
///
/// dx, d_gain and d_bias may be null; the latter two are overwritten.
void trimtab_layer_norm_backward(trimtab_elements dx, bool adding, float *d_gain, float *d_bias, trimtab_elements dy,
                                 trimtab_elements x, const float *statistics, const float *gain, size_t rows,
                                 size_t columns);
void trimtab_layer_norm_backward_reference(trimtab_elements dx, bool adding, float *d_gain, float *d_bias,
                                           trimtab_elements dy, trimtab_elements x, const float *statistics,
                                           const float *gain, size_t rows, size_t columns);
