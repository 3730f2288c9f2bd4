#pragma once
#include <stdbool.h>
#include <stddef.h>

#include "elements.h"

// Activations, element by element over `count` of them. Gradients are added where `adding`, else written;
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
void trimtab_activation_forward(trimtab_activation kind, trimtab_elements y, trimtab_elements x, size_t count);
void trimtab_activation_forward_reference(trimtab_activation kind, trimtab_elements y, trimtab_elements x,
                                          size_t count);

/// dx (+)= dy · σ′(x).
void trimtab_activation_backward(trimtab_activation kind, trimtab_elements dx, bool adding, trimtab_elements dy,
                                 trimtab_elements x, size_t count);
void trimtab_activation_backward_reference(trimtab_activation kind, trimtab_elements dx, bool adding,
                                           trimtab_elements dy, trimtab_elements x, size_t count);

/// The gated linear unit y = σ(gate) · up.
void trimtab_gated_forward(trimtab_activation kind, trimtab_elements y, trimtab_elements gate, trimtab_elements up,
                           size_t count);
void trimtab_gated_forward_reference(trimtab_activation kind, trimtab_elements y, trimtab_elements gate,
                                     trimtab_elements up, size_t count);

/// d_gate (+)= dy · up · σ′(gate), d_up (+)= dy · σ(gate).
void trimtab_gated_backward(trimtab_activation kind, trimtab_elements d_gate, bool adding_gate,
                            trimtab_elements d_up, bool adding_up, trimtab_elements dy, trimtab_elements gate,
                            trimtab_elements up, size_t count);
void trimtab_gated_backward_reference(trimtab_activation kind, trimtab_elements d_gate, bool adding_gate,
                                      trimtab_elements d_up, bool adding_up, trimtab_elements dy,
                                      trimtab_elements gate, trimtab_elements up, size_t count);
