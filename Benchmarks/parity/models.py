"""Holds `trimtab score` and `trimtab generate` against PyTorch.

    Benchmarks/parity/run models.py tiny
        random tiny models of every family, saved by transformers: log-probabilities within 1e-4
    Benchmarks/parity/run models.py gguf MODEL.gguf --text FILE
        a real model, PyTorch on the dequantised weights: log-probabilities over 200 tokens within 2e-3,
        and the greedy continuation of 64 tokens equal
    Benchmarks/parity/run models.py folder CHECKPOINT
        a folder that Trimtab wrote, opened by transformers: log-probabilities within 1e-4
"""
import argparse, json, pathlib, subprocess, sys, tempfile

import gguf, h5py, numpy, torch, transformers

ROOT = pathlib.Path(__file__).resolve().parents[2]


def trimtab(binary, *arguments):
    done = subprocess.run([binary, *map(str, arguments)], capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{' '.join(map(str, arguments))}: exit {done.returncode}\n{done.stderr}")
    return done.stdout


def compare(binary, path, model, ids, continuation, limit):
    """One model: the largest log-probability difference, and whether greedy continuations agree."""
    with torch.no_grad():
        expected = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1).numpy()
        greedy = ids[:20]
        past, feed = None, torch.tensor([greedy])
        answer, margin = [], float("inf")
        for _ in range(continuation):
            output = model(feed, past_key_values=past, use_cache=True)
            past = output.past_key_values
            top = output.logits[0, -1].topk(2)
            margin = min(margin, float(top.values[0] - top.values[1]))
            answer.append(int(top.indices[0]))
            feed = torch.tensor([[answer[-1]]])
    with tempfile.TemporaryDirectory() as folder:
        logits = f"{folder}/logits.h5"
        tokens = ",".join(map(str, ids))
        score = json.loads(trimtab(binary, "score", "--model", path, "--tokens", tokens, "--precision", "fp32",
                                   "--logits", logits, "--json"))
        with h5py.File(logits) as file:
            given = torch.log_softmax(torch.from_numpy(file["logits"][:]).double(), -1).numpy()
    difference = float(numpy.abs(given - expected).max())
    reported = max(abs(score["logprobs"][i + 1] - expected[i, ids[i + 1]]) for i in range(len(ids) - 1))
    generated = json.loads(trimtab(
        binary, "generate", "--model", path, "--tokens", ",".join(map(str, greedy)), "--max-tokens", continuation,
        "--precision", "fp32", "--ignore-end", "--json"))["tokens"]
    same = generated == answer
    first = next((i for i, pair in enumerate(zip(generated, answer)) if pair[0] != pair[1]), continuation)
    ok = difference <= limit and reported <= limit and same
    print(f"{'ok ' if ok else 'BAD'} {pathlib.Path(path).name}: {len(ids)} tokens, largest difference "
          f"{difference:.1e} (limit {limit:.0e}), greedy {'equal' if same else f'differs at {first}'} over "
          f"{continuation} tokens (smallest margin {margin:.1e})")
    return ok


def tiny(binary, _):
    common = dict(vocab_size=320, hidden_size=48, intermediate_size=112, num_hidden_layers=3,
                  num_attention_heads=6, num_key_value_heads=2, max_position_embeddings=256,
                  bos_token_id=1, eos_token_id=2)
    rope = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64, "rope_theta": 500000.0}
    configurations = {
        "llama": transformers.LlamaConfig(**common, tie_word_embeddings=False),
        "llama-tied-biased": transformers.LlamaConfig(**common, tie_word_embeddings=True, attention_bias=True, mlp_bias=True),
        "llama-3-rope": transformers.LlamaConfig(**common, rope_parameters=rope),
        "llama-head-dim": transformers.LlamaConfig(**common, head_dim=16),
        "mistral": transformers.MistralConfig(**common, sliding_window=16),
        "qwen2": transformers.Qwen2Config(**common, tie_word_embeddings=True),
        "gpt2": transformers.GPT2Config(vocab_size=320, n_embd=48, n_layer=3, n_head=4, n_positions=256),
    }
    good = True
    with tempfile.TemporaryDirectory() as folder:
        for number, (name, configuration) in enumerate(configurations.items()):
            torch.manual_seed(number)
            configuration._attn_implementation = "eager"
            model = transformers.AutoModelForCausalLM.from_config(configuration).eval()
            for parameter in model.parameters():
                parameter.data.add_(0.1 * torch.randn_like(parameter))
            path = f"{folder}/{name}"
            model.save_pretrained(path, max_shard_size="100KB" if number % 2 else "5GB")
            ids = torch.randint(0, 320, (200,)).tolist()
            good &= compare(binary, path, model, ids, 32, 1e-4)
    return good


def real(binary, options):
    reader = gguf.GGUFReader(options.model)
    folder, name = str(pathlib.Path(options.model).parent), pathlib.Path(options.model).name
    model = transformers.AutoModelForCausalLM.from_pretrained(folder, gguf_file=name, dtype=torch.float32).eval()
    del reader
    text = pathlib.Path(options.text).read_text()[2000:6000]
    ids = json.loads(trimtab(binary, "tokenize", options.model, "--text", text, "--json"))["ids"][:200]
    return compare(binary, options.model, model, ids, 64, 2e-3)


def folder(binary, options):
    model = transformers.AutoModelForCausalLM.from_pretrained(options.model, dtype=torch.float32).eval()
    torch.manual_seed(0)
    length = min(100, model.config.max_position_embeddings - 40)
    ids = torch.randint(0, model.config.vocab_size, (length,)).tolist()
    return compare(binary, options.model, model, ids, 32, 1e-4)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trimtab", default=str(ROOT / ".build/release/trimtab"))
    commands = parser.add_subparsers(required=True)
    commands.add_parser("tiny").set_defaults(run=tiny)
    command = commands.add_parser("gguf")
    command.add_argument("model")
    command.add_argument("--text", required=True)
    command.set_defaults(run=real)
    command = commands.add_parser("folder")
    command.add_argument("model")
    command.set_defaults(run=folder)
    options = parser.parse_args()
    print(f"PyTorch {torch.__version__}, transformers {transformers.__version__}")
    sys.exit(0 if options.run(options.trimtab, options) else 1)


main()
