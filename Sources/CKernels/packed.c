#include "packed.h"

#include <string.h>

#include "cpu.h"
#include "packed_kernels.h"
#include "tile_multiply.h"

// The plain twin of the kernels: the same sums in float32, pair by pair.
static void multiply_reference(
    size_t rows, size_t columns, size_t pairs, const trimtab_left_factor *left, const char *block,
    const uint16_t *panel, const trimtab_product_result *result, size_t row, size_t column) {
  for (size_t r = 0; r < rows; r++) {
    float sums[TRIMTAB_PANEL_COLUMNS] = {0};
    for (size_t i = 0; i < pairs; i++) {
      uint16_t pair[2];
      memcpy(pair, block + r * left->row_stride + i * left->pair_stride, sizeof pair);
      for (size_t c = 0; c < columns; c++)
        for (size_t half = 0; half < 2; half++)
          sums[c] += float32_from_bfloat16(pair[half]) *
                     float32_from_bfloat16(panel[(i * TRIMTAB_PANEL_COLUMNS + c) * 2 + half]);
    }
    trimtab_store_sums(sums, TRIMTAB_PANEL_COLUMNS, 1, columns, result, row + r, column);
  }
}

const trimtab_packed_kernels trimtab_packed_kernels_reference = {
    .block_rows = 8, .left_is_row_major = false, .multiply = multiply_reference};

static const trimtab_packed_kernels *kernels(trimtab_packed_variant variant) {
  switch (variant) {
#if defined(__x86_64__)
    case TRIMTAB_PACKED_AVX512: return &trimtab_packed_kernels_avx512;
    case TRIMTAB_PACKED_AMX_EMULATED: return &trimtab_packed_kernels_amx_emulated;
    case TRIMTAB_PACKED_AMX: return &trimtab_packed_kernels_amx;
#endif
    default: return &trimtab_packed_kernels_reference;
  }
}

bool trimtab_packed_is_served(trimtab_packed_variant variant) {
  switch (variant) {
    case TRIMTAB_PACKED_REFERENCE: return true;
#if defined(__x86_64__)
    case TRIMTAB_PACKED_AMX_EMULATED: return true;
    case TRIMTAB_PACKED_AVX512: return trimtab_cpu_features() & TRIMTAB_CPU_AVX512_BF16;
    case TRIMTAB_PACKED_AMX: return trimtab_cpu_features() & TRIMTAB_CPU_AMX_BF16;
#endif
    default: return false;
  }
}

trimtab_packed_variant trimtab_packed_best(void) {
  if (trimtab_packed_is_served(TRIMTAB_PACKED_AMX)) return TRIMTAB_PACKED_AMX;
  if (trimtab_packed_is_served(TRIMTAB_PACKED_AVX512)) return TRIMTAB_PACKED_AVX512;
  return TRIMTAB_PACKED_REFERENCE;
}

trimtab_left_factor trimtab_left_rows(trimtab_packed_variant variant, const uint16_t *left, size_t stride) {
  size_t rows = kernels(variant)->block_rows;
  return (trimtab_left_factor){left, rows, rows * stride * 2, stride * 2, 4};
}

static size_t pairs_of(size_t depth) { return (depth + 1) / 2; }

size_t trimtab_packed_left_bytes(trimtab_packed_variant variant, size_t rows, size_t depth) {
  size_t block = kernels(variant)->block_rows;
  return (rows + block - 1) / block * block * pairs_of(depth) * 4;
}

KERNEL_BODY trimtab_pack_panel_transposed_body(
    const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panel, enum InstructionSet set) {
  (void)set;
  size_t whole = stride % 2 ? 0 : depth / 2;
  // A pair is moved as one float is: its bits stay as they are.
  if (whole) transpose((float *)panel, TRIMTAB_PANEL_COLUMNS, (const float *)source, stride / 2, columns, whole);
  for (size_t i = whole; i < pairs_of(depth); i++)
    for (size_t c = 0; c < TRIMTAB_PANEL_COLUMNS; c++)
      for (size_t half = 0; half < 2; half++)
        panel[(i * TRIMTAB_PANEL_COLUMNS + c) * 2 + half] =
            c < columns && 2 * i + half < depth ? source[c * stride + 2 * i + half] : 0;
}

KERNEL(
    trimtab_pack_panel_transposed,
    (const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panel), source, stride, columns,
    depth, panel)

/// pairs[c] = (upper[c], lower[c]) for c < columns, zeros up to `width`; no lower row is one of zeros.
ALWAYS_INLINE void interleave(
    uint32_t *restrict pairs, const uint16_t *restrict upper, const uint16_t *restrict lower, size_t columns,
    size_t width) {
  for (size_t c = 0; c < columns; c++) pairs[c] = upper[c] | (lower ? (uint32_t)lower[c] << 16 : 0);
  for (size_t c = columns; c < width; c++) pairs[c] = 0;
}

/// The rows of `source` in pairs, `width` columns together.
ALWAYS_INLINE void pack_pairs(
    const uint16_t *source, size_t stride, size_t columns, size_t depth, const size_t width, uint16_t *packed,
    size_t part_stride) {
  // So many pairs that reading their rows and writing their parts both go along memory.
  enum { STRETCH = 32 };
  size_t pairs = pairs_of(depth);
  for (size_t first = 0; first < pairs; first += STRETCH)
    for (size_t c = 0; c < columns; c += width) {
      uint32_t *to = (uint32_t *)(packed + c / width * part_stride) + first * width;
      size_t end = first + STRETCH < pairs ? first + STRETCH : pairs;
      for (size_t i = first; i < end; i++, to += width) {
        const uint16_t *upper = source + 2 * i * stride + c, *lower = 2 * i + 1 < depth ? upper + stride : NULL;
        if (columns - c >= width) interleave(to, upper, lower, width, width);
        else interleave(to, upper, lower, columns - c, width);
      }
    }
}

KERNEL_BODY trimtab_pack_panels_body(
    const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panels, size_t panel_stride,
    enum InstructionSet set) {
  (void)set;
  pack_pairs(source, stride, columns, depth, TRIMTAB_PANEL_COLUMNS, panels, panel_stride);
}

KERNEL(
    trimtab_pack_panels,
    (const uint16_t *source, size_t stride, size_t columns, size_t depth, uint16_t *panels, size_t panel_stride),
    source, stride, columns, depth, panels, panel_stride)

KERNEL_BODY trimtab_pack_left_pairs_body(
    const uint16_t *source, size_t stride, size_t rows, size_t depth, size_t width, uint16_t *packed,
    enum InstructionSet set) {
  (void)set;
  size_t block = pairs_of(depth) * width * 2;
  if (width == 12) pack_pairs(source, stride, rows, depth, 12, packed, block);
  else pack_pairs(source, stride, rows, depth, width, packed, block);
}

KERNEL(
    trimtab_pack_left_pairs,
    (const uint16_t *source, size_t stride, size_t rows, size_t depth, size_t width, uint16_t *packed), source,
    stride, rows, depth, width, packed)

// Rows of the transpose, by squares of 16 pairs × 16 rows.
KERNEL_BODY trimtab_pack_left_rows_body(
    const uint16_t *source, size_t stride, size_t rows, size_t depth, uint32_t *packed, enum InstructionSet set) {
  (void)set;
  size_t pairs = pairs_of(depth);
  for (size_t i = 0; i < pairs; i += 16)
    for (size_t r = 0; r < rows; r += 16) {
      size_t height = pairs - i < 16 ? pairs - i : 16, width = rows - r < 16 ? rows - r : 16;
      uint32_t square[16 * 16] = {0};
      uint16_t *pairs_of_square = (uint16_t *)square;
      size_t length = depth - 2 * i < 32 ? depth - 2 * i : 32;
      pack_pairs(source + 2 * i * stride + r, stride, width, length, 16, pairs_of_square, 0);
      if (height == 16 && width == 16) {
        transpose_block((float *)(packed + r * pairs + i), pairs, (const float *)square, 16);
      } else {
        for (size_t c = 0; c < width; c++)
          for (size_t p = 0; p < height; p++) packed[(r + c) * pairs + i + p] = square[p * 16 + c];
      }
    }
}

KERNEL(
    trimtab_pack_left_rows, (const uint16_t *source, size_t stride, size_t rows, size_t depth, uint32_t *packed), source,
    stride, rows, depth, packed)

trimtab_left_factor trimtab_pack_left(
    trimtab_packed_variant variant, const uint16_t *source, size_t stride, size_t rows, size_t depth,
    void *destination) {
  const trimtab_packed_kernels *k = kernels(variant);
  size_t pairs = pairs_of(depth), width = k->block_rows;
  if (k->left_is_row_major) {
    trimtab_pack_left_rows(source, stride, rows, depth, destination);
    return (trimtab_left_factor){destination, width, width * pairs * 4, pairs * 4, 4};
  }
  trimtab_pack_left_pairs(source, stride, rows, depth, width, destination);
  return (trimtab_left_factor){destination, width, width * pairs * 4, 4, width * 4};
}

void trimtab_multiply_packed(
    trimtab_packed_variant variant, size_t rows, size_t columns, size_t depth, trimtab_left_factor left,
    const uint16_t *panels, size_t panel_stride, trimtab_product_result result, bool panels_first) {
  const trimtab_packed_kernels *k = kernels(variant);
  size_t pairs = pairs_of(depth), height = left.block_rows;
  size_t blocks = (rows + height - 1) / height, across = (columns + TRIMTAB_PANEL_COLUMNS - 1) / TRIMTAB_PANEL_COLUMNS;
  for (size_t tile = 0; tile < blocks * across; tile++) {
    size_t block = panels_first ? tile % blocks : tile / across, panel = panels_first ? tile / blocks : tile % across;
    size_t row = block * height, column = panel * TRIMTAB_PANEL_COLUMNS;
    k->multiply(
        rows - row < height ? rows - row : height,
        columns - column < TRIMTAB_PANEL_COLUMNS ? columns - column : TRIMTAB_PANEL_COLUMNS, pairs, &left,
        (const char *)left.pairs + block * left.block_stride, panels + panel * panel_stride, &result, row, column);
  }
}
