#include "attention_tiles.h"

/// One head's queries against one block of keys: at most 64 × 64 probabilities.
struct BackwardTile {
  /// Of the tile's first query: q, d_out, d_q, the logarithms of sums, and the row's d_out·out.
  const float *q, *d_out, *log_sums, *differences;
  float *d_q;
  /// Of the tile's first key: k, d_k, d_v; keys and values as columns.
  const float *k, *key_columns, *value_columns;
  float *d_k, *d_v;
  /// Probabilities, and gradients of products. What a strip leaves out is multiplied by probabilities of 0, so it
  /// must be finite.
  float *p, *dp;
  size_t first_query, queries, first_key, keys;
};

ALWAYS_INLINE void attend_backwards(const struct BackwardTile *t, const trimtab_attention_sequence *sequence,
                                    const trimtab_attention_layout *layout, enum InstructionSet set) {
  size_t width = layout->head_dimension, row = layout->heads * width, kv_row = layout->kv_heads * width;
  size_t last_query = t->first_query + t->queries - 1;
  size_t strip = sees_whole_block(sequence, layout, t->first_query, last_query, t->first_key) ? QUERY_BLOCK : STRIP;
  // P = softmax(q·kᵀ), dS = P·(d_out·vᵀ - differences)·scale, dq += dS·k
  for (size_t i = 0; i < t->queries; i += strip) {
    size_t rows = t->queries - i < strip ? t->queries - i : strip, query = t->first_query + i;
    struct Range seen = seen_columns(sequence, layout, query, query + rows - 1, t->first_key);
    size_t columns = seen.end - seen.first, at = i * KEY_BLOCK + seen.first;
    size_t keys_end = seen.end < t->keys ? seen.end : t->keys;
    tile_multiply(rows, columns, width, t->q + i * row, row, 1, t->key_columns + seen.first, KEY_BLOCK, t->p + at,
                  KEY_BLOCK, false, set);
    tile_multiply(rows, columns, width, t->d_out + i * row, row, 1, t->value_columns + seen.first, KEY_BLOCK,
                  t->dp + at, KEY_BLOCK, false, set);
    for (size_t r = i; r < i + rows; r++)
      differentiate_row(t->p + r * KEY_BLOCK, t->dp + r * KEY_BLOCK,
                        visible_keys(sequence, layout, t->first_query + r), t->first_key, layout,
                        t->log_sums[r * layout->heads], t->differences[r * layout->heads]);
    if (keys_end <= seen.first) continue;
    tile_multiply(rows, width, keys_end - seen.first, t->dp + at, KEY_BLOCK, 1, t->k + seen.first * kv_row, kv_row,
                  t->d_q + i * row, row, true, set);
  }
  // dv += Pᵀ·d_out, dk += dSᵀ·q
  for (size_t j = 0; j < t->keys; j += strip) {
    size_t keys = t->keys - j < strip ? t->keys - j : strip;
    struct Range seeing = seeing_queries(sequence, layout, t->first_key + j, t->first_key + j + keys);
    size_t first = seeing.first > t->first_query ? seeing.first : t->first_query;
    size_t end = seeing.end < last_query + 1 ? seeing.end : last_query + 1;
    if (end <= first) continue;
    size_t i = first - t->first_query, at = i * KEY_BLOCK + j;
    tile_multiply(keys, width, end - first, t->p + at, 1, KEY_BLOCK, t->d_out + i * row, row, t->d_v + j * kv_row,
                  kv_row, true, set);
    tile_multiply(keys, width, end - first, t->dp + at, 1, KEY_BLOCK, t->q + i * row, row, t->d_k + j * kv_row,
                  kv_row, true, set);
  }
}

/// differences = d_out·out in each row of one head; and d_q is cleared unless it is added to.
ALWAYS_INLINE void begin_backwards(float *differences, float *d_q, bool adding, const float *d_out, const float *out,
                                   size_t queries, const trimtab_attention_layout *layout) {
  size_t width = layout->head_dimension, row = layout->heads * width;
  for (size_t i = 0; i < queries; i++, out += row, d_out += row, d_q += row) {
    SUMS_IN_LANES
    float dot = 0;
    for (size_t d = 0; d < width; d++) dot += out[d] * d_out[d];
    differences[i * layout->heads] = dot;
    if (!adding) memset(d_q, 0, width * sizeof *d_q);
  }
}

KERNEL_BODY trimtab_attention_backward_body(trimtab_attention_gradients g, float *differences,
                                            const float *d_out, const float *out, const float *log_sums,
                                            trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                            size_t kv_head, enum InstructionSet set) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  size_t row = layout.heads * width, kv_row = layout.kv_heads * width;
  float key_columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK];
  float value_columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK];
  float p[QUERY_BLOCK * KEY_BLOCK] = {0}, dp[QUERY_BLOCK * KEY_BLOCK] = {0};
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    size_t column = head * width;
    begin_backwards(differences + head, g.queries + column, g.adding_queries, d_out + column, out + column,
                    sequence.query_count, &layout);
  }
  for (size_t block = 0; block < sequence.key_count; block += KEY_BLOCK) {
    size_t length = sequence.key_count - block < KEY_BLOCK ? sequence.key_count - block : KEY_BLOCK;
    size_t key = block * kv_row + kv_head * width;
    transpose(key_columns, KEY_BLOCK, sequence.keys + key, kv_row, length, width);
    transpose(value_columns, KEY_BLOCK, sequence.values + key, kv_row, length, width);
    for (size_t j = 0; j < length; j++) {
      if (!g.adding_keys) memset(g.keys + key + j * kv_row, 0, width * sizeof *g.keys);
      if (!g.adding_values) memset(g.values + key + j * kv_row, 0, width * sizeof *g.values);
    }
    struct Range seeing = seeing_queries(&sequence, &layout, block, block + length);
    for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
      for (size_t first = seeing.first; first < seeing.end; first += QUERY_BLOCK) {
        size_t query = first * row + head * width, sum = first * layout.heads + head;
        struct BackwardTile tile = {
            .q = sequence.queries + query, .d_out = d_out + query, .d_q = g.queries + query,
            .log_sums = log_sums + sum, .differences = differences + sum,
            .k = sequence.keys + key, .d_k = g.keys + key, .d_v = g.values + key,
            .key_columns = key_columns, .value_columns = value_columns, .p = p, .dp = dp,
            .first_query = first, .queries = seeing.end - first < QUERY_BLOCK ? seeing.end - first : QUERY_BLOCK,
            .first_key = block, .keys = length,
        };
        attend_backwards(&tile, &sequence, &layout, set);
      }
  }
}

KERNEL(trimtab_attention_backward,
       (trimtab_attention_gradients g, float *differences, const float *d_out, const float *out, const float *log_sums,
        trimtab_attention_sequence sequence, trimtab_attention_layout layout, size_t kv_head),
       g, differences, d_out, out, log_sums,
       sequence, layout, kv_head)

void trimtab_attention_backward_reference(trimtab_attention_gradients g, float *differences,
                                          const float *d_out, const float *out, const float *log_sums,
                                          trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                          size_t kv_head) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads, heads = layout.heads;
  for (size_t key = 0; key < sequence.key_count; key++)
    for (size_t d = 0; d < width; d++) {
      size_t at = (key * layout.kv_heads + kv_head) * width + d;
      if (!g.adding_keys) g.keys[at] = 0;
      if (!g.adding_values) g.values[at] = 0;
    }
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t query = 0; query < sequence.query_count; query++) {
      const size_t at = (query * heads + head) * width;
      double mean = 0;
      for (size_t d = 0; d < width; d++) mean += (double)d_out[at + d] * out[at + d];
      differences[query * heads + head] = (float)mean;
      if (!g.adding_queries) memset(g.queries + at, 0, width * sizeof *g.queries);
      struct Range range = visible_keys(&sequence, &layout, query);
      for (size_t key = range.first; key < range.end; key++) {
        const size_t kv_at = (key * layout.kv_heads + kv_head) * width;
        double score = score_reference(&sequence, &layout, query, key, head), t = 0, dp = 0;
        double p = exp(score - log_sums[query * heads + head]);
        if (layout.soft_cap > 0) t = score / layout.soft_cap;
        for (size_t d = 0; d < width; d++) dp += (double)d_out[at + d] * sequence.values[kv_at + d];
        double d_score = p * (dp - mean) * layout.scale * (1 - t * t);
        for (size_t d = 0; d < width; d++) {
          g.values[kv_at + d] += (float)(p * d_out[at + d]);
          g.keys[kv_at + d] += (float)(d_score * sequence.queries[at + d]);
          g.queries[at + d] += (float)(d_score * sequence.keys[kv_at + d]);
        }
      }
    }
}
