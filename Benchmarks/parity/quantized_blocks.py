"""Writes golden/quantized_blocks.bin: what the gguf package makes of blocks of every GGML type.

For each type in `TYPES`, in order: `BLOCKS` random blocks as they lie in a file, then their elements as float32.
Then for each type in `ENCODED`: `BLOCKS` blocks of float32 numbers, then the blocks they are quantised to.
"""

import pathlib

import gguf
import numpy as np

TYPES = ["Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K", "Q6_K"]
ENCODED = ["Q8_0", "Q4_0", "Q4_1"]
BLOCKS = 4
# Where the half-precision scales of a block lie: random bits there would often be infinite or no number.
SCALES = {
    "Q4_0": [0], "Q4_1": [0, 2], "Q5_0": [0], "Q5_1": [0, 2], "Q8_0": [0],
    "Q2_K": [80, 82], "Q3_K": [108], "Q4_K": [0, 2], "Q5_K": [0, 2], "Q6_K": [208],
}


def decoded(name: str, random: np.random.Generator) -> bytes:
    kind = gguf.GGMLQuantizationType[name]
    _, size = gguf.GGML_QUANT_SIZES[kind]
    blocks = random.integers(0, 256, (BLOCKS, size), dtype=np.uint8)
    for offset in SCALES[name]:
        scales = random.normal(0, 0.05, BLOCKS).astype(np.float16)
        # The last block's scale is subnormal.
        scales[-1] = np.float16(3e-6)
        blocks[:, offset:offset + 2] = scales.view(np.uint8).reshape(BLOCKS, 2)
    return blocks.tobytes() + gguf.dequantize(blocks, kind).astype("<f4").tobytes()


def encoded(name: str, random: np.random.Generator) -> bytes:
    kind = gguf.GGMLQuantizationType[name]
    numbers = random.normal(0, 0.3, (BLOCKS, 32)).astype("<f4")
    # The last block is all zeros.
    numbers[-1] = 0
    return numbers.tobytes() + gguf.quantize(numbers, kind).tobytes()


def main() -> None:
    random = np.random.default_rng(20)
    content = b"".join(decoded(name, random) for name in TYPES) + b"".join(encoded(name, random) for name in ENCODED)
    (pathlib.Path(__file__).parent / "golden" / "quantized_blocks.bin").write_bytes(content)


main()
