#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Matrix products of bfloat16 factors with float32 sums, by tiles that stay in registers.
//
// The depth of a product goes in pairs: what the processors multiply at once is two neighbours in depth. Right
// factors lie in panels of 32 columns, in which pair i of the depth is a row of 32 pairs, 128 bytes; columns and
// depth that there aren't are zeros.

enum {
  /// Columns of a panel.
  TRIMTAB_PANEL_COLUMNS = 32,
  /// Bytes of a panel's row: one pair of each column.
  TRIMTAB_PANEL_PAIR_BYTES = 128,
};

/// The kernels for tiles; the best that this machine has is chosen once.
typedef enum trimtab_packed_variant {
  TRIMTAB_PACKED_REFERENCE,
  /// AVX-512 with bfloat16 products.
  TRIMTAB_PACKED_AVX512,
  /// The kernel for AMX, over tile registers made of plain memory: for tests.
  TRIMTAB_PACKED_AMX_EMULATED,
  TRIMTAB_PACKED_AMX,
} trimtab_packed_variant;

/// A left factor [rows, depth]: in each block of `block_rows` rows, pair i of row r lies at
/// `r · row_stride + i · pair_stride`.
typedef struct trimtab_left_factor {
  const void *pairs;
  size_t block_rows;
  /// All in bytes.
  size_t block_stride, row_stride, pair_stride;
} trimtab_left_factor;

/// Where a product goes: row-major, float32 or bfloat16, `row_stride` elements from row to row.
typedef struct trimtab_product_result {
  void *elements;
  size_t row_stride;
  bool is_bfloat16;
  /// Whether the product is added to what is there.
  bool adding;
} trimtab_product_result;

/// The best variant on this machine; `TRIMTAB_PACKED_REFERENCE` where there are no bfloat16 products.
trimtab_packed_variant trimtab_packed_best(void);
bool trimtab_packed_is_served(trimtab_packed_variant variant);

/// How a left factor [rows, depth] is read where it lies, row-major with `stride` elements (an even number, or no
/// fewer than depth + 1 behind the last row's start) from row to row.
trimtab_left_factor trimtab_left_rows(trimtab_packed_variant variant, const uint16_t *left, size_t stride);

/// The bytes that `trimtab_pack_left` fills.
size_t trimtab_packed_left_bytes(trimtab_packed_variant variant, size_t rows, size_t depth);

/// Packs the transpose of `source` [depth, rows], row-major, as a left factor.
trimtab_left_factor trimtab_pack_left(
    trimtab_packed_variant variant, const uint16_t *source, size_t stride, size_t rows, size_t depth, void *destination);

/// Packs columns that lie in rows: `source` [columns ≤ 32, depth], row-major, into one panel from its first pair on.
void trimtab_pack_panel_transposed(
    const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panel);

/// Packs `source` [depth, columns], row-major, into the panels that start at `panels`, `panel_stride` elements apart.
void trimtab_pack_panels(
    const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panels, size_t panel_stride);

/// `result [rows, columns] (+)= left [rows, depth] · right [depth, columns]`.
///
/// - panels: the right factor's, `panel_stride` elements apart.
/// - panels_first: Whether each panel goes through all rows before the next (for packed left factors, which are in
///   the caches), or each block of rows through all panels.
///
/// Every element is summed in the order of the depth, whatever the shape.
void trimtab_multiply_packed(
    trimtab_packed_variant variant, size_t rows, size_t columns, size_t depth, trimtab_left_factor left,
    const uint16_t *panels, size_t panel_stride, trimtab_product_result result, bool panels_first);
