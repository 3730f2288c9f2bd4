#include "activation.h"

#include "elementary.h"
#include "variants.h"

/// A function's value and its derivative.
struct Activated {
  float value, slope;
};

static inline __attribute__((always_inline)) struct Activated activated(trimtab_activation kind, float x) {
  switch (kind) {
    case TRIMTAB_SILU: {
      float e = exponential(-x), s = 1 / (1 + e);
      // 1 - s = e·s, which keeps its digits where s is near 1.
      return (struct Activated){x * s, s * (1 + x * (e * s))};
    }
    case TRIMTAB_GELU_TANH: {
      // x/2 · (1 + tanh u) = x · logistic(2u), which keeps its digits for negative x.
      float e = exponential(-1.59576912f * (x + 0.044715f * x * x * x)), s = 1 / (1 + e);
      return (struct Activated){x * s, s * (1 + x * (e * s) * 1.59576912f * (1 + 0.134145f * x * x))};
    }
    case TRIMTAB_GELU_EXACT: {
      float tail = 0.5f * complementary_error(fabsf(x) * 0.70710678f);
      float normal = x < 0 ? tail : 1 - tail;
      return (struct Activated){x * normal, normal + x * 0.39894228f * exponential(-0.5f * x * x)};
    }
  }
  return (struct Activated){0, 0};
}

static struct Activated activated_reference(trimtab_activation kind, double x) {
  switch (kind) {
    case TRIMTAB_SILU: {
      double s = 1 / (1 + exp(-x));
      return (struct Activated){(float)(x * s), (float)(s * (1 + x * (1 - s)))};
    }
    case TRIMTAB_GELU_TANH: {
      double k = sqrt(2 / 3.14159265358979324), t = tanh(k * (x + 0.044715 * x * x * x));
      return (struct Activated){
          (float)(0.5 * x * (1 + t)),
          (float)(0.5 * (1 + t) + 0.5 * x * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x))};
    }
    case TRIMTAB_GELU_EXACT: {
      double normal = 0.5 * erfc(-x * 0.70710678118654752);
      return (struct Activated){(float)(x * normal), (float)(normal + x * exp(-0.5 * x * x) / sqrt(2 * 3.14159265358979324))};
    }
  }
  return (struct Activated){0, 0};
}

// The kind becomes a constant in each loop, so that each loop vectorises.
#define FOR_EACH_KIND(kind, loop)                                        \
  switch (kind) {                                                        \
    case TRIMTAB_SILU: loop(TRIMTAB_SILU) break;                         \
    case TRIMTAB_GELU_TANH: loop(TRIMTAB_GELU_TANH) break;               \
    case TRIMTAB_GELU_EXACT: loop(TRIMTAB_GELU_EXACT) break;             \
  }

// MARK: - Alone

KERNEL_BODY trimtab_activation_forward_body(trimtab_activation kind, float *restrict y, const float *restrict x,
                                            size_t count, enum InstructionSet set) {
  (void)set;
#define LOOP(KIND) \
  for (size_t i = 0; i < count; i++) y[i] = activated(KIND, x[i]).value;
  FOR_EACH_KIND(kind, LOOP)
#undef LOOP
}

KERNEL(trimtab_activation_forward, (trimtab_activation kind, float *y, const float *x, size_t count), kind, y, x,
       count)

void trimtab_activation_forward_reference(trimtab_activation kind, float *y, const float *x, size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = activated_reference(kind, x[i]).value;
}

KERNEL_BODY trimtab_activation_backward_body(trimtab_activation kind, float *restrict dx, bool adding,
                                             const float *restrict dy, const float *restrict x, size_t count,
                                             enum InstructionSet set) {
  (void)set;
#define LOOP(KIND) \
  for (size_t i = 0; i < count; i++) dx[i] = (adding ? dx[i] : 0) + dy[i] * activated(KIND, x[i]).slope;
  FOR_EACH_KIND(kind, LOOP)
#undef LOOP
}

KERNEL(trimtab_activation_backward,
       (trimtab_activation kind, float *dx, bool adding, const float *dy, const float *x, size_t count), kind, dx,
       adding, dy, x, count)

void trimtab_activation_backward_reference(trimtab_activation kind, float *dx, bool adding, const float *dy,
                                           const float *x, size_t count) {
  for (size_t i = 0; i < count; i++)
    dx[i] = (adding ? dx[i] : 0) + dy[i] * activated_reference(kind, x[i]).slope;
}

// MARK: - Gates

KERNEL_BODY trimtab_gated_forward_body(trimtab_activation kind, float *restrict y, const float *restrict gate,
                                       const float *restrict up, size_t count, enum InstructionSet set) {
  (void)set;
#define LOOP(KIND) \
  for (size_t i = 0; i < count; i++) y[i] = activated(KIND, gate[i]).value * up[i];
  FOR_EACH_KIND(kind, LOOP)
#undef LOOP
}

KERNEL(trimtab_gated_forward,
       (trimtab_activation kind, float *y, const float *gate, const float *up, size_t count), kind, y, gate, up,
       count)

void trimtab_gated_forward_reference(trimtab_activation kind, float *y, const float *gate, const float *up,
                                     size_t count) {
  for (size_t i = 0; i < count; i++) y[i] = activated_reference(kind, gate[i]).value * up[i];
}

KERNEL_BODY trimtab_gated_backward_body(trimtab_activation kind, float *restrict d_gate, bool adding_gate,
                                        float *restrict d_up, bool adding_up, const float *restrict dy,
                                        const float *restrict gate, const float *restrict up, size_t count,
                                        enum InstructionSet set) {
  (void)set;
#define BOTH(KIND)                                                                       \
  for (size_t i = 0; i < count; i++) {                                                   \
    struct Activated a = activated(KIND, gate[i]);                                       \
    d_gate[i] = (adding_gate ? d_gate[i] : 0) + dy[i] * up[i] * a.slope;                 \
    d_up[i] = (adding_up ? d_up[i] : 0) + dy[i] * a.value;                               \
  }
#define GATE(KIND)                     \
  for (size_t i = 0; i < count; i++)   \
    d_gate[i] = (adding_gate ? d_gate[i] : 0) + dy[i] * up[i] * activated(KIND, gate[i]).slope;
#define UP(KIND)                       \
  for (size_t i = 0; i < count; i++)   \
    d_up[i] = (adding_up ? d_up[i] : 0) + dy[i] * activated(KIND, gate[i]).value;
  if (d_gate && d_up) {
    FOR_EACH_KIND(kind, BOTH)
  } else if (d_gate) {
    FOR_EACH_KIND(kind, GATE)
  } else if (d_up) {
    FOR_EACH_KIND(kind, UP)
  }
#undef BOTH
#undef GATE
#undef UP
}

KERNEL(trimtab_gated_backward,
       (trimtab_activation kind, float *d_gate, bool adding_gate, float *d_up, bool adding_up, const float *dy,
        const float *gate, const float *up, size_t count),
       kind, d_gate, adding_gate, d_up, adding_up, dy, gate, up, count)

void trimtab_gated_backward_reference(trimtab_activation kind, float *d_gate, bool adding_gate, float *d_up,
                                      bool adding_up, const float *dy, const float *gate, const float *up,
                                      size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct Activated a = activated_reference(kind, gate[i]);
    if (d_gate) d_gate[i] = (adding_gate ? d_gate[i] : 0) + dy[i] * up[i] * a.slope;
    if (d_up) d_up[i] = (adding_up ? d_up[i] : 0) + dy[i] * a.value;
  }
}
