#include "attention.h"
#include "cpu.h"

#if defined(__x86_64__)
#include "cpu_target.h"
TRIMTAB_BEGIN_TARGET("avx2,fma,avx512f,avx512bw,avx512dq,avx512vl,avx512bf16")
#include "attention_pairs.h"
#include "convert_scalar.h"

static void forward(uint16_t *out, float *log_sums, const trimtab_attention_halves *x,
                    const trimtab_attention_layout *layout, size_t kv_head, size_t first_query, size_t end_query) {
  size_t width = layout->head_dimension, group = layout->heads / layout->kv_heads, count = end_query - first_query;
  size_t row = layout->heads * width, kv_row = layout->kv_heads * width;
  const uint16_t *keys = x->keys + kv_head * width, *values = x->values + kv_head * width;
  const trimtab_attention_sequence sequence = places(x->rows);
  pair columns[BLOCK_PAIRS], rows_of_values[BLOCK_PAIRS];
  float scores[QUERY_BLOCK * KEY_BLOCK] = {0}, sums_of_values[QUERY_BLOCK * TRIMTAB_ATTENTION_LARGEST_HEAD];
  uint16_t weights[QUERY_BLOCK * KEY_BLOCK];
  float maxima[QUERY_BLOCK], sums[QUERY_BLOCK];
  size_t begin = visible_keys(&sequence, layout, first_query).first;
  size_t end = visible_keys(&sequence, layout, end_query - 1).end;

  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    const uint16_t *q = x->queries + first_query * row + head * width;
    for (size_t i = 0; i < count; i++) {
      maxima[i] = -INFINITY;
      sums[i] = 0;
    }
    memset(sums_of_values, 0, count * width * sizeof *sums_of_values);
    for (size_t block = begin / KEY_BLOCK * KEY_BLOCK; block < end; block += KEY_BLOCK) {
      size_t length = end - block < KEY_BLOCK ? end - block : KEY_BLOCK;
      pairs_of_columns(columns, keys + block * kv_row, kv_row, length, width);
      pairs_of_rows(rows_of_values, values + block * kv_row, kv_row, length, width);
      size_t strip = sees_whole_block(&sequence, layout, first_query, end_query - 1, block) ? count : STRIP;
      for (size_t first = 0; first < count; first += strip) {
        size_t rows = count - first < strip ? count - first : strip, query = first_query + first;
        struct Range seen = seen_columns(&sequence, layout, query, query + rows - 1, block);
        if (seen.end == seen.first) continue;
        size_t across = seen.end - seen.first, at = first * KEY_BLOCK + seen.first;
        multiply_pairs(rows, across, width / 2, (const pair *)(q + first * row), row / 2, 1, columns + seen.first,
                       KEY_BLOCK, scores + at, KEY_BLOCK, false);
        for (size_t i = first; i < first + rows; i++) {
          float *scored = scores + i * KEY_BLOCK, *mean = sums_of_values + i * width;
          struct Range visible = visible_keys(&sequence, layout, first_query + i);
          if (layout->soft_cap > 0) {
            score_row(scored, (int)seen.end, visible, block, layout);
            soften_row(scored, (int)seen.end, mean, width, &maxima[i], &sums[i]);
            round_row(weights + i * KEY_BLOCK, scored, seen.end);
          } else {
            soften_products(weights + i * KEY_BLOCK, scored, seen.end, visible, block, layout->scale, mean, width,
                            &maxima[i], &sums[i]);
          }
        }
        multiply_pairs(rows, width, across / 2, (const pair *)(weights + at), KEY_BLOCK / 2, 1,
                       rows_of_values + seen.first / 2 * width, width, sums_of_values + first * width, width, true);
      }
    }
    for (size_t i = 0; i < count; i++) {
      float inverse = 1 / sums[i], *mean = sums_of_values + i * width;
      for (size_t d = 0; d < width; d++) mean[d] *= inverse;
      round_row(out + (first_query + i) * row + head * width, mean, width);
      if (log_sums) log_sums[(first_query + i) * layout->heads + head] = maxima[i] + logf(sums[i]);
    }
  }
}

/// What the tiles of one block of keys have in common, and where one tile's numbers go.
struct Backward {
  /// The block's keys and values as columns, and its keys as rows; of one block of queries q and d_out as rows.
  pair key_columns[BLOCK_PAIRS], value_columns[BLOCK_PAIRS], key_rows[BLOCK_PAIRS], q_rows[BLOCK_PAIRS];
  pair d_out_rows[BLOCK_PAIRS];
  /// The gradients of the block's keys and values.
  float d_keys[KEY_BLOCK * TRIMTAB_ATTENTION_LARGEST_HEAD], d_values[KEY_BLOCK * TRIMTAB_ATTENTION_LARGEST_HEAD];
  /// Probabilities, and gradients of products; what a strip leaves out is multiplied by 0, so it must be finite.
  float p[QUERY_BLOCK * KEY_BLOCK], dp[QUERY_BLOCK * KEY_BLOCK];
  /// The same rounded: pairs of rows, and the latter along rows too.
  pair p_rows[QUERY_BLOCK / 2 * KEY_BLOCK], dp_rows[QUERY_BLOCK / 2 * KEY_BLOCK];
  uint16_t dp_along[QUERY_BLOCK * KEY_BLOCK];
};

/// One head's queries first_query ..< first_query + queries against one block of keys.
static void backward_tile(struct Backward *t, float *d_queries, const float *differences, const uint16_t *d_out,
                          const float *log_sums, const uint16_t *q, const trimtab_attention_sequence *sequence,
                          const trimtab_attention_layout *layout, size_t first_query, size_t queries,
                          size_t first_key, size_t keys) {
  size_t width = layout->head_dimension, row = layout->heads * width, last_query = first_query + queries - 1;
  size_t strip = sees_whole_block(sequence, layout, first_query, last_query, first_key) ? QUERY_BLOCK : STRIP;
  pairs_of_rows(t->q_rows, q, row, queries, width);
  pairs_of_rows(t->d_out_rows, d_out, row, queries, width);
  // P = softmax(q·kᵀ), dS = P·(d_out·vᵀ - differences)·scale, dq += dS·k
  for (size_t i = 0; i < queries; i += strip) {
    size_t rows = queries - i < strip ? queries - i : strip, query = first_query + i;
    struct Range seen = seen_columns(sequence, layout, query, query + rows - 1, first_key);
    size_t across = seen.end - seen.first, at = i * KEY_BLOCK + seen.first;
    multiply_pairs(rows, across, width / 2, (const pair *)(q + i * row), row / 2, 1, t->key_columns + seen.first,
                   KEY_BLOCK, t->p + at, KEY_BLOCK, false);
    multiply_pairs(rows, across, width / 2, (const pair *)(d_out + i * row), row / 2, 1,
                   t->value_columns + seen.first, KEY_BLOCK, t->dp + at, KEY_BLOCK, false);
    for (size_t r = i; r < i + rows; r++) {
      float *p = t->p + r * KEY_BLOCK, *dp = t->dp + r * KEY_BLOCK;
      float log_sum = log_sums[r * layout->heads], mean = differences[r * layout->heads];
      struct Range visible = visible_keys(sequence, layout, first_query + r);
      if (layout->soft_cap > 0)
        differentiate_row(p, dp, visible, first_key, layout, log_sum, mean);
      else
        differentiate_products(p, dp, visible, first_key, layout->scale, log_sum, mean);
      round_row(t->dp_along + r * KEY_BLOCK, dp, KEY_BLOCK);
    }
    multiply_pairs(rows, width, across / 2, (const pair *)(t->dp_along + at), KEY_BLOCK / 2, 1,
                   t->key_rows + seen.first / 2 * width, width, d_queries + i * row, row, true);
  }
  // A pair whose second row is missing multiplies it by the zeros of q_rows and d_out_rows.
  for (size_t r = 0; r < queries; r += 2) {
    size_t at = r * KEY_BLOCK, next = at + KEY_BLOCK;
    round_rows(t->p_rows + at / 2, t->p + at, t->p + next, KEY_BLOCK);
    round_rows(t->dp_rows + at / 2, t->dp + at, t->dp + next, KEY_BLOCK);
  }
  // dv += Pᵀ·d_out, dk += dSᵀ·q
  for (size_t j = 0; j < keys; j += strip) {
    size_t rows = keys - j < strip ? keys - j : strip;
    struct Range seeing = seeing_queries(sequence, layout, first_key + j, first_key + j + rows);
    size_t first = seeing.first > first_query ? (seeing.first - first_query) / 2 : 0;
    size_t end = seeing.end < last_query + 1 ? seeing.end : last_query + 1;
    if (end <= first_query + 2 * first) continue;
    size_t pairs = (end - first_query + 1) / 2 - first, at = first * KEY_BLOCK + j;
    multiply_pairs(rows, width, pairs, t->p_rows + at, 1, KEY_BLOCK, t->d_out_rows + first * width, width,
                   t->d_values + j * width, width, true);
    multiply_pairs(rows, width, pairs, t->dp_rows + at, 1, KEY_BLOCK, t->q_rows + first * width, width,
                   t->d_keys + j * width, width, true);
  }
}

/// differences = d_out·out in each row of one head; and d_q is cleared unless it is added to.
static void begin_backward(float *differences, float *d_q, bool adding, const uint16_t *d_out, const uint16_t *out,
                           size_t queries, const trimtab_attention_layout *layout) {
  size_t width = layout->head_dimension, row = layout->heads * width;
  for (size_t i = 0; i < queries; i++, out += row, d_out += row, d_q += row) {
    SUMS_IN_LANES
    float dot = 0;
    for (size_t d = 0; d < width; d++) dot += float32_from_bfloat16(d_out[d]) * float32_from_bfloat16(out[d]);
    differences[i * layout->heads] = dot;
    if (!adding) memset(d_q, 0, width * sizeof *d_q);
  }
}

/// The gradients of one block of keys, or of values, written or added to where they belong.
static void end_backward(float *to, size_t to_row, bool adding, const float *from, size_t rows, size_t width) {
  for (size_t r = 0; r < rows; r++, to += to_row, from += width)
    for (size_t d = 0; d < width; d++) to[d] = (adding ? to[d] : 0) + from[d];
}

static void backward(const trimtab_attention_gradients *g, float *differences, const uint16_t *d_out,
                     const uint16_t *out, const float *log_sums, const trimtab_attention_halves *x,
                     const trimtab_attention_layout *layout, size_t kv_head) {
  size_t width = layout->head_dimension, group = layout->heads / layout->kv_heads;
  size_t row = layout->heads * width, kv_row = layout->kv_heads * width;
  const trimtab_attention_sequence sequence = places(x->rows);
  struct Backward tile;
  memset(tile.p, 0, sizeof tile.p);
  memset(tile.dp, 0, sizeof tile.dp);
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++) {
    size_t column = head * width;
    begin_backward(differences + head, g->queries + column, g->adding_queries, d_out + column, out + column, x->rows,
                   layout);
  }
  for (size_t block = 0; block < x->rows; block += KEY_BLOCK) {
    size_t length = x->rows - block < KEY_BLOCK ? x->rows - block : KEY_BLOCK;
    size_t key = block * kv_row + kv_head * width;
    pairs_of_columns(tile.key_columns, x->keys + key, kv_row, length, width);
    pairs_of_columns(tile.value_columns, x->values + key, kv_row, length, width);
    pairs_of_rows(tile.key_rows, x->keys + key, kv_row, length, width);
    memset(tile.d_keys, 0, length * width * sizeof *tile.d_keys);
    memset(tile.d_values, 0, length * width * sizeof *tile.d_values);
    struct Range seeing = seeing_queries(&sequence, layout, block, block + length);
    for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
      for (size_t first = seeing.first; first < seeing.end; first += QUERY_BLOCK) {
        size_t query = first * row + head * width, sum = first * layout->heads + head;
        size_t queries = seeing.end - first < QUERY_BLOCK ? seeing.end - first : QUERY_BLOCK;
        backward_tile(&tile, g->queries + query, differences + sum, d_out + query, log_sums + sum, x->queries + query,
                      &sequence, layout, first, queries, block, length);
      }
    end_backward(g->keys + key, kv_row, g->adding_keys, tile.d_keys, length, width);
    end_backward(g->values + key, kv_row, g->adding_values, tile.d_values, length, width);
  }
}
TRIMTAB_END_TARGET

bool trimtab_attention_serves_bfloat16(trimtab_attention_layout layout) {
  return (trimtab_cpu_features() & TRIMTAB_CPU_AVX512_BF16) && layout.head_dimension % 32 == 0 &&
         layout.head_dimension <= TRIMTAB_ATTENTION_LARGEST_HEAD;
}

void trimtab_attention_forward_bfloat16(uint16_t *out, float *log_sums, trimtab_attention_halves x,
                                        trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                        size_t end_query) {
  forward(out, log_sums, &x, &layout, kv_head, first_query, end_query);
}

void trimtab_attention_backward_bfloat16(trimtab_attention_gradients gradients, float *differences,
                                         const uint16_t *d_out, const uint16_t *out, const float *log_sums,
                                         trimtab_attention_halves x, trimtab_attention_layout layout,
                                         size_t kv_head) {
  backward(&gradients, differences, d_out, out, log_sums, &x, &layout, kv_head);
}
#else
bool trimtab_attention_serves_bfloat16(trimtab_attention_layout layout) {
  (void)layout;
  return false;
}

void trimtab_attention_forward_bfloat16(uint16_t *out, float *log_sums, trimtab_attention_halves x,
                                        trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                        size_t end_query) {
  (void)out, (void)log_sums, (void)x, (void)layout, (void)kv_head, (void)first_query, (void)end_query;
}

void trimtab_attention_backward_bfloat16(trimtab_attention_gradients gradients, float *differences,
                                         const uint16_t *d_out, const uint16_t *out, const float *log_sums,
                                         trimtab_attention_halves x, trimtab_attention_layout layout,
                                         size_t kv_head) {
  (void)gradients, (void)differences, (void)d_out, (void)out, (void)log_sums, (void)x, (void)layout, (void)kv_head;
}
#endif
