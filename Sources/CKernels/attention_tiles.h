#pragma once
// What the forward and the backward kernel of attention share.

#include <math.h>
#include <string.h>

#include "attention.h"
#include "elementary.h"
#include "tile_multiply.h"

/// Keys are taken in blocks of this many; a tile of scores is at most 64 × 64.
enum { KEY_BLOCK = 64, QUERY_BLOCK = TRIMTAB_ATTENTION_QUERY_BLOCK };

/// A half-open range of keys.
struct KeyRange {
  size_t first, end;
};

/// The keys that query `query` sees.
ALWAYS_INLINE struct KeyRange visible_keys(const trimtab_attention_sequence *sequence,
                                           const trimtab_attention_layout *layout, size_t query) {
  size_t end = sequence->key_count - sequence->query_count + query + 1;
  return (struct KeyRange){layout->window && end > layout->window ? end - layout->window : 0, end};
}

/// Scores of a row of q·k products over one block: scaled, capped, and -∞ where `range` doesn't reach.
ALWAYS_INLINE void score_row(float *scores, struct KeyRange range, size_t first_key,
                             const trimtab_attention_layout *layout) {
  if (layout->soft_cap > 0) {
    float inner = layout->scale / layout->soft_cap;
    for (int j = 0; j < KEY_BLOCK; j++) scores[j] = layout->soft_cap * hyperbolic_tangent(scores[j] * inner);
  } else {
    for (int j = 0; j < KEY_BLOCK; j++) scores[j] *= layout->scale;
  }
  if (range.first <= first_key && range.end >= first_key + KEY_BLOCK) return;
  int first = range.first > first_key ? (int)(range.first - first_key) : 0;
  int end = range.end > first_key ? (int)(range.end - first_key) : 0;
  for (int j = 0; j < KEY_BLOCK; j++) scores[j] = j >= first && j < end ? scores[j] : -INFINITY;
}

/// One block of scores becomes probabilities relative to the row's running maximum; the output so far and the
/// running sum are brought to the new maximum.
ALWAYS_INLINE void soften_row(float *restrict scores, float *restrict out, size_t head_dimension,
                              float *running_maximum, float *running_sum) {
  float largest = scores[0];
  {
    float lanes[16];
    for (int lane = 0; lane < 16; lane++) lanes[lane] = scores[lane];
    for (int j = 16; j < KEY_BLOCK; j += 16)
      for (int lane = 0; lane < 16; lane++)
        lanes[lane] = scores[j + lane] > lanes[lane] ? scores[j + lane] : lanes[lane];
    for (int half = 8; half > 0; half /= 2)
      for (int lane = 0; lane < half; lane++)
        lanes[lane] = lanes[lane + half] > lanes[lane] ? lanes[lane + half] : lanes[lane];
    largest = lanes[0];
  }
  float maximum = *running_maximum > largest ? *running_maximum : largest;
  if (maximum == -INFINITY) {
    memset(scores, 0, KEY_BLOCK * sizeof *scores);
    return;
  }
  {
    SUMS_IN_LANES
    float sum = 0;
    for (int j = 0; j < KEY_BLOCK; j++) {
      scores[j] = exponential(scores[j] - maximum);
      sum += scores[j];
    }
    if (maximum > *running_maximum) {
      float shrink = exponential(*running_maximum - maximum);
      for (size_t d = 0; d < head_dimension; d++) out[d] *= shrink;
      *running_sum *= shrink;
      *running_maximum = maximum;
    }
    *running_sum += sum;
  }
}
