"""Imports GSM8K or Alpaca into HDF5 with Hugging Face's tokenizers (Rust, all threads) and h5py: megabytes a second.

    import_rows.py gsm8k|alpaca INPUT... --tokenizer TOKENIZER.json --end TOKEN --output X.h5

What `trimtab data import` does, to the byte: the same texts, token ids, mask and offsets in the same layout (chunked,
shuffled, deflated), the tokenizer loaded anew. What stands before an answer, and the answer with the token that ends
it, are encoded apart; records without an answer are left out.
"""
import argparse
import json
import os

import h5py
import numpy
from tokenizers import Tokenizer

from unit import serve

parser = argparse.ArgumentParser()
parser.add_argument("format", choices=["gsm8k", "alpaca"])
parser.add_argument("inputs", nargs="+")
parser.add_argument("--tokenizer", required=True)
parser.add_argument("--end", required=True)
parser.add_argument("--output", required=True)
arguments = parser.parse_args()


def records(path):
    with open(path, encoding="utf-8") as file:
        first = file.read(1)
        file.seek(0)
        return json.load(file) if first == "[" else [json.loads(line) for line in file if line.strip()]


def parts(record):
    """Columns, the text before the answer, and the answer."""
    if arguments.format == "gsm8k":
        answer = record["answer"].rsplit("####", 1)[1].strip().replace(",", "")
        columns = {"prompt": record["question"], "response": record["answer"], "answer": answer}
        return columns, record["question"], " " + record["answer"] + arguments.end
    user = record["instruction"] + ("\n\n" + record["input"] if record.get("input") else "")
    messages = [{"role": "user", "content": user}, {"role": "assistant", "content": record["output"]}]
    prompt = f"### Instruction:\n{user}\n\n### Response:\n"
    preamble = ("Below is an instruction that describes a task. "
                "Write a response that appropriately completes the request.\n\n")
    text = json.dumps(messages, ensure_ascii=False, separators=(",", ":"))
    return {"messages": text}, preamble + prompt, record["output"] + arguments.end


def dataset(group, name, data, dtype, chunk):
    group.create_dataset(
        name, data=data, dtype=dtype, chunks=(chunk,), maxshape=(None,), shuffle=True, compression="gzip",
        compression_opts=4)


def run():
    tokenizer = Tokenizer.from_file(arguments.tokenizer)
    columns, prompts, answers = [], [], []
    for path in arguments.inputs:
        for record in records(path):
            if not (record.get("answer") or record.get("output") or "").strip():
                continue
            column, prompt, answer = parts(record)
            columns.append(column)
            prompts.append(prompt)
            answers.append(answer)
    encoded = [
        [part.ids for part in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
        for texts in (prompts, answers)]
    ids, mask, offsets = [], [], [0]
    for prompt, answer in zip(*encoded):
        ids += prompt + answer
        mask += [0] * len(prompt) + [1] * len(answer)
        offsets.append(len(ids))
    with h5py.File(arguments.output, "w") as file:
        text, tokens = file.create_group("train/text"), file.create_group("train/tokens")
        for name in columns[0]:
            dataset(text, name, [row[name] for row in columns], h5py.string_dtype(), 1024)
        dataset(tokens, "ids", numpy.array(ids, numpy.uint32), numpy.uint32, 65536)
        dataset(tokens, "mask", numpy.array(mask, numpy.uint8), numpy.uint8, 65536)
        dataset(tokens, "offsets", numpy.array(offsets, numpy.int64), numpy.int64, 65536)
    return sum(os.path.getsize(path) for path in arguments.inputs) / 1e6


run()
serve(run)
