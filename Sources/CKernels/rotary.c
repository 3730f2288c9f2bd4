#include "rotary.h"

#include "element_blocks.h"
#include "variants.h"

/// One head: y (+)= R · x, where x may not be y.
ALWAYS_INLINE void turn_head(float *restrict y, bool adding, const float *restrict x, const float *restrict cosine,
                             const float *restrict sine, size_t half, size_t head_dimension, bool interleaved,
                             float direction) {
  if (interleaved) {
    for (size_t i = 0; i < half; i++) {
      float s = direction * sine[i], a = x[2 * i], b = x[2 * i + 1];
      y[2 * i] = (adding ? y[2 * i] : 0) + (a * cosine[i] - b * s);
      y[2 * i + 1] = (adding ? y[2 * i + 1] : 0) + (b * cosine[i] + a * s);
    }
  } else {
    for (size_t i = 0; i < half; i++) {
      float s = direction * sine[i], a = x[i], b = x[half + i];
      y[i] = (adding ? y[i] : 0) + (a * cosine[i] - b * s);
      y[half + i] = (adding ? y[half + i] : 0) + (b * cosine[i] + a * s);
    }
  }
  for (size_t i = 2 * half; i < head_dimension; i++) y[i] = (adding ? y[i] : 0) + x[i];
}

KERNEL_BODY trimtab_rotary_body(trimtab_elements y, bool adding, trimtab_elements x, const float *restrict table,
                                const int32_t *restrict positions, size_t rows, size_t heads,
                                size_t head_dimension, size_t rotary_dimension, bool interleaved, bool inverse,
                                enum InstructionSet set) {
  (void)set;
  float rooms[2][TRIMTAB_ROTARY_LARGEST_HEAD];
  size_t half = rotary_dimension / 2, at = 0;
  for (size_t row = 0; row < rows; row++) {
    const float *cosine = table + (size_t)positions[row] * rotary_dimension, *sine = cosine + half;
    for (size_t head = 0; head < heads; head++, at += head_dimension) {
      const float *from = opened(x, at, head_dimension, rooms[0]);
      // In place, the head is read before any of it is written.
      if (from != rooms[0]) memcpy(rooms[0], from, head_dimension * sizeof *from);
      float *to = begun(y, at, head_dimension, adding, rooms[1]);
      turn_head(to, adding, rooms[0], cosine, sine, half, head_dimension, interleaved, inverse ? -1 : 1);
      closed(y, at, head_dimension, to);
    }
  }
}

KERNEL(trimtab_rotary,
       (trimtab_elements y, bool adding, trimtab_elements x, const float *table, const int32_t *positions,
        size_t rows, size_t heads, size_t head_dimension, size_t rotary_dimension, bool interleaved, bool inverse),
       y, adding, x, table, positions, rows, heads, head_dimension, rotary_dimension, interleaved, inverse)

void trimtab_rotary_reference(trimtab_elements y, bool adding, trimtab_elements x, const float *table,
                              const int32_t *positions, size_t rows, size_t heads, size_t head_dimension,
                              size_t rotary_dimension, bool interleaved, bool inverse) {
  size_t half = rotary_dimension / 2;
  for (size_t i = 0; i < rows * heads * head_dimension; i++) {
    size_t within = i % head_dimension;
    const float *angles = table + (size_t)positions[i / (heads * head_dimension)] * rotary_dimension;
    double turned = element(x, i);
    if (within < rotary_dimension) {
      size_t pair = interleaved ? within / 2 : within % half;
      int first = interleaved ? within % 2 == 0 : within < half;
      double partner = element(x, first ? i + (interleaved ? 1 : half) : i - (interleaved ? 1 : half));
      double sine = (inverse ? -1.0 : 1.0) * angles[half + pair];
      turned = angles[pair] * turned + (first ? -sine : sine) * partner;
    }
    set_element(y, i, (float)(adding ? element(y, i) + turned : turned));
  }
}
