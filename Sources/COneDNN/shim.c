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
#include <pthread.h>
#include <stdlib.h>

static dnnl_engine_t engine;
static pthread_once_t engine_once = PTHREAD_ONCE_INIT;

static void make_engine(void) {
  if (dnnl_engine_create(&engine, dnnl_cpu, 0) != dnnl_success) engine = NULL;
}

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

const char *trimtab_onednn_refusal(void) {
  if (!has_isa(dnnl_cpu_isa_avx512_core_bf16))
    return "this processor has neither AVX512-BF16 nor AMX";
  pthread_once(&engine_once, make_engine);
  return engine ? NULL : "oneDNN gave no processor engine";
}

bool trimtab_onednn_has_wide_sgemm(void) { return has_isa(dnnl_cpu_isa_avx512_core); }

bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a, int64_t a_stride,
    const float *b, int64_t b_stride, bool adding, float *c, int64_t c_stride) {
  use_one_thread();
  return dnnl_sgemm(a_transposed ? 'T' : 'N', b_transposed ? 'T' : 'N', m, n, k, 1, a, a_stride, b, b_stride,
                    adding ? 1 : 0, c, c_stride) == dnnl_success;
}

struct trimtab_onednn_product {
  dnnl_primitive_t primitive;
  dnnl_memory_desc_t a, b, c, scratch;
};

// A matrix [rows, columns] that lies in memory as it is, or transposed.
static bool describe(
    dnnl_memory_desc_t *matrix, int64_t rows, int64_t columns, int64_t stride, bool transposed,
    dnnl_data_type_t type) {
  dnnl_dims_t extents = {rows, columns};
  dnnl_dims_t strides = {transposed ? 1 : stride, transposed ? stride : 1};
  return dnnl_memory_desc_init_by_strides(matrix, 2, extents, type, strides) == dnnl_success;
}

// The library must not keep scratch memory itself: it would be per thread, and products are shared by threads.
static dnnl_primitive_attr_t make_attributes(bool adding) {
  dnnl_primitive_attr_t attributes = NULL;
  dnnl_post_ops_t after = NULL;
  if (dnnl_primitive_attr_create(&attributes) != dnnl_success) return NULL;
  bool made = dnnl_primitive_attr_set_scratchpad_mode(attributes, dnnl_scratchpad_mode_user) == dnnl_success &&
              dnnl_post_ops_create(&after) == dnnl_success &&
              (!adding || dnnl_post_ops_append_sum(after, 1) == dnnl_success) &&
              dnnl_primitive_attr_set_post_ops(attributes, after) == dnnl_success;
  if (after) dnnl_post_ops_destroy(after);
  if (made) return attributes;
  dnnl_primitive_attr_destroy(attributes);
  return NULL;
}

static bool compile(trimtab_onednn_product *product, dnnl_primitive_attr_t attributes) {
  dnnl_matmul_desc_t operation;
  dnnl_primitive_desc_t description = NULL;
  if (dnnl_matmul_desc_init(&operation, &product->a, &product->b, NULL, &product->c) != dnnl_success ||
      dnnl_primitive_desc_create(&description, &operation, attributes, engine, NULL) != dnnl_success)
    return false;
  product->scratch = *dnnl_primitive_desc_query_md(description, dnnl_query_scratchpad_md, 0);
  bool made = dnnl_primitive_create(&product->primitive, description) == dnnl_success;
  dnnl_primitive_desc_destroy(description);
  return made;
}

trimtab_onednn_product *trimtab_onednn_product_create(const trimtab_onednn_shape *shape) {
  if (trimtab_onednn_refusal()) return NULL;
  use_one_thread();
  trimtab_onednn_product *product = calloc(1, sizeof *product);
  dnnl_primitive_attr_t attributes = make_attributes(shape->adding);
  bool made = product && attributes &&
              describe(&product->a, shape->m, shape->k, shape->a_stride, shape->a_transposed, dnnl_bf16) &&
              describe(&product->b, shape->k, shape->n, shape->b_stride, shape->b_transposed, dnnl_bf16) &&
              describe(&product->c, shape->m, shape->n, shape->c_stride, false, dnnl_f32) &&
              compile(product, attributes);
  if (attributes) dnnl_primitive_attr_destroy(attributes);
  if (made) return product;
  free(product);
  return NULL;
}

size_t trimtab_onednn_product_scratch_bytes(const trimtab_onednn_product *product) {
  return dnnl_memory_desc_get_size(&product->scratch);
}

bool trimtab_onednn_product_run(
    const trimtab_onednn_product *product, const uint16_t *a, const uint16_t *b, float *c, void *scratch) {
  use_one_thread();
  dnnl_stream_t stream = NULL;
  dnnl_memory_t memory[4] = {NULL};
  const dnnl_memory_desc_t *descriptions[4] = {&product->a, &product->b, &product->c, &product->scratch};
  void *data[4] = {(void *)a, (void *)b, c, scratch};
  bool ready = dnnl_stream_create(&stream, engine, dnnl_stream_default_flags) == dnnl_success;
  for (int i = 0; i < 4; i++)
    ready = ready && dnnl_memory_create(&memory[i], descriptions[i], engine, data[i]) == dnnl_success;
  const dnnl_exec_arg_t arguments[4] = {
      {DNNL_ARG_SRC, memory[0]},
      {DNNL_ARG_WEIGHTS, memory[1]},
      {DNNL_ARG_DST, memory[2]},
      {DNNL_ARG_SCRATCHPAD, memory[3]},
  };
  bool done = ready && dnnl_primitive_execute(product->primitive, stream, 4, arguments) == dnnl_success &&
              dnnl_stream_wait(stream) == dnnl_success;
  for (int i = 0; i < 4; i++)
    if (memory[i]) dnnl_memory_destroy(memory[i]);
  if (stream) dnnl_stream_destroy(stream);
  return done;
}

void trimtab_onednn_product_destroy(trimtab_onednn_product *product) {
  dnnl_primitive_destroy(product->primitive);
  free(product);
}

#else

const char *trimtab_onednn_refusal(void) { return "oneDNN 2 isn't part of this build"; }
bool trimtab_onednn_has_wide_sgemm(void) { return false; }
bool trimtab_onednn_sgemm(
    bool a_transposed, bool b_transposed, int64_t m, int64_t n, int64_t k, const float *a, int64_t a_stride,
    const float *b, int64_t b_stride, bool adding, float *c, int64_t c_stride) {
  (void)a_transposed, (void)b_transposed, (void)m, (void)n, (void)k, (void)a, (void)a_stride, (void)b;
  (void)b_stride, (void)adding, (void)c, (void)c_stride;
  return false;
}
trimtab_onednn_product *trimtab_onednn_product_create(const trimtab_onednn_shape *shape) {
  (void)shape;
  return 0;
}
size_t trimtab_onednn_product_scratch_bytes(const trimtab_onednn_product *product) {
  (void)product;
  return 0;
}
bool trimtab_onednn_product_run(
    const trimtab_onednn_product *product, const uint16_t *a, const uint16_t *b, float *c, void *scratch) {
  (void)product, (void)a, (void)b, (void)c, (void)scratch;
  return false;
}
void trimtab_onednn_product_destroy(trimtab_onednn_product *product) { (void)product; }

#endif
