"""Proxy-tuned decoding as the paper's authors run it: three transformers models in bf16, each with its KV cache.

    proxied.py --threads N [--tokens N]

A base of SmolLM2's 135M shape and two models of the same width with 6 layers, all with random weights; the
next token is the likeliest under base + (expert - antiexpert), and every model is fed it (Liu et al. 2024). It goes on
from one token, as `trimtab bench proxy` does: a longer prompt would be read on the peer's time alone.
"""
import argparse

import torch
from transformers import LlamaConfig, LlamaForCausalLM

from unit import serve

parser = argparse.ArgumentParser()
parser.add_argument("--threads", type=int, required=True)
parser.add_argument("--tokens", type=int, default=64)
arguments = parser.parse_args()

torch.set_num_threads(arguments.threads)
torch.manual_seed(0)


def random_model(layers):
    config = LlamaConfig(
        vocab_size=49152, hidden_size=576, intermediate_size=1536, num_hidden_layers=layers,
        num_attention_heads=9, num_key_value_heads=3, tie_word_embeddings=True, max_position_embeddings=2048,
        rope_theta=1e5)
    return LlamaForCausalLM(config).to(torch.bfloat16).eval()


models = [random_model(30), random_model(6), random_model(6)]
prompt = torch.randint(0, 49152, (1, 1))


@torch.inference_mode()
def generate(tokens):
    caches = [None] * 3
    inputs = prompt
    for _ in range(tokens):
        logits = []
        for place, model in enumerate(models):
            output = model(input_ids=inputs, past_key_values=caches[place], use_cache=True, logits_to_keep=1)
            caches[place] = output.past_key_values
            logits.append(output.logits[:, -1])
        base, expert, antiexpert = logits
        inputs = (base + (expert - antiexpert)).argmax(dim=-1, keepdim=True)
    return tokens


generate(8)
serve(lambda: generate(arguments.tokens))
