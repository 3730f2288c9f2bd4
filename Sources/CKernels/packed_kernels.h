// What the variants of the tile kernels give, and `packed.c` chooses from.
#pragma once
#include "convert_scalar.h"
#include "packed.h"

typedef struct trimtab_packed_kernels {
  /// How many rows of the left factor a call of `multiply` takes at most.
  size_t block_rows;
  /// Whether packed left factors are row-major, or pairs of all rows of a block one behind the other.
  bool left_is_row_major;
  /// One block of rows with one panel; `columns` ≤ 32.
  void (*multiply)(
      size_t rows, size_t columns, size_t pairs, const trimtab_left_factor *left, const char *block,
      const uint16_t *panel, const trimtab_product_result *result, size_t row, size_t column);
} trimtab_packed_kernels;

extern const trimtab_packed_kernels trimtab_packed_kernels_reference;
#if defined(__x86_64__)
extern const trimtab_packed_kernels trimtab_packed_kernels_avx512;
extern const trimtab_packed_kernels trimtab_packed_kernels_amx;
extern const trimtab_packed_kernels trimtab_packed_kernels_amx_emulated;
#endif

// How `trimtab_pack_left` packs for kernels that take pairs of all rows together, and for those that take rows.
void trimtab_pack_left_pairs(
    const uint16_t *source, size_t stride, size_t rows, size_t depth, size_t width, uint16_t *packed);
void trimtab_pack_left_rows(
    const uint16_t *source, size_t stride, size_t rows, size_t depth, uint32_t *packed);

/// Adds sums [rows, columns], `stride` apart, to the result or writes them there: for tiles that aren't whole.
static inline void trimtab_store_sums(
    const float *sums, size_t stride, size_t rows, size_t columns, const trimtab_product_result *result, size_t row,
    size_t column) {
  for (size_t r = 0; r < rows; r++) {
    size_t first = (row + r) * result->row_stride + column;
    for (size_t c = 0; c < columns; c++) {
      float sum = sums[r * stride + c];
      if (result->is_bfloat16) {
        uint16_t *to = (uint16_t *)result->elements + first + c;
        *to = bfloat16_from_float32(result->adding ? float32_from_bfloat16(*to) + sum : sum);
      } else {
        float *to = (float *)result->elements + first + c;
        *to = result->adding ? *to + sum : sum;
      }
    }
  }
}
