#include "sampling.h"

#include "elementary.h"
#include "hash.h"
#include "largest.h"
#include "variants.h"

/// Elements of which only the largest is looked at first.
enum { BLOCK = 256 };

/// Keeps a block's first largest element where it exceeds the best so far.
static inline __attribute__((always_inline)) void keep_larger(const float *z, size_t first, size_t length, float *best,
                                                              size_t *place) {
  if (length == BLOCK && !(largest(z, BLOCK) > *best)) return;
  for (size_t i = 0; i < length; i++) {
    if (!(z[i] > *best)) continue;
    *best = z[i];
    *place = first + i;
  }
}

KERNEL_BODY trimtab_argmax_body(size_t *place, const float *z, size_t count, enum InstructionSet set) {
  (void)set;
  float best = -INFINITY;
  *place = 0;
  for (size_t first = 0; first < count; first += BLOCK)
    keep_larger(z + first, first, count - first < BLOCK ? count - first : BLOCK, &best, place);
}

KERNEL(trimtab_argmax, (size_t *place, const float *z, size_t count), place, z, count)

void trimtab_argmax_reference(size_t *place, const float *z, size_t count) {
  float best = -INFINITY;
  *place = 0;
  for (size_t i = 0; i < count; i++) {
    if (!(z[i] > best)) continue;
    best = z[i];
    *place = i;
  }
}

/// -log(-log(1 - u)) for u = (bits + ½) / 2³². Its upper tail, which wins, is that of small u: those keep all bits.
static inline __attribute__((always_inline)) float gumbel(uint32_t bits) {
  float u = ((float)bits + 0.5f) * 0x1p-32f;
  // log(1 - u) from the logarithm of what 1 - u is rounded to (Kahan).
  float rest = 1 - u < 0x1p-32f ? 0x1p-32f : 1 - u;
  float exact = rest == 1 ? u : -logarithm(rest) * (u / (1 - rest));
  return -logarithm(exact);
}

KERNEL_BODY trimtab_draw_body(size_t *place, const float *z, const uint32_t *tokens, size_t count,
                              float inverse_temperature, uint64_t key, enum InstructionSet set) {
  (void)set;
  float best = -INFINITY, scores[BLOCK];
  *place = 0;
  for (size_t first = 0; first < count; first += BLOCK) {
    size_t length = count - first < BLOCK ? count - first : BLOCK;
    if (tokens)
      for (size_t i = 0; i < length; i++)
        scores[i] = inverse_temperature * z[first + i] + gumbel(random_bits(key, tokens[first + i]));
    else
      for (size_t i = 0; i < length; i++)
        scores[i] = inverse_temperature * z[first + i] + gumbel(random_bits(key, first + i));
    keep_larger(scores, first, length, &best, place);
  }
}

KERNEL(trimtab_draw,
       (size_t *place, const float *z, const uint32_t *tokens, size_t count, float inverse_temperature, uint64_t key),
       place, z, tokens, count, inverse_temperature, key)

void trimtab_draw_reference(size_t *place, const float *z, const uint32_t *tokens, size_t count,
                            float inverse_temperature, uint64_t key) {
  double best = -INFINITY;
  *place = 0;
  for (size_t i = 0; i < count; i++) {
    double u = (random_bits(key, tokens ? tokens[i] : i) + 0.5) * 0x1p-32;
    double score = (double)inverse_temperature * z[i] - log(-log1p(-u));
    if (!(score > best)) continue;
    best = score;
    *place = i;
  }
}
