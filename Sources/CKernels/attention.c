#include "attention_tiles.h"

KERNEL_BODY trimtab_attention_forward_body(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                           trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                           size_t end_query, enum InstructionSet set) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  size_t row = layout.heads * width, kv_row = layout.kv_heads * width, count = end_query - first_query;
  const float *keys = sequence.keys + kv_head * width, *values = sequence.values + kv_head * width;
  float columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK], scores[QUERY_BLOCK * KEY_BLOCK] = {0};
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
      size_t strip = sees_whole_block(&sequence, &layout, first_query, end_query - 1, block) ? count : STRIP;
      for (size_t first = 0; first < count; first += strip) {
        size_t rows = count - first < strip ? count - first : strip;
        struct Range seen =
            seen_columns(&sequence, &layout, first_query + first, first_query + first + rows - 1, block);
        if (seen.end == seen.first) continue;
        size_t keys_end = seen.end < length ? seen.end : length;
        float *s = scores + first * KEY_BLOCK;
        tile_multiply(rows, seen.end - seen.first, width, q + first * row, row, 1, columns + seen.first, KEY_BLOCK,
                      s + seen.first, KEY_BLOCK, false, set);
        for (size_t i = first; i < first + rows; i++) {
          float *scored = scores + i * KEY_BLOCK;
          score_row(scored, (int)seen.end, visible_keys(&sequence, &layout, first_query + i), block, &layout);
          soften_row(scored, (int)seen.end, o + i * row, width, &maxima[i], &sums[i]);
        }
        tile_multiply(rows, width, keys_end - seen.first, s + seen.first, KEY_BLOCK, 1,
                      values + (block + seen.first) * kv_row, kv_row, o + first * row, row, true, set);
      }
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

void trimtab_attention_forward_reference(float *out, float *log_sums, trimtab_attention_sequence sequence,
                                         trimtab_attention_layout layout, size_t kv_head, size_t first_query,
                                         size_t end_query) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  for (size_t head = kv_head * group; head < (kv_head + 1) * group; head++)
    for (size_t query = first_query; query < end_query; query++) {
      struct Range range = visible_keys(&sequence, &layout, query);
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
