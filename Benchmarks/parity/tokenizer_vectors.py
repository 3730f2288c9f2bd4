"""Golden encodings: what Hugging Face's tokenizers make of awkward texts.

    Benchmarks/parity/run tokenizer_vectors.py                              golden/tokenizers.json: one small tokenizer a component
    Benchmarks/parity/run tokenizer_vectors.py OUT.json TOKENIZER.json...   the same for real tokenizers, with many more texts

`TRIMTAB_GOLDEN_TOKENS=OUT.json swift test --filter GoldenVectorsTests` compares the latter.
"""

import json
import random
import sys
from pathlib import Path

from tokenizers import Tokenizer

MARK = "\u2581"
TEXTS = [
    "", " ", "   ", "\n", " \n \n\n x", "\t\ttab\r\n", "Hello world", " Hello  world  ", "don't DON'T I'LL we've",
    "3 33 333 12345678 1.5e-3 ½ ² ٣٤", "a_b-c.d!h?i(j)k[l]{n}", "``q'' “t” — ‹d›…",
    "é e\u0301 ñ n\u0303 Å \u212b ﬁ ﬀ", "ΑΣ σ ς ẞ ß İ i\u0307 ŉ", "日本テスト 한국어，标。", "नमस्ते ไทย",
    "🦙 👩‍👦 😀😁", "\u00a0n\u2003e\u3000w\u180em\u200bz\u0085l\u2028s", "\ufeffbom \ufffd",
    "x" * 66 + "abab", "<s>hi</s>", "a<s> b </s>c", "say <tok>x<tok> <TOK>", "one[MASK]two [MASK] three",
    "wordword word word.", f"{MARK}a{MARK}{MARK}b", "def f(x):\n    return x  # c\n\n\n", "\x00\x01\x7f",
    "Ünïcödé ÇAPS", "a\u0300\u0323 a\u0323\u0300", "…", "It's 9 o'clock; they're l8", "\u017f'\u017f K\u212a",
]


def byte_characters():
    keep = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    table, extra = {}, 0
    for byte in range(256):
        table[byte] = chr(byte) if byte in keep else chr(256 + extra)
        extra += byte not in keep
    return table


def byte_level_model():
    letters = byte_characters()
    pieces = [letters[b] for b in range(256)]
    merges = [("Ġ", "w"), ("o", "r"), ("Ġw", "or"), ("h", "e"), ("l", "l"), ("o", "Ġ"), ("Ġ", "Ġ"), ("ĠĠ", "ĠĠ"), ("3", "3"),
              ("33", "3"), ("Ã", "©"), ("e", "r"), ("'", "t"), ("a", "b"), ("ab", "ab"), ("abab", "abab"), ("x", "x"), ("Ċ", "Ċ"),
              ("ð", "Ł"), ("ðŁ", "ĺ"), ("i", "n"), ("t", "e"), ("te", "x"), ("tex", "t")]
    pieces += dict.fromkeys(a + b for a, b in merges)
    return {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": False, "byte_fallback": False, "ignore_merges": False, "vocab": {p: i for i, p in enumerate(pieces)},
            "merges": [list(m) for m in merges]}


def character_model(byte_fallback=True, fuse_unk=True, unk="<unk>"):
    pieces = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)] if byte_fallback else ["<unk>", "<s>", "</s>"]
    pieces += [c for c in MARK + "abcdefghijklmnopqrstuvwxyzHTID .,'!?0123456789éσ日"]
    merges = [(MARK, "w"), ("o", "r"), (MARK + "w", "or"), (MARK, MARK), (MARK + MARK, MARK + MARK), ("h", "e"), ("l", "l"),
              ("3", "3"), ("33", "3"), ("a", "b"), ("ab", "ab"), ("e", "r"), ("x", "x"), ("xx", "xx"), (MARK, "t"), ("t", MARK)]
    pieces += dict.fromkeys(a + b for a, b in merges)
    return {"type": "BPE", "dropout": None, "unk_token": unk, "continuing_subword_prefix": None, "end_of_word_suffix": None,
            "fuse_unk": fuse_unk, "byte_fallback": byte_fallback, "ignore_merges": False,
            "vocab": {p: i for i, p in enumerate(pieces)}, "merges": [list(m) for m in merges]}


def added(content, number, **flags):
    return {"id": number, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": False,
            "special": True, **flags}


def definition(model, **parts):
    base = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": [], "normalizer": None,
            "pre_tokenizer": None, "post_processor": None, "decoder": None, "model": model}
    return base | parts


def sequence(kind, *parts):
    return {"type": "Sequence", kind: list(parts)}


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
BYTES_ONLY = BYTE_LEVEL | {"use_regex": False}
LLAMA_DECODER = sequence("decoders", {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
                         {"type": "Fuse"}, {"type": "Strip", "content": " ", "start": 1, "stop": 0})
LLAMA_NORMALIZER = sequence("normalizers", {"type": "Prepend", "prepend": MARK},
                            {"type": "Replace", "pattern": {"String": " "}, "content": MARK})


def split(pattern, behavior="Isolated", invert=False, kind="Regex"):
    return {"type": "Split", "pattern": {kind: pattern}, "behavior": behavior, "invert": invert}


def cases():
    byte_model = byte_level_model()
    next_id = len(byte_model["vocab"])

    def byte_level(pre=BYTE_LEVEL, normalizer=None, **parts):
        return definition(byte_model, pre_tokenizer=pre, normalizer=normalizer, decoder=BYTE_LEVEL, **parts)

    def before(*steps):
        return byte_level(sequence("pretokenizers", *steps, BYTES_ONLY))

    yield "byte level", byte_level()
    yield "prefix space", byte_level(BYTE_LEVEL | {"add_prefix_space": True})
    for behavior in ["Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]:
        yield f"split {behavior}", before(split(r"\s|[.,!']", behavior))
    yield "split inverted", before(split(r"\w+", "MergedWithNext", True))
    yield "punctuation", before({"type": "Punctuation", "behavior": "Contiguous"})
    yield "split string", before(split("o", "MergedWithPrevious", kind="String"))
    yield "empty matches", before(split(r"(?=(\d{3})+(?!\d))|x*"))
    yield "set in a set, line ends", before(split(r" ?[^(\s|[.,!?…。，、।۔،])]+"), split(r"^\s|\h$"))
    yield "word characters", before(split(r"\w+|[^\w\s]+", "Isolated"), split(r"\W\u0062?"))
    for individual in [True, False]:
        yield f"digits {individual}", before({"type": "Digits", "individual_digits": individual})
    yield "whitespace", before({"type": "Whitespace"})
    yield "whitespace split", before({"type": "WhitespaceSplit"})
    yield "delimiter", before({"type": "CharDelimiterSplit", "delimiter": "e"})
    yield "prefix spaces of pieces", byte_level(
        sequence("pretokenizers", {"type": "Punctuation", "behavior": "Isolated"}, BYTE_LEVEL | {"add_prefix_space": True}))
    yield "falcon", byte_level(sequence(
        "pretokenizers", {"type": "Punctuation", "behavior": "Contiguous"}, BYTE_LEVEL,
        {"type": "Digits", "individual_digits": False}, split("[0-9][0-9][0-9]")))
    yield "llama 3", before(split(r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
                                  r"|\s*[\r\n]+|\s+(?!\S)|\s+"))
    for form in ["NFC", "NFD", "NFKC", "NFKD", "Lowercase"]:
        yield form, byte_level(normalizer={"type": form})
    yield "accents", byte_level(normalizer=sequence("normalizers", {"type": "NFD"}, {"type": "StripAccents"}))
    for left, right in [(True, False), (False, True)]:
        yield f"strip {left} {right}", byte_level(normalizer={"type": "Strip", "strip_left": left, "strip_right": right})
    yield "replace", byte_level(normalizer=sequence(
        "normalizers", {"type": "Replace", "pattern": {"Regex": r"\s{2,}"}, "content": " "},
        {"type": "Replace", "pattern": {"String": "l"}, "content": "LL"}))
    yield "added tokens", byte_level(normalizer={"type": "Lowercase"}, added_tokens=[
        added("<s>", next_id), added("</s>", next_id + 1, lstrip=True), added("<tok>", next_id + 2, rstrip=True, normalized=True, special=False),
        added("[MASK]", next_id + 3, lstrip=True, rstrip=True), added("word", next_id + 4, single_word=True, special=False),
        added("  ", next_id + 5, special=False, normalized=True), added("<s>h", next_id + 6, special=False)])
    template = {"type": "TemplateProcessing", "single": [
        {"SpecialToken": {"id": "<s>", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}},
        {"SpecialToken": {"id": "</s>", "type_id": 0}}],
        "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
        "special_tokens": {"<s>": {"id": "<s>", "ids": [next_id], "tokens": ["<s>"]},
                           "</s>": {"id": "</s>", "ids": [next_id + 1, next_id + 2], "tokens": ["</s>", "<tok>"]}}}
    some = [added("<s>", next_id), added("</s>", next_id + 1), added("<tok>", next_id + 2)]
    yield "template", byte_level(added_tokens=some, post_processor=sequence("processors", BYTE_LEVEL, template))
    yield "roberta", byte_level(added_tokens=some, post_processor={
        "type": "RobertaProcessing", "sep": ["</s>", next_id + 1], "cls": ["<s>", next_id], "trim_offsets": True, "add_prefix_space": False})
    ignoring = json.loads(json.dumps(byte_model)) | {"ignore_merges": True}
    ignoring["vocab"]["Ġworld"] = next_id
    yield "ignore merges", definition(ignoring, pre_tokenizer=BYTE_LEVEL, decoder=BYTE_LEVEL)

    special = [added("<unk>", 0), added("<s>", 1), added("</s>", 2)]
    yield "llama 2", definition(character_model(), added_tokens=special, normalizer=LLAMA_NORMALIZER, decoder=LLAMA_DECODER)
    yield "normalized added tokens", definition(
        character_model(), added_tokens=[a | {"normalized": True} for a in special], normalizer=LLAMA_NORMALIZER,
        decoder=LLAMA_DECODER)
    for scheme in ["always", "first", "never"]:
        for whole in [True, False]:
            metaspace = {"type": "Metaspace", "replacement": MARK, "prepend_scheme": scheme, "split": whole}
            yield f"metaspace {scheme} {whole}", definition(
                character_model(), added_tokens=special, pre_tokenizer=metaspace,
                decoder=sequence("decoders", {"type": "ByteFallback"}, metaspace))
    for fuse in [True, False]:
        yield f"unknown characters, fused {fuse}", definition(
            character_model(False, fuse), normalizer=LLAMA_NORMALIZER, decoder=LLAMA_DECODER)
    yield "dropped characters", definition(character_model(False, False, None), normalizer=LLAMA_NORMALIZER)
    yield "gemma", definition(
        character_model(), normalizer={"type": "Replace", "pattern": {"String": " "}, "content": MARK},
        pre_tokenizer=split(" ", "MergedWithPrevious", kind="String"),
        decoder=sequence("decoders", {"type": "Replace", "pattern": {"String": MARK}, "content": " "}, {"type": "ByteFallback"},
                         {"type": "Fuse"}))


def noise(seed, count):
    """Texts that mix scripts, marks, spaces and special tokens at random."""
    rng = random.Random(seed)
    ranges = [(0x20, 0x7E)] * 6 + [(0xA0, 0x24F), (0x300, 0x36F), (0x370, 0x5FF), (0x900, 0x97F), (0xE00, 0xE7F), (0x1E00, 0x1FFF),
                                   (0x2000, 0x206F), (0x2100, 0x214F), (0x3000, 0x30FF), (0x4E00, 0x4FFF), (0xAC00, 0xACFF),
                                   (0xFB00, 0xFB06), (0xFF00, 0xFFEF), (0x1F300, 0x1F6FF)]
    words = ["<s>", "</s>", "<|endoftext|>", "<|im_start|>", "  ", "\n", "\r\n", "\t", " the", "'s", "'RE", "12345", MARK, "。", "<unk>"]
    for _ in range(count):
        parts = []
        for _ in range(rng.randint(1, 12)):
            low, high = rng.choice(ranges)
            run = "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(1, 6)))
            parts.append(rng.choice(words) if rng.random() < 0.3 else run)
        yield "".join(parts)


def packed(ids):
    """Tokens as one character each, to keep the file small: U+0100 + id, the surrogates passed over."""
    return "".join(chr(i + 0x100 if i + 0x100 < 0xD800 else i + 0x900) for i in ids)


def vectors(tokenizer, texts, seed):
    """`[ids, ids without the tokens around a text, ids of special tokens as text, decoded]` for each text; shorter where the
    rest is no different."""
    rng = random.Random(seed)
    ids = [tokenizer.encode(text).ids for text in texts]
    plain = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    tokenizer.encode_special_tokens = True
    literal = [tokenizer.encode(text, add_special_tokens=False).ids for text in texts]
    decoded = [tokenizer.decode(row, skip_special_tokens=False) for row in ids]
    encodings = []
    for text, *row, back in zip(texts, ids, plain, literal, decoded):
        row = [packed(r) for r in row] + [back]
        if back == text:
            row.pop()
            while len(row) > 1 and row[-1] == row[-2]:
                row.pop()
        encodings.append(row)
    decodings = []
    for _ in range(max(4, len(texts) // 10)):
        some = (rng.randrange(tokenizer.get_vocab_size()) for _ in range(rng.randint(1, 9)))
        some = [i for i in some if tokenizer.id_to_token(i) is not None]
        decodings.append([packed(some), tokenizer.decode(some)])
    return {"encodings": encodings, "decodings": decodings}


def dump(path, **parts):
    """JSON with a line for each element of each part."""
    lines = []
    for name, elements in parts.items():
        rows = (json.dumps(element, separators=(",", ":"), ensure_ascii=False) for element in elements)
        lines.append(f"{json.dumps(name)}: [\n" + ",\n".join(rows) + "\n]")
    Path(path).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def small():
    """Every component once. The file is kept small: models are written once, and null stands for what the first tokenizer with
    the same model gives."""
    models, firsts, entries = {}, {}, []
    for number, (name, spec) in enumerate(cases()):
        tokenizer = Tokenizer.from_str(json.dumps(spec))
        model = models.setdefault(json.dumps(spec["model"]), len(models))
        rows = vectors(tokenizer, TEXTS, number)
        first = firsts.setdefault(model, rows["encodings"])
        if first is not rows["encodings"]:
            rows["encodings"] = [None if row == same else row for row, same in zip(rows["encodings"], first)]
        entries.append({"name": name, "model": model, "tokenizer": {k: v for k, v in spec.items() if k != "model" and v}} | rows)
    dump(Path(__file__).parent / "golden/tokenizers.json", texts=TEXTS, models=[json.loads(m) for m in models],
         tokenizers=entries)


def real(output, paths):
    texts = TEXTS + list(noise(1, 2000)) + Path(__file__).read_text().splitlines()
    entries = [{"name": path, "path": str(Path(path).resolve())} | vectors(Tokenizer.from_file(path), texts, 7) for path in paths]
    dump(output, texts=texts, models=[], tokenizers=entries)


if __name__ == "__main__":
    real(sys.argv[1], sys.argv[2:]) if len(sys.argv) > 2 else small()
