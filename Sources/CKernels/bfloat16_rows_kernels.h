// What `bfloat16_rows.c` chooses from.
#pragma once
#include "bfloat16_rows.h"

// Elements of x that are arranged together, zeros behind the last of a row.
enum { ARRANGED_UNIT = 128 };

typedef struct trimtab_row_product {
  const char *weights;
  size_t outputs, count, row_bytes;
  const uint16_t *x;
  size_t rows;
  float *y;
  size_t y_stride;
  bool adding;
} trimtab_row_product;

// Kernels are made for these numbers of rows; x is filled up with rows of zeros.
static inline size_t padded_rows(size_t rows) { return rows <= 2 ? rows : rows <= 4 ? 4 : 8; }

#if defined(__x86_64__)
void trimtab_bfloat16_rows_arrange_avx512(
    const uint16_t order[ARRANGED_UNIT], const float *x, size_t rows, size_t x_stride, size_t count,
    uint16_t *arranged);
void trimtab_bfloat16_rows_multiply_avx512(trimtab_storage storage, const trimtab_row_product *product);
#endif
