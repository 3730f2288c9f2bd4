#pragma once
#include <stddef.h>
#include <stdint.h>

// What proxy-tuning does to logits, in place: z holds the base's and becomes z + strength · (expert - antiexpert), as
// float32 rounds it.

/// For `count` tokens that have the same ids in all three.
void trimtab_steer(float *z, const float *expert, const float *antiexpert, float strength,
                   size_t count);
void trimtab_steer_reference(float *z, const float *expert, const float *antiexpert,
                             float strength, size_t count);

/// For `count` of the base's tokens, token i being places[i] of the small models'.
///
/// Where that is negative they lack it and can't follow it: z is -∞, so that it is never chosen.
void trimtab_steer_mapped(float *z, const float *expert, const float *antiexpert,
                          const int32_t *places, float strength, size_t count);
void trimtab_steer_mapped_reference(float *z, const float *expert, const float *antiexpert,
                                    const int32_t *places, float strength, size_t count);
