#pragma once
#include <stdbool.h>
#include <stddef.h>

/// The largest head dimension that the kernels have room for.
enum { TRIMTAB_ATTENTION_LARGEST_HEAD = 256, TRIMTAB_ATTENTION_QUERY_BLOCK = 64 };

/// How heads lie in rows, and what scores are made of.
///
/// Head h of the queries reads head h / (heads / kv_heads) of keys and values.
typedef struct trimtab_attention_layout {
  size_t heads, kv_heads, head_dimension;
  /// score = scale · q·k, then soft_cap · tanh(score / soft_cap) unless soft_cap is 0.
  float scale, soft_cap;
  /// A query sees itself and the window - 1 keys before it; 0: all keys before it.
  size_t window;
} trimtab_attention_layout;

/// One sequence. Query i stands at the place of key key_count - query_count + i and sees that key and those
/// before it. queries [query_count, heads · head_dimension], keys and values [key_count, kv_heads · head_dimension].
typedef struct trimtab_attention_sequence {
  const float *queries, *keys, *values;
  size_t query_count, key_count;
} trimtab_attention_sequence;

/// Attention of all heads that share one key head, for the queries first_query ..< end_query (at most
/// TRIMTAB_ATTENTION_QUERY_BLOCK of them).
///
/// out [query_count, heads · head_dimension]; log_sums [query_count, heads], unless null, gets log Σ e^score of every row
/// (Flash-attention's running softmax, arXiv:2205.14135: no score matrix is kept).
void trimtab_attention_forward(float *out, float *log_sums, trimtab_attention_sequence sequence,
                               trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                               size_t end_query);
void trimtab_attention_forward_reference(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                         trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                         size_t end_query);

/// The gradients of one whole sequence for all heads that share one key head; probabilities are made again.
///
/// d_out, d_queries like out; d_keys, d_values like keys. Those three are each added to where their flag says so,
/// else overwritten. `differences` is room for [query_count, heads].
void trimtab_attention_backward(float *d_queries, bool adding_queries, float *d_keys, bool adding_keys,
                                float *d_values, bool adding_values, float *differences, const float *d_out,
                                const float *out, const float *log_sums, trimtab_attention_sequence sequence,
                                trimtab_attention_layout layout, size_t kv_head);
void trimtab_attention_backward_reference(float *d_queries, bool adding_queries, float *d_keys, bool adding_keys,
                                          float *d_values, bool adding_values, float *differences,
                                          const float *d_out, const float *out, const float *log_sums,
                                          trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                          size_t kv_head);

/// One query against the keys first_key ..< end_key, for all heads that share one key head: a part of decoding.
///
/// `part` [heads / kv_heads, head_dimension + 2] gets per head the largest score, Σ e^(score - largest), and
/// Σ e^(score - largest) · value.
void trimtab_attention_decode(float *part, trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                              size_t kv_head, size_t first_key, size_t end_key);
void trimtab_attention_decode_reference(float *part, trimtab_attention_sequence sequence,
                                        trimtab_attention_layout layout, size_t kv_head, size_t first_key,
                                        size_t end_key);

/// Joins `count` parts of one head, `stride` floats apart, in order: out [head_dimension].
void trimtab_attention_join(float *out, const float *parts, size_t count, size_t stride, size_t head_dimension);
