#if defined(__x86_64__)
#include <immintrin.h>
#include <stdint.h>

// As the processor reads it.
typedef struct tile_configuration {
  uint8_t palette, start_row, reserved[14];
  uint16_t row_bytes[16];
  uint8_t rows[16];
} tile_configuration;

static void describe_tiles(size_t rows, size_t pairs, uint16_t row_bytes[8], uint8_t tile_rows[8]);

#define TARGET __attribute__((target("amx-tile,amx-bf16,avx512f,avx512bw,avx512dq,avx512vl")))
#define TILES
#define CONFIGURE(rows, pairs)                                                   \
  do {                                                                           \
    _Alignas(64) tile_configuration configuration = {.palette = 1};              \
    describe_tiles(rows, pairs, configuration.row_bytes, configuration.rows);    \
    /* GCC drops the stores before the load unless they are asked for. */        \
    __asm__ volatile("" : : "r"(&configuration) : "memory");                     \
    _tile_loadconfig(&configuration);                                            \
  } while (0)
#define LOAD(tile, from, stride) _tile_loadd(tile, from, stride)
#define STORE(tile, to, stride) _tile_stored(tile, to, stride)
#define ZERO(tile) _tile_zero(tile)
#define MULTIPLY(sums, left, right) _tile_dpbf16ps(sums, left, right)
#include "packed_amx.inc"

const trimtab_packed_kernels trimtab_packed_kernels_amx = {
    .block_rows = BLOCK_ROWS, .left_is_row_major = true, .multiply = multiply};

#endif
