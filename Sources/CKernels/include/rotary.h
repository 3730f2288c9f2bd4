#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "elements.h"

/// The largest head dimension that the kernel has room for.
enum { TRIMTAB_ROTARY_LARGEST_HEAD = 256 };

/// Turns pairs of each head's elements by the angle of the row's position: y (+)= R(position) · x.
///
/// x, y: [rows, heads · head_dimension]. table: [positions, rotary_dimension], in each row first the cosines
/// of rotary_dimension/2 angles, then their sines. Pairs are (i, i + rotary_dimension/2), or (2i, 2i + 1) when
/// interleaved; elements from rotary_dimension on pass unchanged. `inverse` turns back, which is the gradient.
/// y may be x (the plain twin's may not).
void trimtab_rotary(trimtab_elements y, bool adding, trimtab_elements x, const float *table, const int32_t *positions,
                    size_t rows, size_t heads, size_t head_dimension, size_t rotary_dimension, bool interleaved,
                    bool inverse);
void trimtab_rotary_reference(trimtab_elements y, bool adding, trimtab_elements x, const float *table,
                              const int32_t *positions, size_t rows, size_t heads, size_t head_dimension,
                              size_t rotary_dimension, bool interleaved, bool inverse);
