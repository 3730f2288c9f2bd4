#pragma once
// What the forward and the backward kernel of attention share.

#include <math.h>

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
