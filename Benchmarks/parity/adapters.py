"""Opens a LoRA adapter that Trimtab trained in peft, over the dequantised GGUF that it was trained on, and compares.

    Benchmarks/parity/run adapters.py ADAPTER_FOLDER BASE.gguf --text FILE
"""
import argparse, json, pathlib, subprocess, sys, tempfile

import h5py, torch, transformers
from peft import PeftModel

ROOT = pathlib.Path(__file__).resolve().parents[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("adapter")
    parser.add_argument("base")
    parser.add_argument("--text", required=True)
    parser.add_argument("--trimtab", default=str(ROOT / ".build/release/trimtab"))
    options = parser.parse_args()
    base = pathlib.Path(options.base)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        str(base.parent), gguf_file=base.name, dtype=torch.float32)
    model = PeftModel.from_pretrained(model, options.adapter).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.adapter)
    ids = tokenizer(pathlib.Path(options.text).read_text()[2000:4000])["input_ids"][:200]
    with torch.no_grad():
        expected = torch.log_softmax(model(torch.tensor([ids])).logits[0].double(), -1)
    with tempfile.TemporaryDirectory() as folder:
        logits = f"{folder}/logits.h5"
        subprocess.run([options.trimtab, "score", "--model", options.adapter, "--tokens", ",".join(map(str, ids)),
                        "--precision", "fp32", "--logits", logits, "--json"], check=True, capture_output=True)
        with h5py.File(logits) as file:
            given = torch.log_softmax(torch.from_numpy(file["logits"][:]).double(), -1)
    difference = float((given - expected).abs().max())
    layers = sum("lora_A" in name for name, _ in model.named_parameters())
    print(f"{'ok ' if difference < 2e-3 else 'BAD'} {layers} adapted layers opened by peft, {len(ids)} tokens, "
          f"largest difference {difference:.1e}")
    sys.exit(difference >= 2e-3)


main()
