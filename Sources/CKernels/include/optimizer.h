#pragma once
#include <stddef.h>

/// What one step of AdamW needs to know; `step` counts from 1.
typedef struct trimtab_adamw {
  double learning_rate, beta1, beta2, epsilon, weight_decay;
  size_t step;
} trimtab_adamw;

/// One step of AdamW (Loshchilov and Hutter, arXiv:1711.05101) in place, in PyTorch's order of operations:
///
///     p *= 1 - lr·λ;  m += (g - m)·(1 - β₁);  v = β₂·v + (1 - β₂)·g²
///     p -= lr/(1 - β₁ᵗ) · m / (√v / √(1 - β₂ᵗ) + ε)
///
/// where g is gradients[i] · gradient_scale: what clipping leaves of it.
void trimtab_adamw_step(float *parameters, float *first_moments, float *second_moments, const float *gradients,
                        size_t count, float gradient_scale, trimtab_adamw settings);
void trimtab_adamw_step_reference(float *parameters, float *first_moments, float *second_moments,
                                  const float *gradients, size_t count, float gradient_scale,
                                  trimtab_adamw settings);

/// *sum = Σ x², in double.
void trimtab_squared_sum(double *sum, const float *x, size_t count);
void trimtab_squared_sum_reference(double *sum, const float *x, size_t count);
