"""One or two steps of fine-tuning SmolLM2's 135M shape with PyTorch: tokens a second.

    train.py eager|compiled|lora --threads N [--steps N]

`eager` and `compiled` train every weight under bf16 autocast; `lora` trains rank 16 on every linear layer over
bf16 weights, with peft. Fused AdamW, 4 sequences of 512 tokens a step.
"""
import argparse

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from unit import serve

parser = argparse.ArgumentParser()
parser.add_argument("mode", choices=["eager", "compiled", "lora"])
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--steps", type=int, default=2)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=30, num_attention_heads=9,
        num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=2048, rope_theta=1e5,
        attn_implementation="sdpa"))
model.config.use_cache = False
if arguments.mode == "lora":
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(
        model.to(torch.bfloat16), LoraConfig(r=16, lora_alpha=32, target_modules="all-linear"),
        autocast_adapter_dtype=False)
model.train()
forward = torch.compile(model) if arguments.mode == "compiled" else model
optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=1e-4, fused=True)
batch = torch.randint(0, 49152, (4, 512))


def step():
    with torch.autocast("cpu", dtype=torch.bfloat16, enabled=arguments.mode != "lora"):
        loss = forward(input_ids=batch, labels=batch).loss
    loss.backward()
    optimizer.step()
    optimizer.zero_grad(set_to_none=True)


def unit():
    for _ in range(arguments.steps):
        step()
    return arguments.steps * batch.numel()


step()
step()
serve(unit)
