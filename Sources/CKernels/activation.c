#include "activation.h"

#include "element_blocks.h"
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
      double density = exp(-0.5 * x * x) / sqrt(2 * 3.14159265358979324);
      return (struct Activated){(float)(x * normal), (float)(normal + x * density)};
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

KERNEL_BODY trimtab_activation_forward_body(trimtab_activation kind, trimtab_elements y, trimtab_elements x,
                                            size_t count, enum InstructionSet set) {
  (void)set;
  float rooms[2][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    const float *restrict from = opened(x, first, length, rooms[0]);
    float *restrict to = begun(y, first, length, false, rooms[1]);
#define LOOP(KIND) \
  for (size_t i = 0; i < length; i++) to[i] = activated(KIND, from[i]).value;
    FOR_EACH_KIND(kind, LOOP)
#undef LOOP
    closed(y, first, length, to);
  }
}

KERNEL(trimtab_activation_forward,
       (trimtab_activation kind, trimtab_elements y, trimtab_elements x, size_t count), kind, y, x, count)

void trimtab_activation_forward_reference(trimtab_activation kind, trimtab_elements y, trimtab_elements x,
                                          size_t count) {
  for (size_t i = 0; i < count; i++) set_element(y, i, activated_reference(kind, element(x, i)).value);
}

/// One block of `trimtab_activation_backward`; its pointers are parameters, which is where compilers heed `restrict`.
ALWAYS_INLINE void activation_backward_block(trimtab_activation kind, float *restrict dx, bool adding,
                                             const float *restrict dy, const float *restrict x, size_t count) {
#define LOOP(KIND) \
  for (size_t i = 0; i < count; i++) dx[i] = (adding ? dx[i] : 0) + dy[i] * activated(KIND, x[i]).slope;
  FOR_EACH_KIND(kind, LOOP)
#undef LOOP
}

KERNEL_BODY trimtab_activation_backward_body(trimtab_activation kind, trimtab_elements dx, bool adding,
                                             trimtab_elements dy, trimtab_elements x, size_t count,
                                             enum InstructionSet set) {
  (void)set;
  float rooms[3][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    float *to = begun(dx, first, length, adding, rooms[0]);
    activation_backward_block(kind, to, adding, opened(dy, first, length, rooms[1]),
                              opened(x, first, length, rooms[2]), length);
    closed(dx, first, length, to);
  }
}

KERNEL(trimtab_activation_backward,
       (trimtab_activation kind, trimtab_elements dx, bool adding, trimtab_elements dy, trimtab_elements x,
        size_t count),
       kind, dx, adding, dy, x, count)

void trimtab_activation_backward_reference(trimtab_activation kind, trimtab_elements dx, bool adding,
                                           trimtab_elements dy, trimtab_elements x, size_t count) {
  for (size_t i = 0; i < count; i++)
    set_element(dx, i,
                (adding ? element(dx, i) : 0) + element(dy, i) * activated_reference(kind, element(x, i)).slope);
}

// MARK: - Gates

KERNEL_BODY trimtab_gated_forward_body(trimtab_activation kind, trimtab_elements y, trimtab_elements gate,
                                       trimtab_elements up, size_t count, enum InstructionSet set) {
  (void)set;
  float rooms[3][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    const float *restrict g = opened(gate, first, length, rooms[0]);
    const float *restrict u = opened(up, first, length, rooms[1]);
    float *restrict to = begun(y, first, length, false, rooms[2]);
#define LOOP(KIND) \
  for (size_t i = 0; i < length; i++) to[i] = activated(KIND, g[i]).value * u[i];
    FOR_EACH_KIND(kind, LOOP)
#undef LOOP
    closed(y, first, length, to);
  }
}

KERNEL(trimtab_gated_forward,
       (trimtab_activation kind, trimtab_elements y, trimtab_elements gate, trimtab_elements up, size_t count),
       kind, y, gate, up, count)

void trimtab_gated_forward_reference(trimtab_activation kind, trimtab_elements y, trimtab_elements gate,
                                     trimtab_elements up, size_t count) {
  for (size_t i = 0; i < count; i++)
    set_element(y, i, activated_reference(kind, element(gate, i)).value * element(up, i));
}

/// One block of `trimtab_gated_backward`.
ALWAYS_INLINE void gated_backward_block(trimtab_activation kind, float *restrict d_gate, bool adding_gate,
                                        float *restrict d_up, bool adding_up, const float *restrict dy,
                                        const float *restrict gate, const float *restrict up, size_t count) {
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

KERNEL_BODY trimtab_gated_backward_body(trimtab_activation kind, trimtab_elements d_gate, bool adding_gate,
                                        trimtab_elements d_up, bool adding_up, trimtab_elements dy,
                                        trimtab_elements gate, trimtab_elements up, size_t count,
                                        enum InstructionSet set) {
  (void)set;
  float rooms[5][ELEMENT_BLOCK];
  for (size_t first = 0; first < count; first += ELEMENT_BLOCK) {
    size_t length = block_length(first, count);
    float *to_gate = begun(d_gate, first, length, adding_gate, rooms[0]);
    float *to_up = begun(d_up, first, length, adding_up, rooms[1]);
    gated_backward_block(kind, to_gate, adding_gate, to_up, adding_up, opened(dy, first, length, rooms[2]),
                         opened(gate, first, length, rooms[3]), opened(up, first, length, rooms[4]), length);
    closed(d_gate, first, length, to_gate);
    closed(d_up, first, length, to_up);
  }
}

KERNEL(trimtab_gated_backward,
       (trimtab_activation kind, trimtab_elements d_gate, bool adding_gate, trimtab_elements d_up, bool adding_up,
        trimtab_elements dy, trimtab_elements gate, trimtab_elements up, size_t count),
       kind, d_gate, adding_gate, d_up, adding_up, dy, gate, up, count)

void trimtab_gated_backward_reference(trimtab_activation kind, trimtab_elements d_gate, bool adding_gate,
                                      trimtab_elements d_up, bool adding_up, trimtab_elements dy,
                                      trimtab_elements gate, trimtab_elements up, size_t count) {
  for (size_t i = 0; i < count; i++) {
    struct Activated a = activated_reference(kind, element(gate, i));
    float d = element(dy, i);
    if (d_gate.first)
      set_element(d_gate, i, (adding_gate ? element(d_gate, i) : 0) + d * element(up, i) * a.slope);
    if (d_up.first) set_element(d_up, i, (adding_up ? element(d_up, i) : 0) + d * a.value);
  }
}
