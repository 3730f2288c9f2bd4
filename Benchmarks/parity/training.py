"""Reference for the trainer: twenty AdamW steps of a tiny Llama in float32, full and LoRA, by PyTorch and peft.

Writes Tests/TrainingTests/Fixtures: the initial model (a transformers folder), the initial adapter (a peft folder), and
training.json with the batches, the hyper-parameters, and every step's loss, gradient norm and validation loss.

    Benchmarks/parity/run training.py
"""

import json
import pathlib
import shutil

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import LlamaConfig, LlamaForCausalLM, get_cosine_schedule_with_warmup

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "TrainingTests" / "Fixtures"
STEPS, ACCUMULATION, WARMUP = 20, 2, 3
OPTIMIZER = {"beta1": 0.9, "beta2": 0.95, "epsilon": 1e-8, "weight_decay": 0.1}
CLIPPING = 1.0
RATES = {"full": 5e-3, "lora": 2e-2}


def make_batches(count, generator):
    """Batches of three sequences of unequal length; a mask says which tokens count in the loss."""
    batches = []
    for _ in range(count):
        sequences = []
        for _ in range(3):
            length = int(torch.randint(3, 14, (1,), generator=generator))
            # Something that can be learnt: each token follows from the one before.
            ids = [int(torch.randint(0, 61, (1,), generator=generator))]
            while len(ids) < length:
                ids.append((5 * ids[-1] + 3) % 61)
            prompt = int(torch.randint(0, length // 2 + 1, (1,), generator=generator))
            sequences.append({"ids": ids, "mask": [0] * prompt + [1] * (length - prompt)})
        batches.append(sequences)
    return batches


def summed_loss(model, batch):
    """The summed cross-entropy of the batch's loss tokens, and how many they are."""
    length = max(len(sequence["ids"]) for sequence in batch)
    pad = lambda values, filler: torch.tensor(values + [filler] * (length - len(values)))
    ids = torch.stack([pad(s["ids"], 0) for s in batch])
    attention = torch.stack([pad([1] * len(s["ids"]), 0) for s in batch])
    counts = torch.stack([pad(s["mask"], 0) for s in batch])[:, 1:].bool()
    logits = model(input_ids=ids, attention_mask=attention).logits[:, :-1][counts]
    loss = torch.nn.functional.cross_entropy(logits, ids[:, 1:][counts], reduction="sum")
    return loss, int(counts.sum())


def train(model, rate, batches, validation):
    trainable = [(n, p) for n, p in model.named_parameters() if p.requires_grad]
    groups = [
        {"params": [p for _, p in trainable if p.dim() > 1], "weight_decay": OPTIMIZER["weight_decay"]},
        {"params": [p for _, p in trainable if p.dim() <= 1], "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(
        groups, lr=rate, betas=(OPTIMIZER["beta1"], OPTIMIZER["beta2"]), eps=OPTIMIZER["epsilon"], foreach=False)
    schedule = get_cosine_schedule_with_warmup(optimizer, WARMUP, STEPS)
    losses, norms = [], []
    for step in range(STEPS):
        parts = [summed_loss(model, b) for b in batches[step * ACCUMULATION:(step + 1) * ACCUMULATION]]
        loss = sum(part for part, _ in parts) / sum(tokens for _, tokens in parts)
        loss.backward()
        norms.append(float(torch.nn.utils.clip_grad_norm_([p for _, p in trainable], CLIPPING)))
        losses.append(float(loss.detach()))
        optimizer.step()
        schedule.step()
        optimizer.zero_grad()
    with torch.no_grad():
        parts = [summed_loss(model, b) for b in validation]
    final = float(sum(part for part, _ in parts) / sum(tokens for _, tokens in parts))
    return {"learning_rate": rate, "losses": losses, "gradient_norms": norms, "validation_loss": final}


def main():
    torch.manual_seed(7)
    torch.set_num_threads(1)
    for name in ["tiny-llama", "tiny-adapter"]:
        shutil.rmtree(FIXTURES / name, ignore_errors=True)
    configuration = LlamaConfig(
        vocab_size=64, hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4,
        num_key_value_heads=2, max_position_embeddings=64, tie_word_embeddings=False, bos_token_id=61,
        eos_token_id=62, initializer_range=0.15)
    model = LlamaForCausalLM(configuration).float().eval()
    model.save_pretrained(FIXTURES / "tiny-llama")

    adapted = get_peft_model(
        LlamaForCausalLM.from_pretrained(FIXTURES / "tiny-llama"),
        LoraConfig(r=4, lora_alpha=8, lora_dropout=0.0, target_modules="all-linear", task_type="CAUSAL_LM"))
    for name, parameter in adapted.named_parameters():
        if "lora_B" in name:  # peft begins with zeros, which would hide a wrong A in the first steps
            torch.nn.init.normal_(parameter, std=0.05)
    adapted.peft_config["default"].base_model_name_or_path = "../tiny-llama"
    # peft keeps a set, whose order changes from run to run.
    adapted.peft_config["default"].target_modules = sorted(adapted.peft_config["default"].target_modules)
    adapted.save_pretrained(FIXTURES / "tiny-adapter")
    (FIXTURES / "tiny-adapter" / "README.md").unlink()  # a model card to fill in

    generator = torch.Generator().manual_seed(11)
    batches = make_batches(STEPS * ACCUMULATION, generator)
    validation = make_batches(2, generator)
    adapted = PeftModel.from_pretrained(
        LlamaForCausalLM.from_pretrained(FIXTURES / "tiny-llama"), FIXTURES / "tiny-adapter", is_trainable=True)
    runs = {
        "full": train(model, RATES["full"], batches, validation),
        "lora": train(adapted, RATES["lora"], batches, validation),
    }
    document = {
        "made_by": "Benchmarks/parity/training.py", "steps": STEPS, "accumulation": ACCUMULATION,
        "warmup": WARMUP, "clipping": CLIPPING, "optimizer": OPTIMIZER, "runs": runs,
        "batches": batches, "validation": validation,
    }
    (FIXTURES / "training.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    for name, run in runs.items():
        print(name, *(f"{loss:.4f}" for loss in run["losses"]), "validation", f"{run['validation_loss']:.4f}")


if __name__ == "__main__":
    main()
