#include "low_rank.h"

#include "variants.h"

/// Lanes of a sum, and how much of the rank is gone through at once.
enum { LANES = 16, RANK_BLOCK = 64 };

typedef float Lanes __attribute__((vector_size(LANES * sizeof(float)), aligned(4), may_alias));

/// Σ aᵢ · bᵢ: in lanes, those added up by halves.
static inline __attribute__((always_inline)) float dot(const float *a, const float *b, size_t count) {
  Lanes sums = {0};
  size_t i = 0;
  for (; i + LANES <= count; i += LANES) sums += *(const Lanes *)(a + i) * *(const Lanes *)(b + i);
  for (size_t l = 0; i + l < count; l++) sums[l] += a[i + l] * b[i + l];
  float halves[LANES];
  *(Lanes *)halves = sums;
  for (size_t half = LANES / 2; half > 0; half /= 2)
    for (size_t l = 0; l < half; l++) halves[l] += halves[l + half];
  return halves[0];
}

KERNEL_BODY trimtab_low_rank_body(float *y, const float *x, const float *down, const float *up, float scale,
                                  size_t rows, size_t input, size_t rank, size_t outputs, size_t first_output,
                                  size_t end_output, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, x += input, y += outputs)
    for (size_t first = 0; first < rank; first += RANK_BLOCK) {
      size_t length = rank - first < RANK_BLOCK ? rank - first : RANK_BLOCK;
      float within[RANK_BLOCK];
      for (size_t r = 0; r < length; r++) within[r] = scale * dot(down + (first + r) * input, x, input);
      for (size_t o = first_output; o < end_output; o++) y[o] += dot(up + o * rank + first, within, length);
    }
}

KERNEL(trimtab_low_rank,
       (float *y, const float *x, const float *down, const float *up, float scale, size_t rows, size_t input,
        size_t rank, size_t outputs, size_t first_output, size_t end_output),
       y, x, down, up, scale, rows, input, rank, outputs, first_output, end_output)

void trimtab_low_rank_reference(float *y, const float *x, const float *down, const float *up, float scale,
                                size_t rows, size_t input, size_t rank, size_t outputs, size_t first_output,
                                size_t end_output) {
  for (size_t row = 0; row < rows; row++)
    for (size_t o = first_output; o < end_output; o++) {
      double sum = y[row * outputs + o];
      for (size_t r = 0; r < rank; r++) {
        double within = 0;
        for (size_t i = 0; i < input; i++) within += (double)down[r * input + i] * x[row * input + i];
        sum += up[o * rank + r] * scale * within;
      }
      y[row * outputs + o] = (float)sum;
    }
}
