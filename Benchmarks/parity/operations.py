"""Writes golden/operations.json: for every case of Tests/AutodiffTests/OperationCases.swift, PyTorch's output and
gradients, and what twenty steps of its AdamW do.

Inputs are not stored: `numbers` makes the same ones here and there. A gradient is that of Σ w·output, with the w of
seed 99 (of a loss: of the loss itself). Arrays are float32, little-endian, in base64. Made with torch 2.15.0 (CPU).
"""

import base64
import json
import math
import pathlib

import numpy as np
import torch
import torch.nn.functional as F


def numbers(shape, seed, scale=1.0):
    """Floats in -scale..<scale: a hash of seed and index."""
    h = np.arange(math.prod(shape), dtype=np.uint32) + np.uint32(seed * 0x9E3779B9 & 0xFFFFFFFF)
    h = (h ^ h >> np.uint32(16)) * np.uint32(0x85EBCA6B)
    h = (h ^ h >> np.uint32(13)) * np.uint32(0xC2B2AE35)
    h ^= h >> np.uint32(16)
    unit = (h >> np.uint32(8)).astype(np.float32) / np.float32(1 << 23) - np.float32(1)
    return torch.from_numpy((unit * np.float32(scale)).reshape(shape))


def rms_norm(x, gain, epsilon, offset=0.0):
    return x * torch.rsqrt(x.square().mean(-1, keepdim=True) + epsilon) * (gain + offset)


def rotary(x, head_dimension, rotary_dimension, base, positions, interleaved):
    rows = x.shape[0]
    x = x.view(rows, -1, head_dimension)
    frequencies = 1 / base ** (torch.arange(0, rotary_dimension, 2).float() / rotary_dimension)
    angles = torch.tensor(positions).float()[:, None, None] * frequencies
    turned, rest = x[..., :rotary_dimension], x[..., rotary_dimension:]
    if interleaved:
        a, b = turned[..., 0::2], turned[..., 1::2]
    else:
        a, b = turned.chunk(2, -1)
    pair = a * angles.cos() - b * angles.sin(), b * angles.cos() + a * angles.sin()
    turned = torch.stack(pair, -1).flatten(-2) if interleaved else torch.cat(pair, -1)
    return torch.cat((turned, rest), -1).reshape(rows, -1)


def attention(q, k, v, lengths, heads, kv_heads, scale=None, window=None, cap=None):
    rows = q.shape[0]
    dimension = q.shape[1] // heads
    q = q.view(rows, heads, dimension).transpose(0, 1)
    k, v = (t.view(rows, kv_heads, dimension).repeat_interleave(heads // kv_heads, 1).transpose(0, 1) for t in (k, v))
    scores = q @ k.transpose(-1, -2) * (scale or 1 / math.sqrt(dimension))
    if cap:
        scores = cap * torch.tanh(scores / cap)
    segment = torch.repeat_interleave(torch.arange(len(lengths)), torch.tensor(lengths))
    distance = torch.arange(rows)[:, None] - torch.arange(rows)[None, :]
    visible = (segment[:, None] == segment[None, :]) & (distance >= 0) & (distance < (window or rows))
    out = scores.masked_fill(~visible, -math.inf).softmax(-1) @ v
    return out.transpose(0, 1).reshape(rows, -1)


def head_loss(hidden, head, targets, weights, cap=None):
    logits = hidden @ head.T
    if cap:
        logits = cap * torch.tanh(logits / cap)
    losses = F.cross_entropy(logits, torch.tensor(targets), reduction="none")
    return (losses * torch.tensor(weights)).sum()


IDS = [3, 0, 3, 10, 7, 3, 0, 1]
POSITIONS = [0, 1, 2, 0, 1, 2, 3, 40]
TARGETS = [1, 5, 0, 36, 7, 7, 2, 11]
WEIGHTS = [1.0, 0.5, 0.0, 1.0, 2.0, 0.0, 1.0, 0.25]
PACKED = [70, 1, 29]
QKV = [(100, 32), (100, 16), (100, 16)]

# name: (shapes of the inputs, scale of their numbers, the operation)
CASES = {
    "embedding": ([(11, 6)], 1, lambda E: F.embedding(torch.tensor(IDS), E)),
    "linear": ([(5, 12), (7, 12)], 1, lambda x, W: x @ W.T),
    "linear with bias": ([(5, 12), (7, 12), (7,)], 1, lambda x, W, b: F.linear(x, W, b)),
    "low rank": (
        [(5, 12), (5, 7), (3, 12), (7, 3)], 1, lambda x, y, A, B: y + 0.5 * (x @ A.T) @ B.T),
    "rms norm": ([(5, 40), (40,)], 1, lambda x, g: rms_norm(x, g, 1e-5)),
    "rms norm of heads": (
        [(5, 48), (12,)], 1, lambda x, g: rms_norm(x.view(5, 4, 12), g, 1e-6, 1.0).reshape(5, 48)),
    "layer norm": ([(5, 40), (40,), (40,)], 1, lambda x, g, b: F.layer_norm(x, (40,), g, b, 1e-5)),
    "layer norm without bias": ([(5, 40), (40,)], 1, lambda x, g: F.layer_norm(x, (40,), g, None, 1e-5)),
    "rotary halves": ([(8, 32)], 1, lambda x: rotary(x, 16, 16, 10000.0, POSITIONS, False)),
    "rotary interleaved": ([(8, 32)], 1, lambda x: rotary(x, 16, 16, 10000.0, POSITIONS, True)),
    "rotary partial": ([(8, 32)], 1, lambda x: rotary(x, 16, 8, 500.0, POSITIONS, False)),
    "attention": ([(100, 32)] * 3, 2, lambda q, k, v: attention(q, k, v, PACKED, 2, 2)),
    "attention grouped": (QKV, 2, lambda q, k, v: attention(q, k, v, PACKED, 4, 2)),
    "attention windowed": (QKV, 2, lambda q, k, v: attention(q, k, v, PACKED, 2, 1, window=9)),
    "attention capped": (
        [(9, 40), (9, 20), (9, 20)], 4, lambda q, k, v: attention(q, k, v, [9], 2, 1, scale=0.5, window=5, cap=8.0)),
    "swiglu": ([(5, 12), (5, 12)], 6, lambda g, u: F.silu(g) * u),
    "geglu": ([(5, 12), (5, 12)], 3, lambda g, u: F.gelu(g, approximate="tanh") * u),
    "gelu tanh": ([(5, 12)], 5, lambda x: F.gelu(x, approximate="tanh")),
    "gelu exact": ([(5, 12)], 5, lambda x: F.gelu(x)),
    "sum": ([(5, 12), (5, 12)], 1, lambda x, y: x + y),
    "sum with itself": ([(5, 12)], 1, lambda x: x + x),
    "scale": ([(5, 12)], 1, lambda x: 0.3 * x),
    "residual block": (
        [(5, 12), (12,), (12, 12)], 1, lambda x, g, W: x + F.silu(rms_norm(x, g, 1e-5) @ W.T) * x),
    "head": ([(8, 12), (37, 12)], 2, lambda x, W: head_loss(x, W, TARGETS, WEIGHTS)),
    "head capped": ([(8, 12), (37, 12)], 2, lambda x, W: head_loss(x, W, TARGETS, WEIGHTS, cap=5.0)),
    "tied embedding and head": (
        [(37, 12)], 1, lambda E: head_loss(F.embedding(torch.tensor(IDS), E), E, TARGETS, WEIGHTS)),
}


def adamw():
    """Twenty steps with gradients `numbers` of seeds 1…20: the parameters, and both moments."""
    p = numbers((40,), 50).double().requires_grad_()
    optimizer = torch.optim.AdamW([p], lr=0.03, betas=(0.9, 0.95), eps=1e-6, weight_decay=0.1)
    for step in range(1, 21):
        p.grad = numbers((40,), step).double()
        optimizer.step()
    state = optimizer.state[p]
    return {"output": encoded(p), "gradients": [encoded(state["exp_avg"]), encoded(state["exp_avg_sq"])]}


def encoded(tensor):
    return base64.b64encode(tensor.detach().numpy().astype("<f4").tobytes()).decode()


def main() -> None:
    golden = {}
    for name, (shapes, scale, operation) in CASES.items():
        # In double, so that the golden values are true to the last digit that is kept.
        inputs = [numbers(shape, seed, scale).double().requires_grad_() for seed, shape in enumerate(shapes, 1)]
        torch.set_default_dtype(torch.float64)
        output = operation(*inputs)
        (output if output.ndim == 0 else (output * numbers(output.shape, 99)).sum()).backward()
        golden[name] = {
            "output": encoded(output.reshape(-1)),
            "gradients": [encoded(x.grad.reshape(-1)) for x in inputs],
        }
    golden["adamw"] = adamw()
    path = pathlib.Path(__file__).parent / "golden" / "operations.json"
    path.write_text(json.dumps(golden, indent=1) + "\n")


main()
