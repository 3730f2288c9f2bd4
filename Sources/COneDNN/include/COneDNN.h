/// Float32 matrix products by oneDNN, one-threaded in whatever thread asks for them.
///
/// A shim over oneDNN 2's C interface (Debian's libdnnl). Elsewhere it builds to "not served".
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/// Whether `trimtab_onednn_sgemm` is there and uses instructions of 512 bits.
bool trimtab_onednn_has_wide_sgemm(void);

/// `c (+)= a · b` in float32, row-major: a [m, k] or if transposed [k, m], b [k, n] or if transposed [n, k]; the
/// strides are from row to row as stored. False when refused.
bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a,
    int64_t a_stride, const float *b, int64_t b_stride, bool adding, float *c,
    int64_t c_stride);
