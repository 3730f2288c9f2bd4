"""Writes the golden models of Tests/ModelsTests: one tiny random model a family, with its logits.

    Benchmarks/parity/run families.py
"""
import json, pathlib, shutil

import torch, transformers
from peft import LoraConfig, get_peft_model

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests/ModelsTests/Fixtures"
COMMON = dict(vocab_size=40, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=4,
              num_key_value_heads=2, max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
ROPE = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
        "original_max_position_embeddings": 16, "rope_theta": 10000.0}
FAMILIES = {
    "llama": transformers.LlamaConfig(**COMMON, attention_bias=True, mlp_bias=True),
    "llama-rope": transformers.LlamaConfig(**COMMON, head_dim=8, tie_word_embeddings=True, rope_parameters=ROPE),
    "mistral": transformers.MistralConfig(**COMMON, sliding_window=6),
    "qwen2": transformers.Qwen2Config(**COMMON, tie_word_embeddings=True),
    "gpt2": transformers.GPT2Config(vocab_size=40, n_embd=16, n_layer=2, n_head=4, n_positions=64),
}


def expected(model, ids):
    with torch.no_grad():
        logits = model(torch.tensor([ids])).logits[0].double()
    return {"ids": ids, "logits": [[round(float(z), 7) for z in row] for row in logits]}


def main():
    shutil.rmtree(FIXTURES, ignore_errors=True)
    for number, (name, configuration) in enumerate(FAMILIES.items()):
        torch.manual_seed(number)
        configuration._attn_implementation = "eager"
        model = transformers.AutoModelForCausalLM.from_config(configuration).eval()
        for parameter in model.parameters():
            parameter.data.add_(0.3 * torch.randn_like(parameter))
        folder = FIXTURES / name
        model.save_pretrained(folder, max_shard_size="10KB" if name == "llama" else "5GB")
        ids = torch.randint(0, 40, (24,)).tolist()
        result = expected(model, ids)
        (folder / "expected.json").write_text(json.dumps(result))
        # An adapter over it: for GPT-2 over the fused matrix too, with a rank of its own.
        targets = ["c_attn", "c_fc", "c_proj"] if name == "gpt2" else ["q_proj", "v_proj", "down_proj"]
        lora = LoraConfig(r=2, lora_alpha=6, target_modules=targets, use_rslora=name == "qwen2",
                          rank_pattern={targets[1]: 3}, fan_in_fan_out=name == "gpt2", task_type="CAUSAL_LM")
        adapted = get_peft_model(model, lora).eval()
        for key, parameter in adapted.named_parameters():
            if "lora_" in key:
                parameter.data.normal_(0, 0.3)
        adapter = FIXTURES / f"{name}-lora"
        adapted.save_pretrained(adapter)
        (adapter / "README.md").unlink(missing_ok=True)
        written = json.loads((adapter / "adapter_config.json").read_text())
        written["base_model_name_or_path"] = f"../{name}"
        (adapter / "adapter_config.json").write_text(json.dumps(written, indent=2))
        (adapter / "expected.json").write_text(json.dumps(expected(adapted, ids)))
    print(f"PyTorch {torch.__version__}, transformers {transformers.__version__}: wrote {FIXTURES}")


main()
