#include "attention.h"

#include <string.h>

#include "attention_tiles.h"

// MARK: - Forward

KERNEL_BODY trimtab_attention_forward_body(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                           trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                           size_t end_query, enum InstructionSet set) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  size_t row = layout.heads * width, kv_row = layout.kv_heads * width, count = end_query - first_query;
  const float *keys = sequence.keys + kv_head * width, *values = sequence.values + kv_head * width;
  float columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK], scores[QUERY_BLOCK * KEY_BLOCK];
  float maxima[QUERY_BLOCK], sums[QUERY_BLOCK];
  size_t begin = visible_keys(&sequence, &layout, first_query).first;
  size_t end = visible_keys(&sequence, &layout, end_query - 1).end;

  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    const float *q = sequence.queries + first_query * row + head * width;
    float *o = out + first_query * row + head * width;
    for (size_t i = 0; i < count; i++) {
      maxima[i] = -INFINITY;
      sums[i] = 0;
      memset(o + i * row, 0, width * sizeof *o);
    }
    for (size_t block = begin / KEY_BLOCK * KEY_BLOCK; block < end; block += KEY_BLOCK) {
      size_t length = end - block < KEY_BLOCK ? end - block : KEY_BLOCK;
      transpose(columns, KEY_BLOCK, keys + block * kv_row, kv_row, length, width);
      tile_multiply(count, KEY_BLOCK, width, q, row, 1, columns, KEY_BLOCK, scores, KEY_BLOCK, false, set);
      for (size_t i = 0; i < count; i++) {
        score_row(scores + i * KEY_BLOCK, visible_keys(&sequence, &layout, first_query + i), block, &layout);
        soften_row(scores + i * KEY_BLOCK, o + i * row, width, &maxima[i], &sums[i]);
      }
      tile_multiply(count, width, length, scores, KEY_BLOCK, 1, values + block * kv_row, kv_row, o, row, true, set);
    }
    for (size_t i = 0; i < count; i++) {
      float inverse = 1 / sums[i];
      for (size_t d = 0; d < width; d++) o[i * row + d] *= inverse;
      if (log_sums) log_sums[(first_query + i) * layout.heads + head] = maxima[i] + logf(sums[i]);
    }
  }
}

KERNEL(trimtab_attention_forward,
       (float *out, float *log_sums, trimtab_attention_sequence sequence, trimtab_attention_layout layout,
        size_t kv_head, size_t first_query, size_t end_query),
       out, log_sums, sequence, layout, kv_head, first_query, end_query)

static double score_reference(const trimtab_attention_sequence *sequence, const trimtab_attention_layout *layout,
                              size_t query, size_t key, size_t head) {
  size_t width = layout->head_dimension, kv_head = head / (layout->heads / layout->kv_heads);
  const float *q = sequence->queries + (query * layout->heads + head) * width;
  const float *k = sequence->keys + (key * layout->kv_heads + kv_head) * width;
  double dot = 0;
  for (size_t d = 0; d < width; d++) dot += (double)q[d] * k[d];
  double score = layout->scale * dot;
  return layout->soft_cap > 0 ? layout->soft_cap * tanh(score / layout->soft_cap) : score;
}

void trimtab_attention_forward_reference(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                         trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                         size_t end_query) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t query = first_query; query < end_query; query++) {
      struct KeyRange range = visible_keys(&sequence, &layout, query);
      double maximum = -INFINITY, sum = 0;
      for (size_t key = range.first; key < range.end; key++)
        maximum = fmax(maximum, score_reference(&sequence, &layout, query, key, head));
      for (size_t key = range.first; key < range.end; key++)
        sum += exp(score_reference(&sequence, &layout, query, key, head) - maximum);
      if (log_sums) log_sums[query * layout.heads + head] = (float)(maximum + log(sum));
      for (size_t d = 0; d < width; d++) {
        double mean = 0;
        for (size_t key = range.first; key < range.end; key++)
          mean += exp(score_reference(&sequence, &layout, query, key, head) - maximum) / sum *
                  sequence.values[(key * layout.kv_heads + kv_head) * width + d];
        out[(query * layout.heads + head) * width + d] = (float)mean;
      }
    }
}

// MARK: - Backward

KERNEL_BODY trimtab_attention_backward_body(float *d_queries, bool adding_queries, float *d_keys, bool adding_keys,
                                            float *d_values, bool adding_values, float *differences,
                                            const float *d_out, const float *out, const float *log_sums,
                                            trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                            size_t kv_head, enum InstructionSet set) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads, heads = layout.heads;
  size_t row = heads * width, kv_row = layout.kv_heads * width;
  size_t queries = sequence.query_count, behind = sequence.key_count - queries;
  float columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK], value_columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK];
  float p[QUERY_BLOCK * KEY_BLOCK], dp[QUERY_BLOCK * KEY_BLOCK];

  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t i = 0; i < queries; i++) {
      SUMS_IN_LANES
      const float *o = out + i * row + head * width, *d_o = d_out + i * row + head * width;
      float dot = 0;
      for (size_t d = 0; d < width; d++) dot += o[d] * d_o[d];
      differences[i * heads + head] = dot;
      if (!adding_queries) memset(d_queries + i * row + head * width, 0, width * sizeof *d_queries);
    }

  for (size_t block = 0; block < sequence.key_count; block += KEY_BLOCK) {
    size_t length = sequence.key_count - block < KEY_BLOCK ? sequence.key_count - block : KEY_BLOCK;
    const float *k = sequence.keys + block * kv_row + kv_head * width;
    const float *v = sequence.values + block * kv_row + kv_head * width;
    float *d_k = d_keys + block * kv_row + kv_head * width, *d_v = d_values + block * kv_row + kv_head * width;
    transpose(columns, KEY_BLOCK, k, kv_row, length, width);
    transpose(value_columns, KEY_BLOCK, v, kv_row, length, width);
    for (size_t j = 0; j < length; j++) {
      if (!adding_keys) memset(d_k + j * kv_row, 0, width * sizeof *d_k);
      if (!adding_values) memset(d_v + j * kv_row, 0, width * sizeof *d_v);
    }
    // The queries that see some key of this block: from the one at its first key to the last that its last
    // key's window reaches.
    size_t begin = block > behind ? block - behind : 0, end = queries;
    if (layout.window && block + length - 1 + layout.window < behind + queries)
      end = block + length - 1 + layout.window > behind ? block + length - 1 + layout.window - behind : 0;
    for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
      for (size_t first = begin; first < end; first += QUERY_BLOCK) {
        size_t count = end - first < QUERY_BLOCK ? end - first : QUERY_BLOCK;
        const float *q = sequence.queries + first * row + head * width, *d_o = d_out + first * row + head * width;
        tile_multiply(count, KEY_BLOCK, width, q, row, 1, columns, KEY_BLOCK, p, KEY_BLOCK, false, set);
        tile_multiply(count, KEY_BLOCK, width, d_o, row, 1, value_columns, KEY_BLOCK, dp, KEY_BLOCK, false, set);
        for (size_t i = 0; i < count; i++) {
          float log_sum = log_sums[(first + i) * heads + head], mean = differences[(first + i) * heads + head];
          float *pi = p + i * KEY_BLOCK, *di = dp + i * KEY_BLOCK;
          score_row(pi, visible_keys(&sequence, &layout, first + i), block, &layout);
          if (layout.soft_cap > 0) {
            // ∂capped/∂score = 1 - (capped/cap)²; a masked score has no gradient.
            float inverse = 1 / layout.soft_cap;
            for (int j = 0; j < KEY_BLOCK; j++) {
              float t = pi[j] == -INFINITY ? 0 : pi[j] * inverse, probability = exponential(pi[j] - log_sum);
              di[j] = probability * (di[j] - mean) * layout.scale * (1 - t * t);
              pi[j] = probability;
            }
          } else {
            for (int j = 0; j < KEY_BLOCK; j++) {
              pi[j] = exponential(pi[j] - log_sum);
              di[j] = pi[j] * (di[j] - mean) * layout.scale;
            }
          }
        }
        tile_multiply(length, width, count, p, 1, KEY_BLOCK, d_o, row, d_v, kv_row, true, set);
        tile_multiply(length, width, count, dp, 1, KEY_BLOCK, q, row, d_k, kv_row, true, set);
        tile_multiply(count, width, length, dp, KEY_BLOCK, 1, k, kv_row, d_queries + first * row + head * width,
                      row, true, set);
      }
  }
}

KERNEL(trimtab_attention_backward,
       (float *d_queries, bool adding_queries, float *d_keys, bool adding_keys, float *d_values,
        bool adding_values, float *differences, const float *d_out, const float *out, const float *log_sums,
        trimtab_attention_sequence sequence, trimtab_attention_layout layout, size_t kv_head),
       d_queries, adding_queries, d_keys, adding_keys, d_values, adding_values, differences, d_out, out, log_sums,
       sequence, layout, kv_head)

void trimtab_attention_backward_reference(float *d_queries, bool adding_queries, float *d_keys, bool adding_keys,
                                          float *d_values, bool adding_values, float *differences,
                                          const float *d_out, const float *out, const float *log_sums,
                                          trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                          size_t kv_head) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads, heads = layout.heads;
  for (size_t key = 0; key < sequence.key_count; key++)
    for (size_t d = 0; d < width; d++) {
      size_t at = (key * layout.kv_heads + kv_head) * width + d;
      if (!adding_keys) d_keys[at] = 0;
      if (!adding_values) d_values[at] = 0;
    }
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t query = 0; query < sequence.query_count; query++) {
      const size_t at = (query * heads + head) * width;
      double mean = 0;
      for (size_t d = 0; d < width; d++) mean += (double)d_out[at + d] * out[at + d];
      differences[query * heads + head] = (float)mean;
      if (!adding_queries) memset(d_queries + at, 0, width * sizeof *d_queries);
      struct KeyRange range = visible_keys(&sequence, &layout, query);
      for (size_t key = range.first; key < range.end; key++) {
        const size_t kv_at = (key * layout.kv_heads + kv_head) * width;
        double score = score_reference(&sequence, &layout, query, key, head), t = 0, dp = 0;
        double p = exp(score - log_sums[query * heads + head]);
        if (layout.soft_cap > 0) t = score / layout.soft_cap;
        for (size_t d = 0; d < width; d++) dp += (double)d_out[at + d] * sequence.values[kv_at + d];
        double d_score = p * (dp - mean) * layout.scale * (1 - t * t);
        for (size_t d = 0; d < width; d++) {
          d_values[kv_at + d] += (float)(p * d_out[at + d]);
          d_keys[kv_at + d] += (float)(d_score * sequence.queries[at + d]);
          d_queries[at + d] += (float)(d_score * sequence.keys[kv_at + d]);
        }
      }
    }
}
