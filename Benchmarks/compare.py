#!/usr/bin/env python3
"""Trimtab beside what a user would pick instead: every pair in turn, one table of ratios, and a JSON file.

    make bench                  all rows, five rounds; QUICK=1 for a short look, ROUNDS=9 for more
    python3 Benchmarks/compare.py --rows decode,proxy

Needs no packages itself; `peers/setup` makes the peers. Rows whose models, data or peers are missing are left out,
and said so.
"""
import argparse
import datetime
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

from sides import Command, Llama, Ours, Served, Unavailable, run

ROOT = Path(__file__).resolve().parent.parent
FETCH = ROOT.parent / "shared" / "tools" / "fetch-model"
MODELS = {
    "smollm2-135m": "SmolLM2-135M-Instruct.Q4_1.gguf",
    "qwen2.5-coder-0.5b": "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf",
    "qwen2.5-coder-1.5b": "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf",
}


def note(text):
    print(text, file=sys.stderr, flush=True)


class Comparison:
    """Everything that one call measures, row after row."""

    def __init__(self, options):
        self.options = options
        self.rounds = 2 if options.quick else options.rounds
        self.trimtab = options.trimtab
        self.threads = options.threads
        self.rows = []
        self.scratch = Path(options.scratch)
        self.scratch.mkdir(parents=True, exist_ok=True)
        self.measured = []
        report = self.measure_limits()
        self.machine = {key: report[key] for key in ("processor", "features", "processors", "threads", "precision")}

    def measure_limits(self):
        """What the machine can do now: rented machines change within minutes."""
        # A workload that is over at once; what counts are the limits.
        report = json.loads(run(
            [self.trimtab, "bench", "decode", "--shape", "tiny", "--tokens", 8, "--threads", self.threads, "--json"]))
        self.measured.append(report["limits"])
        return report

    @property
    def limits(self):
        """The medians of every time that the limits were measured."""
        return {key: statistics.median(limits[key] for limits in self.measured) for key in self.measured[0]}

    # Sides

    def ours(self, workload, *options, repeat=1):
        return Ours(self.trimtab, self.threads, workload, "--repeat", repeat, *options)

    def model(self, name):
        path = Path(self.options.models) / MODELS[name]
        if not path.exists() and FETCH.exists() and not self.options.offline:
            note(f"fetching {name}")
            subprocess.run([str(FETCH), name, str(path.parent)], stdout=subprocess.DEVNULL)
        if not path.exists():
            raise Unavailable(f"{path} isn't there (make bench MODELS=FOLDER)")
        return path

    def data(self, *parts):
        path = Path(self.options.data).joinpath(*parts)
        if not path.exists():
            raise Unavailable(f"{path} isn't there (make bench DATA=FOLDER)")
        return path

    def expert(self):
        """A LoRA expert for GSM8K over the 0.5B: the one that was named, or a short training."""
        folder = Path(self.options.expert or self.scratch / "expert")
        if (folder / "adapter_config.json").exists():
            return folder
        if self.options.expert or self.options.quick:
            raise Unavailable(f"{folder} holds no adapter (make bench EXPERT=FOLDER)")
        note("training an expert on GSM8K, 60 steps; kept for the next time")
        dataset = self.scratch / "gsm8k.h5"
        run([self.trimtab, "data", "import", "--format", "gsm8k", self.data("gsm8k", "train.jsonl"), "--output", dataset,
             "--validation", 0.02])
        settings = {
            "model.path": self.model("qwen2.5-coder-0.5b"), "data.path": dataset, "output": folder,
            "training.epochs": "null", "training.steps": 60, "training.accumulation": 1}
        run([self.trimtab, "finetune", ROOT / "recipes/task/gsm8k.yaml", "--overwrite",
             *[part for key, value in settings.items() for part in ("--set", f"{key}={value}")]])
        return folder

    def prompts(self):
        """A file of GSM8K's last questions, one a line."""
        lines = self.data("gsm8k", "train.jsonl").read_text(encoding="utf-8").splitlines()[-self.rounds:]
        questions = [json.loads(line)["question"].replace("\n", " ") for line in lines]
        path = self.scratch / "prompts.txt"
        path.write_text("".join(f"Question: {question}\\nAnswer:\n" for question in questions), encoding="utf-8")
        return path

    # Measuring

    def compare(self, row, target, ours, *peers, memory=None):
        """Lets the sides take turns; the peer with the best median is the one that counts."""
        samples, limits = [[] for _ in (ours, *peers)], []
        try:
            for number in range(self.rounds):
                note(f"{row}: round {number + 1} of {self.rounds}")
                limits.append(self.measure_limits()["limits"])
                for side, kept in zip((ours, *peers), samples):
                    kept.append(side.sample())
        finally:
            for side in (ours, *peers):
                side.close()
        rates = [[sample["rate"] for sample in kept] for kept in samples]
        entry = {"row": row, "target": target, "ours": summary(rates[0]), "samples": samples[0]}
        shares = [share(sample, limit) for sample, limit in zip(samples[0], limits)]
        entry["share"] = None if None in shares else statistics.median(shares)
        if peers:
            best = max(range(len(peers)), key=lambda place: statistics.median(rates[place + 1]))
            entry["peers"] = {
                side.name: summary(kept) for side, kept in zip(peers, rates[1:])}
            entry["peer"] = peers[best].name
            entry["ratio"] = summary([a / b for a, b in zip(rates[0], rates[best + 1])])
        self.add(entry)
        if memory:
            used = [max(sample["peak_bytes"] for sample in kept) / 1e9 for kept in samples]
            self.add({
                "row": memory, "target": "≤ 0.6", "unit": "GB", "ours": summary(used[:1]),
                "peers": {side.name: summary([value]) for side, value in zip(peers, used[1:])},
                "peer": peers[best].name, "ratio": summary([used[0] / used[best + 1]])})

    def add(self, entry):
        self.rows.append(entry)
        note(line(entry))

    # Rows

    def train(self):
        steps = 1 if self.options.quick else 2
        peers = [Served("PyTorch eager", self.threads, "train.py", "eager", "--steps", steps)]
        if not self.options.quick:
            try:
                peers.append(Served("PyTorch compiled", self.threads, "train.py", "compiled", "--steps", steps))
            except Unavailable as reason:
                note(f"torch.compile left out: {reason}")
        self.compare("full fine-tune, 135M shape, 4 × 512", "≥ 2.5, ≥ 50 %", self.ours("train", repeat=2), *peers,
                     memory="its peak memory")

    def lora(self):
        peer = Served("peft", self.threads, "train.py", "lora", "--steps", 1 if self.options.quick else 2)
        self.compare("LoRA rank 16, the same", "≥ 2.5", self.ours("lora", repeat=2), peer)

    def quantized_lora(self):
        model = self.model("qwen2.5-coder-0.5b")
        self.compare("LoRA on the 0.5B in Q4_K_M", "≥ 45 %", self.ours("lora-gguf", "--model", model))

    def prefill(self):
        for name, title in (("smollm2-135m", "135M Q4_1"), ("qwen2.5-coder-1.5b", "1.5B Q4_K_M")):
            model = self.model(name)
            peer = Llama(self.threads, model, prompt=512)
            self.compare(f"prefill 512, {title}", "≥ 2", self.ours("prefill", "--model", model), peer)

    def decode(self):
        for name, title in (("smollm2-135m", "135M Q4_1"), ("qwen2.5-coder-1.5b", "1.5B Q4_K_M")):
            model = self.model(name)
            target = "≥ 1.15" + (", ≥ 85 %" if title.startswith("1.5B") else "")
            self.compare(f"decode 128, {title}", target, self.ours("decode", "--model", model),
                         Llama(self.threads, model, tokens=128))

    def batch(self):
        for name, title in (("smollm2-135m", "135M Q4_1"), ("qwen2.5-coder-1.5b", "1.5B Q4_K_M")):
            tokens = 32 if self.options.quick else 64
            side = self.ours("batch", "--model", self.model(name), "--tokens", tokens)
            samples = [side.sample() for _ in range(self.rounds)]
            self.add({
                "row": f"8 sequences at once, {title}", "target": "≥ 4", "peer": "one sequence",
                "ours": summary([sample["rate"] for sample in samples]),
                "peers": {"one sequence": summary([sample["alone"]["median"] for sample in samples])},
                "ratio": summary([sample["rate"] / sample["alone"]["median"] for sample in samples])})

    def proxy(self):
        base = self.model("qwen2.5-coder-1.5b")
        models = ["--model", base, "--expert", self.expert()]
        peer = Llama(self.threads, base, tokens=128)
        self.compare("1.5B + (0.5B + LoRA), plain, against the base alone", "≥ 0.8",
                     self.ours("proxy", *models), peer)
        prompts = self.prompts()
        # Of the prompts as many are continued as a workload is repeated: every sample is of all questions.
        drafting = self.ours("proxy", *models, "--draft", "auto", "--prompts", prompts, repeat=self.rounds)
        self.compare("the same with drafting, GSM8K", "≥ 1.2", drafting, peer)

    def small_proxy(self):
        peer = Served("transformers", self.threads, "proxied.py", "--tokens", 32 if self.options.quick else 64)
        for weights, target in (("bfloat16", "≥ 3"), ("q8_0", "≥ 8")):
            again = peer if weights == "bfloat16" else Served("transformers", self.threads, "proxied.py")
            self.compare(f"135M base in {weights} + two of 6 layers", target,
                         self.ours("proxy", "--weights", weights, "--tokens", 64), again)

    def importing(self):
        folder = self.expert()
        for name, template, files in (
            ("gsm8k", "plain", [self.data("gsm8k", "train.jsonl")]),
            ("alpaca", "alpaca", sorted(self.data("alpaca-52k").glob("*.json"))),
        ):
            size = sum(path.stat().st_size for path in files)
            ours = Command("trimtab", [
                self.trimtab, "data", "import", "--format", name, *files, "--output", self.scratch / f"{name}-ours.h5",
                "--tokenizer", folder / "tokenizer.json", "--template", template, "--skip-bad", "--threads",
                self.threads], work=size / 1e6)
            peer = Served(
                "tokenizers + h5py", self.threads, "import_rows.py", name, *files, "--tokenizer",
                folder / "tokenizer.json", "--end", "<|im_end|>", "--output", self.scratch / f"{name}-peer.h5",
                needs_threads=False)
            self.compare(f"importing {name}, tokenised", "≥ 1", ours, peer)

    def starting(self):
        for row, target, command in (
            ("trimtab --help", 60, ["--help"]),
            ("trimtab inspect, the 1.5B", 150, ["inspect", self.model("qwen2.5-coder-1.5b")]),
        ):
            side = Command(row, [self.trimtab, *command])
            times = [side.sample()["seconds"] * 1000 for _ in range(max(5, self.rounds))]
            self.add({"row": row, "target": f"< {target} ms", "unit": "ms", "ours": summary(times)})

    def growth(self):
        if self.options.quick:
            return
        note("growth: some minutes")
        report = json.loads(run(
            [self.trimtab, "bench", "growth", "--threads", self.threads, "--no-limits", "--json"]))
        self.table = report["growth"]

    table = []


ROWS = {
    "train": Comparison.train, "lora": Comparison.lora, "lora-gguf": Comparison.quantized_lora,
    "prefill": Comparison.prefill, "decode": Comparison.decode, "batch": Comparison.batch,
    "proxy": Comparison.proxy, "small-proxy": Comparison.small_proxy, "import": Comparison.importing,
    "start": Comparison.starting, "growth": Comparison.growth,
}


def share(sample, limits):
    """What part of the limit that binds it a rate is; None where none was counted."""
    if "flops_per_token" in sample:
        return sample["rate"] * sample["flops_per_token"] / limits["multiply_flops"]
    if "bytes_per_token" in sample:
        return sample["rate"] * sample["bytes_per_token"] / limits["read_bytes_per_second"]
    return None


def summary(values):
    return {"median": statistics.median(values), "minimum": min(values), "maximum": max(values)}


def spread(value, digits):
    return "{median:.{d}f} [{minimum:.{d}f}, {maximum:.{d}f}]".format(d=digits, **value)


def line(entry):
    """A row of the table: ratio, share, ours, the peer that counts."""
    def digits(value):
        return 2 if value["median"] < 10 else 1 if value["median"] < 1000 else 0

    ratio = spread(entry["ratio"], 2) if "ratio" in entry else "-"
    share = "{:.0f} %".format(100 * entry["share"]) if entry.get("share") else "-"
    peer = entry["peers"][entry["peer"]] if "peer" in entry else None
    cells = [
        entry["row"], entry["target"], ratio, share, spread(entry["ours"], digits(entry["ours"])),
        spread(peer, digits(peer)) + " " + entry["peer"] if peer else "-"]
    return "| " + " | ".join(cells) + " |"


def table(comparison):
    limits, machine = comparison.limits, comparison.machine
    lines = [
        f"{machine['processor']}, {machine['threads']} of {machine['processors']} threads: {' '.join(machine['features'])}",
        "limits: registers {:.0f} GFLOP/s, matrix product {:.0f} GFLOP/s, memory reads {:.1f} GB/s".format(
            limits["register_flops"] / 1e9, limits["multiply_flops"] / 1e9, limits["read_bytes_per_second"] / 1e9),
        f"medians of {comparison.rounds} rounds in turn [least, most]; tokens/s where no unit is named, MB/s for importing",
        "", "| work | at least | ours ÷ peer | of the limit | ours | peer |", "|---|---|---|---|---|---|"]
    lines += [line(entry) for entry in comparison.rows]
    if comparison.table:
        lines += ["", "| tokens/s as work grows | | train | lora | prefill | decode |", "|---|---|---|---|---|---|"]
        for row in comparison.table:
            cells = ["{:.0f}".format(row[key]) if key in row else "-" for key in ("train", "lora", "prefill", "decode")]
            lines.append("| " + " | ".join([row["dimension"], row["value"], *cells]) + " |")
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trimtab", default=ROOT / ".build/release/trimtab")
    parser.add_argument("--models", default=ROOT / "models")
    parser.add_argument("--data", default=ROOT.parent / "shared" / "data")
    parser.add_argument("--expert", help="a LoRA expert over the 0.5B (default: one is trained)")
    parser.add_argument("--scratch", default=ROOT / "Benchmarks/results")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--rows", default=",".join(ROWS), help="some of " + ", ".join(ROWS))
    parser.add_argument("--quick", action="store_true", help="two rounds of shorter work; no model is trained")
    parser.add_argument("--offline", action="store_true", help="fetch no models")
    options = parser.parse_args()
    unknown = set(options.rows.split(",")) - set(ROWS)
    if unknown:
        parser.error(f"there are no rows {', '.join(sorted(unknown))}; there are {', '.join(ROWS)}")
    comparison = Comparison(options)
    skipped = {}
    for name in options.rows.split(","):
        try:
            ROWS[name](comparison)
        except Unavailable as reason:
            skipped[name] = str(reason)
            note(f"{name} left out: {reason}")
    print(table(comparison))
    for name, reason in skipped.items():
        print(f"left out: {name}: {reason}")
    now = datetime.datetime.now().strftime("%Y-%m-%dT%H-%M-%S")
    path = Path(options.scratch) / f"{now}.json"
    path.write_text(json.dumps({
        "machine": comparison.machine, "limits": comparison.limits, "rounds": comparison.rounds,
        "rows": comparison.rows, "growth": comparison.table, "left_out": skipped}, indent=1, ensure_ascii=False))
    print(f"written to {path}")


main()
