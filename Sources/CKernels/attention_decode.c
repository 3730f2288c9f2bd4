#include "attention_tiles.h"

KERNEL_BODY trimtab_attention_decode_body(float *part, trimtab_attention_sequence sequence,
                                          trimtab_attention_layout layout, size_t kv_head, size_t first_key,
                                          size_t end_key, enum InstructionSet set) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  size_t kv_row = layout.kv_heads * width, part_row = width + 2;
  float columns[TRIMTAB_ATTENTION_LARGEST_HEAD * KEY_BLOCK], scores[QUERY_BLOCK * KEY_BLOCK];
  struct Range seen = visible_keys(&sequence, &layout, 0);
  // The heads of the group are the rows of the tiles.
  for (size_t head = 0; head < group; head += QUERY_BLOCK, part += QUERY_BLOCK * part_row) {
    size_t count = group - head < QUERY_BLOCK ? group - head : QUERY_BLOCK;
    for (size_t i = 0; i < count; i++) {
      part[i * part_row] = -INFINITY;
      memset(part + i * part_row + 1, 0, (width + 1) * sizeof *part);
    }
    for (size_t block = first_key; block < end_key; block += KEY_BLOCK) {
      size_t length = end_key - block < KEY_BLOCK ? end_key - block : KEY_BLOCK;
      struct Range range = {seen.first, block + length < seen.end ? block + length : seen.end};
      const float *k = sequence.keys + block * kv_row + kv_head * width;
      const float *v = sequence.values + block * kv_row + kv_head * width;
      transpose(columns, KEY_BLOCK, k, kv_row, length, width);
      tile_multiply(count, KEY_BLOCK, width, sequence.queries + (kv_head * group + head) * width, width, 1, columns,
                    KEY_BLOCK, scores, KEY_BLOCK, false, set);
      for (size_t i = 0; i < count; i++) {
        float *p = part + i * part_row;
        score_row(scores + i * KEY_BLOCK, KEY_BLOCK, range, block, &layout);
        soften_row(scores + i * KEY_BLOCK, KEY_BLOCK, p + 2, width, &p[0], &p[1]);
      }
      tile_multiply(count, width, length, scores, KEY_BLOCK, 1, v, kv_row, part + 2, part_row, true, set);
    }
  }
}

KERNEL(trimtab_attention_decode,
       (float *part, trimtab_attention_sequence sequence, trimtab_attention_layout layout, size_t kv_head,
        size_t first_key, size_t end_key),
       part, sequence, layout, kv_head, first_key, end_key)

void trimtab_attention_decode_reference(float *part, trimtab_attention_sequence sequence,
                                        trimtab_attention_layout layout, size_t kv_head, size_t first_key,
                                        size_t end_key) {
  size_t width = layout.head_dimension, group = layout.heads / layout.kv_heads;
  struct Range seen = visible_keys(&sequence, &layout, 0);
  size_t first = seen.first > first_key ? seen.first : first_key, end = seen.end < end_key ? seen.end : end_key;
  for (size_t h = 0; h < group; h++) {
    const float *q = sequence.queries + (kv_head * group + h) * width;
    float *o = part + h * (width + 2);
    for (int pass = 0; pass < 2; pass++) {
      if (pass == 0) o[0] = -INFINITY;
      else memset(o + 1, 0, (width + 1) * sizeof *o);
      for (size_t key = first; key < end; key++) {
        const float *k = sequence.keys + (key * layout.kv_heads + kv_head) * width;
        const float *v = sequence.values + (key * layout.kv_heads + kv_head) * width;
        double score = 0;
        for (size_t d = 0; d < width; d++) score += (double)q[d] * k[d];
        score *= layout.scale;
        if (layout.soft_cap > 0) score = layout.soft_cap * tanh(score / layout.soft_cap);
        if (pass == 0) {
          o[0] = fmaxf(o[0], (float)score);
          continue;
        }
        double weight = exp(score - o[0]);
        o[1] += (float)weight;
        for (size_t d = 0; d < width; d++) o[2 + d] += (float)(weight * v[d]);
      }
    }
  }
}

void trimtab_attention_join(float *out, const float *parts, size_t count, size_t stride, size_t head_dimension) {
  float maximum = -INFINITY, total = 0;
  for (size_t i = 0; i < count; i++) maximum = fmaxf(maximum, parts[i * stride]);
  memset(out, 0, head_dimension * sizeof *out);
  for (size_t i = 0; i < count; i++) {
    const float *part = parts + i * stride;
    float weight = expf(part[0] - maximum);
    total += weight * part[1];
    for (size_t d = 0; d < head_dimension; d++) out[d] += weight * part[2 + d];
  }
  for (size_t d = 0; d < head_dimension; d++) out[d] /= total;
}
