#if defined(__x86_64__)
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "convert_scalar.h"

// Tile registers of plain memory, which do what Intel's manual says of AMX's.
typedef struct tile_registers {
  uint16_t row_bytes[8];
  uint8_t rows[8];
  uint8_t bytes[8][16][64];
} tile_registers;

static void describe_tiles(size_t rows, size_t pairs, uint16_t row_bytes[8], uint8_t tile_rows[8]);

static void load(tile_registers *tiles, int tile, const void *from, size_t stride) {
  memset(tiles->bytes[tile], 0, sizeof tiles->bytes[tile]);
  for (size_t r = 0; r < tiles->rows[tile]; r++)
    memcpy(tiles->bytes[tile][r], (const char *)from + r * stride, tiles->row_bytes[tile]);
}

static void store(const tile_registers *tiles, int tile, void *to, size_t stride) {
  for (size_t r = 0; r < tiles->rows[tile]; r++)
    memcpy((char *)to + r * stride, tiles->bytes[tile][r], tiles->row_bytes[tile]);
}

static void multiply_tiles(tile_registers *tiles, int sums, int left, int right) {
  for (size_t r = 0; r < tiles->rows[sums]; r++)
    for (size_t i = 0; i < tiles->row_bytes[left] / 4u; i++)
      for (size_t c = 0; c < tiles->row_bytes[sums] / 4u; c++) {
        float sum;
        uint16_t a[2], b[2];
        memcpy(&sum, tiles->bytes[sums][r] + 4 * c, sizeof sum);
        memcpy(a, tiles->bytes[left][r] + 4 * i, sizeof a);
        memcpy(b, tiles->bytes[right][i] + 4 * c, sizeof b);
        for (int half = 0; half < 2; half++) sum += float32_from_bfloat16(a[half]) * float32_from_bfloat16(b[half]);
        memcpy(tiles->bytes[sums][r] + 4 * c, &sum, sizeof sum);
      }
}

#define TARGET
#define TILES tile_registers tiles;
#define CONFIGURE(rows, pairs)                                  \
  memset(&tiles, 0, sizeof tiles);                              \
  describe_tiles(rows, pairs, tiles.row_bytes, tiles.rows)
#define LOAD(tile, from, stride) load(&tiles, tile, from, stride)
#define STORE(tile, to, stride) store(&tiles, tile, to, stride)
#define ZERO(tile) memset(tiles.bytes[tile], 0, sizeof tiles.bytes[tile])
#define MULTIPLY(sums, left, right) multiply_tiles(&tiles, sums, left, right)
#include "packed_amx.inc"

const trimtab_packed_kernels trimtab_packed_kernels_amx_emulated = {
    .block_rows = BLOCK_ROWS, .left_is_row_major = true, .multiply = multiply};

#endif
