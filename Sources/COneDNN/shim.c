#define _GNU_SOURCE
#include "COneDNN.h"

#if defined(__linux__) && defined(__x86_64__) && __has_include(<oneapi/dnnl/dnnl.h>)
#include <oneapi/dnnl/dnnl.h>
#if DNNL_VERSION_MAJOR == 2
#define SERVED 1
#endif
#endif

#if SERVED
#include <dlfcn.h>

// Debian's library runs on OpenMP, whose number of threads is a property of the thread that asks.
static void use_one_thread(void) {
  static _Thread_local bool done;
  if (done) return;
  done = true;
  void (*set)(int);
  *(void **)&set = dlsym(RTLD_DEFAULT, "omp_set_num_threads");
  if (set) set(1);
}

static bool has_isa(dnnl_cpu_isa_t isa) { return (dnnl_get_effective_cpu_isa() & isa) == (unsigned)isa; }

bool trimtab_onednn_has_wide_sgemm(void) { return has_isa(dnnl_cpu_isa_avx512_core); }

bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a, int64_t a_stride,
    const float *b, int64_t b_stride, bool adding, float *c, int64_t c_stride) {
  use_one_thread();
  return dnnl_sgemm(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', m, n, k, 1, a, a_stride, b, b_stride,
                    adding ? 1 : 0, c, c_stride) == dnnl_success;
}

#else

bool trimtab_onednn_has_wide_sgemm(void) { return false; }
bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a, int64_t a_stride,
    const float *b, int64_t b_stride, bool adding, float *c, int64_t c_stride) {
  (void)a_transposed, (void)b_transposed, (void)m, (void)n, (void)k, (void)a, (void)a_stride, (void)b;
  (void)b_stride, (void)adding, (void)c, (void)c_stride;
  return false;
}

#endif
