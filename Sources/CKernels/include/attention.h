#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

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
/// out [query_count, heads · head_dimension]; log_sums [query_count, heads], unless null, gets log Σ e^score of every
/// row (Flash-attention's running softmax, arXiv:2205.14135: no score matrix is kept).
void trimtab_attention_forward(float *out, float *log_sums, trimtab_attention_sequence sequence,
                               trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                               size_t end_query);
void trimtab_attention_forward_reference(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                         trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                         size_t end_query);

/// Where gradients go, laid out like queries, keys and values, and whether they are added to what is there, or
/// overwrite it.
typedef struct trimtab_attention_gradients {
  float *queries, *keys, *values;
  bool adding_queries, adding_keys, adding_values;
} trimtab_attention_gradients;

/// The gradients of one whole sequence for all heads that share one key head; probabilities are made again.
///
/// d_out is like out. `differences` is room for [query_count, heads].
void trimtab_attention_backward(trimtab_attention_gradients gradients, float *differences, const float *d_out,
                                const float *out, const float *log_sums, trimtab_attention_sequence sequence,
                                trimtab_attention_layout layout, size_t kv_head);
void trimtab_attention_backward_reference(trimtab_attention_gradients gradients, float *differences,
                                          const float *d_out, const float *out, const float *log_sums,
                                          trimtab_attention_sequence sequence, trimtab_attention_layout layout,
                                          size_t kv_head);

/// One whole sequence of bfloat16 rows, each of which sees itself and those before it: training.
///
/// queries [rows, heads · head_dimension], keys and values [rows, kv_heads · head_dimension].
typedef struct trimtab_attention_halves {
  const uint16_t *queries, *keys, *values;
  size_t rows;
} trimtab_attention_halves;

/// Whether this machine has the two functions that follow, for such heads. Their twins are the plain twins above,
/// given the same numbers as float32: sums are float32 here too, but probabilities and what flows back through them
/// are rounded to bfloat16 before they are multiplied.
bool trimtab_attention_serves_bfloat16(trimtab_attention_layout layout);

/// `trimtab_attention_forward` in bfloat16: out is like queries.
void trimtab_attention_forward_bfloat16(uint16_t *out, float *log_sums, trimtab_attention_halves sequence,
                                        trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                        size_t end_query);

/// `trimtab_attention_backward` in bfloat16: d_out and out are like queries.
void trimtab_attention_backward_bfloat16(trimtab_attention_gradients gradients, float *differences,
                                         const uint16_t *d_out, const uint16_t *out, const float *log_sums,
                                         trimtab_attention_halves sequence, trimtab_attention_layout layout,
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
