"""Reference for preference training: losses, gradient norms and one AdamW step of a tiny Llama in float32, by TRL.

The policy is the tiny model of training.py, the reference the same with its adapter merged. Writes
Tests/TrainingTests/Fixtures/preferences.json.

    Benchmarks/parity/run preferences.py
"""

import json
import pathlib
import tempfile

import torch
from datasets import Dataset
from peft import PeftModel
from tokenizers import Tokenizer, models, pre_tokenizers
from transformers import LlamaForCausalLM, PreTrainedTokenizerFast
from trl import DPOConfig, DPOTrainer, KTOConfig, KTOTrainer
from trl.experimental.cpo import CPOConfig, CPOTrainer
from trl.experimental.orpo import ORPOConfig, ORPOTrainer

FIXTURES = pathlib.Path(__file__).resolve().parents[2] / "Tests" / "TrainingTests" / "Fixtures"
LEARNING_RATE = 2e-4
BEGIN, END, PAD = 61, 62, 63


def make_tokenizer():
    """A token is a word: t0 to t63."""
    inner = Tokenizer(models.WordLevel({f"t{i}": i for i in range(64)}, unk_token="t63"))
    inner.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, bos_token=f"t{BEGIN}", eos_token=f"t{END}", pad_token=f"t{PAD}")


def make_pairs(generator, prompts, chosen, rejected):
    """Prompts begin and answers end with a token of their own, as TRL would make them."""
    def random(length):
        return torch.randint(0, 61, (length,), generator=generator).tolist()
    return [
        {"prompt": [BEGIN] + random(p), "chosen": random(c) + [END], "rejected": random(r) + [END]}
        for p, c, r in zip(prompts, chosen, rejected)
    ]


def words(ids):
    return " ".join(f"t{i}" for i in ids)


def policy():
    return LlamaForCausalLM.from_pretrained(FIXTURES / "tiny-llama").float().eval()


def reference():
    return PeftModel.from_pretrained(policy(), FIXTURES / "tiny-adapter").merge_and_unload().eval()


def arguments(folder, size):
    return {
        "output_dir": folder, "per_device_train_batch_size": size, "report_to": [], "use_cpu": True, "bf16": False,
        "gradient_checkpointing": False, "remove_unused_columns": False, "max_length": None, "seed": 1,
    }


def one_step(trainer, batch):
    """The trainer's own loss and metrics, the norm of its gradient, and its loss after a step of AdamW."""
    model = trainer.model.train()  # nothing of it drops out; in evaluation metrics have other names
    optimizer = torch.optim.AdamW(model.parameters(), lr=LEARNING_RATE, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    loss = trainer.compute_loss(model, batch)
    loss.backward()
    norm = float(torch.nn.utils.get_total_norm([p.grad for p in model.parameters() if p.grad is not None]))
    optimizer.step()
    with torch.no_grad():
        after = trainer.compute_loss(model, batch)
    return {"loss": float(loss.detach()), "gradient_norm": norm, "loss_after": float(after)}


def metrics(trainer):
    """What the first call of the trainer's loss noted, under TRL's names."""
    stored = (getattr(trainer, "_metrics", None) or trainer._stored_metrics)["train"]
    names = ["rewards/chosen", "rewards/rejected", "rewards/accuracies", "rewards/margins", "logps/chosen",
             "logps/rejected", "kl"]
    return {name: float(stored[name][0]) for name in names if stored.get(name)}


def run(trainer):
    """One step on one batch that holds everything."""
    return one_step(trainer, next(iter(trainer.get_train_dataloader()))) | metrics(trainer)


def unpaired(pairs):
    """Every answer an example of its own, the chosen ones first."""
    return Dataset.from_list([
        {"prompt": words(p["prompt"]), "completion": " " + words(p[kind][:-1]), "label": kind == "chosen"}
        for kind in ("chosen", "rejected") for p in pairs])


def mismatched(trainer, pairs):
    """Gives both of a pair's examples the chosen answer of the pair before as what the KL is estimated from."""
    answers = [pairs[i - 1]["chosen"] for i in range(len(pairs))]
    columns = trainer.train_dataset.remove_columns("KL_completion_ids")
    trainer.train_dataset = columns.add_column("KL_completion_ids", answers + answers)
    return trainer


def main():
    torch.manual_seed(3)
    torch.set_num_threads(1)
    generator = torch.Generator().manual_seed(5)
    tokenizer = make_tokenizer()
    pairs = {
        "unequal": make_pairs(generator, [3, 1, 5, 2], [4, 7, 2, 5], [6, 3, 5, 1]),
        # TRL's ORPO counts the likelihood of the prompt too, and all likelihoods as means over a batch's tokens; with
        # prompts of one token and chosen answers of one length these are means over pairs of the answers alone.
        "plain": make_pairs(generator, [0, 0, 0], [5, 5, 5], [3, 6, 2]),
    }
    texts = {
        name: Dataset.from_list([
            {"prompt": words(p["prompt"]), "chosen": " " + words(p["chosen"][:-1]),
             "rejected": " " + words(p["rejected"][:-1])} for p in list_of_pairs])
        for name, list_of_pairs in pairs.items()
    }
    cases = {}
    with tempfile.TemporaryDirectory() as folder:
        for name, data, options in [
            ("sigmoid", "unequal", {"loss_type": "sigmoid"}), ("hinge", "unequal", {"loss_type": "hinge"}),
            ("ipo", "unequal", {"loss_type": "ipo"}),
            ("robust", "unequal", {"loss_type": "robust", "label_smoothing": 0.2}),
            ("sigmoid_norm", "unequal", {"loss_type": "sigmoid_norm", "beta": 2.0}),
            ("irpo", "plain", {"loss_type": ["sigmoid", "sft"], "loss_weights": [1.0, 0.5]}),
        ]:
            configuration = DPOConfig(**arguments(folder, len(pairs[data])) | {"beta": 0.5} | options)
            cases[name] = {"pairs": data} | run(DPOTrainer(
                model=policy(), ref_model=reference(), args=configuration, train_dataset=texts[data],
                processing_class=tokenizer))
        configuration = KTOConfig(
            **arguments(folder, 2 * len(pairs["unequal"])), beta=0.5, desirable_weight=1.5, undesirable_weight=0.75,
            train_sampling_strategy="sequential")
        cases["kto"] = {"pairs": "unequal"} | run(mismatched(KTOTrainer(
            model=policy(), ref_model=reference(), args=configuration, train_dataset=unpaired(pairs["unequal"]),
            processing_class=tokenizer), pairs["unequal"]))
        configuration = CPOConfig(
            **arguments(folder, 4) | {"max_length": 64}, loss_type="simpo", beta=2.0, simpo_gamma=0.7, cpo_alpha=0.0)
        cases["simpo"] = {"pairs": "unequal"} | run(CPOTrainer(
            model=policy(), args=configuration, train_dataset=texts["unequal"], processing_class=tokenizer))
        configuration = ORPOConfig(**arguments(folder, 3) | {"max_length": 64}, beta=0.5)
        cases["orpo"] = {"pairs": "plain"} | run(ORPOTrainer(
            model=policy(), args=configuration, train_dataset=texts["plain"], processing_class=tokenizer))
    document = {
        "made_by": "Benchmarks/parity/preferences.py", "learning_rate": LEARNING_RATE, "pairs": pairs, "cases": cases,
    }
    (FIXTURES / "preferences.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
    for name, case in cases.items():
        print(name, json.dumps(case))


if __name__ == "__main__":
    main()
