#include "embedding.h"

#include "variants.h"

KERNEL_BODY trimtab_embedding_backward_body(float *restrict d_table, const uint32_t *restrict ids,
                                            const float *restrict dy, size_t rows, size_t columns,
                                            size_t first_column, size_t end_column, enum InstructionSet set) {
  (void)set;
  for (size_t row = 0; row < rows; row++, dy += columns) {
    float *restrict d = d_table + (size_t)ids[row] * columns;
    for (size_t c = first_column; c < end_column; c++) d[c] += dy[c];
  }
}

KERNEL(trimtab_embedding_backward,
       (float *d_table, const uint32_t *ids, const float *dy, size_t rows, size_t columns, size_t first_column,
        size_t end_column),
       d_table, ids, dy, rows, columns, first_column, end_column)

void trimtab_embedding_backward_reference(float *d_table, const uint32_t *ids, const float *dy, size_t rows,
                                          size_t columns, size_t first_column, size_t end_column) {
  for (size_t c = first_column; c < end_column; c++)
    for (size_t row = 0; row < rows; row++) d_table[(size_t)ids[row] * columns + c] += dy[row * columns + c];
}
