#pragma once
#include <stdbool.h>

/// Activations as they are kept: float32, or bfloat16, in which case their gradients may be either.
///
/// Kernels compute in float32 whatever they read and write. `first` is null for what isn't wanted.
typedef struct trimtab_elements {
  void *first;
  bool is_bfloat16;
} trimtab_elements;
