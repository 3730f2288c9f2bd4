#pragma once

#include <math.h>
#include <stddef.h>

#include "variants.h"

/// The largest element; what isn't a number is passed over. Enough lanes for every instruction set, so that it
/// vectorises.
ALWAYS_INLINE float largest(const float *z, size_t count) {
  float lanes[16];
  for (int lane = 0; lane < 16; lane++) lanes[lane] = -INFINITY;
  size_t i = 0;
  for (; i + 16 <= count; i += 16)
    for (int lane = 0; lane < 16; lane++) lanes[lane] = z[i + lane] > lanes[lane] ? z[i + lane] : lanes[lane];
  for (; i < count; i++) lanes[0] = z[i] > lanes[0] ? z[i] : lanes[0];
  for (int lane = 1; lane < 16; lane++) lanes[0] = lanes[lane] > lanes[0] ? lanes[lane] : lanes[0];
  return lanes[0];
}
