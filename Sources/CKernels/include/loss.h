#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Cross-entropy of rows of logits [rows, vocabulary] against one target each.
///
/// Per row, in float32 with the maximum subtracted: log_probabilities[row] = z[target] - log Σ e^z, and
/// losses[row] = -weights[row] · that. With `gradient`, z is overwritten with weights[row] · (softmax z - onehot).
/// A row of weight 0 is masked: its gradient is zero, its loss 0, its log-probability still true.
void trimtab_cross_entropy(float *logits, const uint32_t *targets, const float *weights, double *losses,
                           float *log_probabilities, size_t rows, size_t vocabulary, bool gradient);
void trimtab_cross_entropy_reference(float *logits, const uint32_t *targets, const float *weights, double *losses,
                                     float *log_probabilities, size_t rows, size_t vocabulary, bool gradient);

/// Rows of logits [rows, vocabulary] against a base's, which stay as they are, and against one target each.
///
/// Per row, with p = softmax(base / T) and q = softmax(z / T): divergences[row] = Σ p log (p / q), log_probabilities[row]
/// as in cross-entropy, and losses[row] = weights[row] · ((1 - share) · T² · divergence - share · log-probability). With
/// `gradient`, z is overwritten with weights[row] · ((1 - share) · T · (q - p) + share · (softmax z - onehot)).
void trimtab_distillation(float *logits, const float *base, const uint32_t *targets, const float *weights,
                          float temperature, float share, double *losses, double *divergences,
                          float *log_probabilities, size_t rows, size_t vocabulary, bool gradient);
void trimtab_distillation_reference(float *logits, const float *base, const uint32_t *targets, const float *weights,
                                    float temperature, float share, double *losses, double *divergences,
                                    float *log_probabilities, size_t rows, size_t vocabulary, bool gradient);

/// The logarithm of softmax of each row, in place: z[v] -= log Σ e^z.
void trimtab_log_softmax(float *logits, size_t rows, size_t columns);
void trimtab_log_softmax_reference(float *logits, size_t rows, size_t columns);

/// z = cap · tanh(z / cap), in place over `count` logits.
void trimtab_soft_cap(float *logits, size_t count, float cap);
void trimtab_soft_cap_reference(float *logits, size_t count, float cap);

/// Its gradient, in place: dz *= 1 - (capped / cap)².
void trimtab_soft_cap_backward(float *gradient, const float *capped, size_t count, float cap);
void trimtab_soft_cap_backward_reference(float *gradient, const float *capped, size_t count, float cap);
