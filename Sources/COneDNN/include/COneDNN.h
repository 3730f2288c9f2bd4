/// Matrix products by oneDNN, one-threaded in whatever thread asks for them.
///
/// A shim over oneDNN 2's C interface (Debian's libdnnl). Elsewhere it builds to "not served".
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Why bfloat16 products can't be had here, in words; null when they can.
const char *trimtab_onednn_refusal(void);

/// Whether `trimtab_onednn_sgemm` is there and uses instructions of 512 bits.
bool trimtab_onednn_has_wide_sgemm(void);

/// `c (+)= a · b` in float32, row-major: a [m, k] or if transposed [k, m], b [k, n] or if transposed [n, k]; the
/// strides are from row to row as stored. False when refused.
bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a,
    int64_t a_stride, const float *b, int64_t b_stride, bool adding, float *c,
    int64_t c_stride);

/// A product of bfloat16 matrices with float32 sums, `c (+)= a · b`: extents, and strides from row to row as stored.
typedef struct trimtab_onednn_shape {
  /// a is [m, k], or [k, m] if transposed; b is [k, n], or [n, k] if transposed; c is [m, n].
  int64_t m, n, k;
  int64_t a_stride, b_stride, c_stride;
  bool a_transposed, b_transposed, adding;
} trimtab_onednn_shape;

/// A product compiled for one shape; any number of threads may run it.
typedef struct trimtab_onednn_product trimtab_onednn_product;

/// Compiles a product; null when refused.
trimtab_onednn_product *trimtab_onednn_product_create(const trimtab_onednn_shape *shape);

/// How many bytes of scratch memory a run needs.
size_t trimtab_onednn_product_scratch_bytes(const trimtab_onednn_product *product);

/// Runs a product; `scratch` is aligned to 64 bytes. False when refused.
bool trimtab_onednn_product_run(
    const trimtab_onednn_product *product, const uint16_t *a, const uint16_t *b,
    float *c, void *scratch);

/// Frees a product.
void trimtab_onednn_product_destroy(trimtab_onednn_product *product);
