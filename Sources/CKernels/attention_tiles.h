#pragma once
// What the forward and the backward kernel of attention share.

#include <math.h>
#include <string.h>

#include "attention.h"
#include "elementary.h"
#include "tile_multiply.h"

/// Keys are taken in blocks of this many; a tile of scores is at most 64 × 64.
enum { KEY_BLOCK = 64, QUERY_BLOCK = TRIMTAB_ATTENTION_QUERY_BLOCK };

/// A half-open range of keys or queries.
struct Range {
  size_t first, end;
};

/// The keys that query `query` sees.
ALWAYS_INLINE struct Range visible_keys(const trimtab_attention_sequence *sequence,
                                           const trimtab_attention_layout *layout, size_t query) {
  size_t end = sequence->key_count - sequence->query_count + query + 1;
  return (struct Range){layout->window && end > layout->window ? end - layout->window : 0, end};
}

/// The queries that see some key of first_key ..< end_key.
ALWAYS_INLINE struct Range seeing_queries(const trimtab_attention_sequence *sequence,
                                          const trimtab_attention_layout *layout, size_t first_key,
                                          size_t end_key) {
  size_t behind = sequence->key_count - sequence->query_count, end = sequence->query_count;
  size_t reach = end_key - 1 + layout->window;
  if (layout->window && reach < behind + end) end = reach > behind ? reach - behind : 0;
  return (struct Range){first_key > behind ? first_key - behind : 0, end};
}

/// Whether the queries first ... last all see all keys of a block.
ALWAYS_INLINE bool sees_whole_block(const trimtab_attention_sequence *sequence,
                                    const trimtab_attention_layout *layout, size_t first, size_t last,
                                    size_t block) {
  return visible_keys(sequence, layout, first).end >= block + KEY_BLOCK &&
         visible_keys(sequence, layout, last).first <= block;
}

/// Blocks that the causal mask or the window cuts are worked through in strips of this many rows, each only as far as
/// its rows reach.
enum { STRIP = 12 };

/// The part of a block that the queries first ... last see, in whole vectors; perhaps empty.
ALWAYS_INLINE struct Range seen_columns(const trimtab_attention_sequence *sequence,
                                           const trimtab_attention_layout *layout, size_t first, size_t last,
                                           size_t block) {
  size_t begin = visible_keys(sequence, layout, first).first, end = visible_keys(sequence, layout, last).end;
  begin = begin > block ? (begin - block) / 16 * 16 : 0;
  end = end > block ? (end - block + 15) / 16 * 16 : 0;
  if (end > KEY_BLOCK) end = KEY_BLOCK;
  return (struct Range){begin < end ? begin : end, end};
}

/// Scores of a row of q·k products over one block: scaled, capped, and -∞ where `range` doesn't reach.
ALWAYS_INLINE void score_row(float *scores, int count, struct Range range, size_t first_key,
                             const trimtab_attention_layout *layout) {
  if (layout->soft_cap > 0) {
    float inner = layout->scale / layout->soft_cap;
    for (int j = 0; j < count; j++) scores[j] = layout->soft_cap * hyperbolic_tangent(scores[j] * inner);
  } else {
    for (int j = 0; j < count; j++) scores[j] *= layout->scale;
  }
  if (range.first <= first_key && range.end >= first_key + (size_t)count) return;
  int first = range.first > first_key ? (int)(range.first - first_key) : 0;
  int end = range.end > first_key ? (int)(range.end - first_key) : 0;
  for (int j = 0; j < count; j++) scores[j] = j >= first && j < end ? scores[j] : -INFINITY;
}

/// One block of scores becomes probabilities relative to the row's running maximum; the output so far and the
/// running sum are brought to the new maximum.
ALWAYS_INLINE void soften_row(float *restrict scores, int count, float *restrict out, size_t head_dimension,
                              float *running_maximum, float *running_sum) {
  float largest = scores[0];
  {
    float lanes[16];
    for (int lane = 0; lane < 16; lane++) lanes[lane] = scores[lane];
    for (int j = 16; j < count; j += 16)
      for (int lane = 0; lane < 16; lane++)
        lanes[lane] = scores[j + lane] > lanes[lane] ? scores[j + lane] : lanes[lane];
    for (int half = 8; half > 0; half /= 2)
      for (int lane = 0; lane < half; lane++)
        lanes[lane] = lanes[lane + half] > lanes[lane] ? lanes[lane + half] : lanes[lane];
    largest = lanes[0];
  }
  float maximum = *running_maximum > largest ? *running_maximum : largest;
  if (maximum == -INFINITY) {
    memset(scores, 0, (size_t)count * sizeof *scores);
    return;
  }
  {
    SUMS_IN_LANES
    float sum = 0;
    for (int j = 0; j < count; j++) {
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

/// One row of q·k products becomes probabilities p, and dp (d_out·v) the gradient of those products:
/// p·(dp - mean)·scale, times 1 - (capped/cap)² under a cap.
ALWAYS_INLINE void differentiate_row(float *restrict p, float *restrict dp, struct Range range, size_t block,
                                     const trimtab_attention_layout *layout, float log_sum, float mean) {
  score_row(p, KEY_BLOCK, range, block, layout);
  if (layout->soft_cap > 0) {
    float inverse = 1 / layout->soft_cap;
    for (int j = 0; j < KEY_BLOCK; j++) {
      float t = p[j] == -INFINITY ? 0 : p[j] * inverse;
      p[j] = exponential(p[j] - log_sum);
      dp[j] = p[j] * (dp[j] - mean) * layout->scale * (1 - t * t);
    }
  } else {
    for (int j = 0; j < KEY_BLOCK; j++) {
      p[j] = exponential(p[j] - log_sum);
      dp[j] = p[j] * (dp[j] - mean) * layout->scale;
    }
  }
}

/// One score, for the plain twins.
static inline double score_reference(const trimtab_attention_sequence *sequence,
                                     const trimtab_attention_layout *layout, size_t query, size_t key, size_t head) {
  size_t width = layout->head_dimension, kv_head = head / (layout->heads / layout->kv_heads);
  const float *q = sequence->queries + (query * layout->heads + head) * width;
  const float *k = sequence->keys + (key * layout->kv_heads + kv_head) * width;
  double dot = 0;
  for (size_t d = 0; d < width; d++) dot += (double)q[d] * k[d];
  double score = layout->scale * dot;
  return layout->soft_cap > 0 ? layout->soft_cap * tanh(score / layout->soft_cap) : score;
}
