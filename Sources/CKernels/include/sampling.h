#pragma once
#include <stddef.h>
#include <stdint.h>

// Choosing a token from a row of logits.

/// place: of the largest element; of equals, the first.
void trimtab_argmax(size_t *place, const float *z, size_t count);
void trimtab_argmax_reference(size_t *place, const float *z, size_t count);

/// Draws place i with probability softmax(inverse_temperature · z)ᵢ: that of the largest inverse_temperature · zᵢ + gᵢ,
/// where gᵢ is standard Gumbel noise, a pure function of `key` and of the token's id, tokens[i] (i itself where
/// tokens is null).
///
/// Because the noise belongs to the token, distributions that are alike mostly draw the same one with one key: with
/// probability (1 - d) / (1 + d) at least, d being their total variation (arXiv:2408.07978).
void trimtab_draw(size_t *place, const float *z, const uint32_t *tokens, size_t count, float inverse_temperature,
                  uint64_t key);
void trimtab_draw_reference(size_t *place, const float *z, const uint32_t *tokens, size_t count,
                            float inverse_temperature, uint64_t key);
