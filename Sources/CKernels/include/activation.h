#pragma once
#include <stdbool.h>
#include <stddef.h>

// Activations, element by element over `count` floats. Gradients are added where `adding`, else written;
// a null gradient isn't wanted.

/// The function σ that an activation or a gate applies.
typedef enum trimtab_activation {
  /// x / (1 + e⁻ˣ)
  TRIMTAB_SILU,
  /// x/2 · (1 + tanh(√(2/π)·(x + 0.044715 x³)))
  TRIMTAB_GELU_TANH,
  /// x/2 · (1 + erf(x/√2))
  TRIMTAB_GELU_EXACT,
} trimtab_activation;

/// y = σ(x).
void trimtab_activation_forward(trimtab_activation kind, float *y, const float *x, size_t count);
void trimtab_activation_forward_reference(trimtab_activation kind, float *y, const float *x, size_t count);

/// dx (+)= dy · σ′(x).
void trimtab_activation_backward(trimtab_activation kind, float *dx, bool adding, const float *dy, const float *x,
                                 size_t count);
void trimtab_activation_backward_reference(trimtab_activation kind, float *dx, bool adding, const float *dy,
                                           const float *x, size_t count);

/// The gated linear unit y = σ(gate) · up.
void trimtab_gated_forward(trimtab_activation kind, float *y, const float *gate, const float *up, size_t count);
void trimtab_gated_forward_reference(trimtab_activation kind, float *y, const float *gate, const float *up,
                                     size_t count);

/// d_gate (+)= dy · up · σ′(gate), d_up (+)= dy · σ(gate).
void trimtab_gated_backward(trimtab_activation kind, float *d_gate, bool adding_gate, float *d_up, bool adding_up,
                            const float *dy, const float *gate, const float *up, size_t count);
void trimtab_gated_backward_reference(trimtab_activation kind, float *d_gate, bool adding_gate, float *d_up,
                                      bool adding_up, const float *dy, const float *gate, const float *up,
                                      size_t count);
