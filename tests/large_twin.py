"""A tiny twin of the large model for tests without its file: random weights in a GGUF file written here."""

import struct

import numpy as np

from nnbook.large.gguf import BLOCK, MAGIC, Q4_1, Q8_0
from nnbook.large.tokenizer import _visible

SIZES = {"n_layers": 2, "d_model": 64, "n_heads": 4, "n_groups": 2, "hidden": 96, "context_length": 48}
MERGES = ["Ġ t", "h e", "Ġt he", "i n", "Ġ a", "r e", "o n", "Ġa n", "a t"]
MARKS = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
TEMPLATE = (
    "{% for message in messages %}{{'<|im_start|>' + message['role'] + '\n' + message['content'] + "
    "'<|im_end|>' + '\n'}}{% endfor %}{% if add_generation_prompt %}"
    "{{ '<|im_start|>assistant\n' }}{% endif %}"
)
MISSING = (4, 6, 192)  # bytes that get no token, as in the large model


def vocabulary():
    """Tokens of the twin: the marks, the bytes, the merges."""
    visible = [character for byte, character in sorted(_visible().items()) if byte not in MISSING]
    return [*MARKS, *visible, *(merge.replace(" ", "") for merge in MERGES)]


def metadata(sizes=SIZES, **changes):
    """What the file says about the model and its tokenizer; `changes` with None leave a name out."""
    tokens = vocabulary()
    values = {
        "general.architecture": "llama",
        "llama.block_count": sizes["n_layers"],
        "llama.context_length": sizes["context_length"],
        "llama.embedding_length": sizes["d_model"],
        "llama.feed_forward_length": sizes["hidden"],
        "llama.attention.head_count": sizes["n_heads"],
        "llama.attention.head_count_kv": sizes["n_groups"],
        "llama.rope.freq_base": 10_000.0,
        "llama.rope.dimension_count": sizes["d_model"] // sizes["n_heads"],
        "llama.attention.layer_norm_rms_epsilon": 2.0**-17,
        "llama.vocab_size": len(tokens),
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": "smollm",
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3] * len(MARKS) + [1] * (len(tokens) - len(MARKS)),
        "tokenizer.ggml.merges": MERGES,
        "tokenizer.ggml.eos_token_id": 2,
        "tokenizer.chat_template": TEMPLATE,
    } | {name.replace("__", "."): value for name, value in changes.items()}
    return {name: value for name, value in values.items() if value is not None}


def arrays(sizes=SIZES, *, kind="Q4_1", seed=0):
    """{name: (kind, float array in the file's order)}: random weights, about as large as trained ones."""
    rng = np.random.default_rng(seed)
    width, hidden = sizes["d_model"], sizes["hidden"]
    narrow = width // sizes["n_heads"] * sizes["n_groups"]
    matrices = {"attn_q": (width, width), "attn_k": (narrow, width), "attn_v": (narrow, width)}
    matrices |= {"attn_output": (width, width), "ffn_gate": (hidden, width), "ffn_up": (hidden, width)}
    matrices |= {"ffn_down": (width, hidden)}
    embedding = "Q8_0" if kind == "Q4_1" else kind
    found = {"token_embd.weight": (embedding, rng.normal(0, 0.3, (len(vocabulary()), width)))}
    for i in range(sizes["n_layers"]):
        for name, shape in matrices.items():
            found[f"blk.{i}.{name}.weight"] = (kind, rng.normal(0, 0.2, shape))
        for name in ("attn_norm", "ffn_norm"):
            found[f"blk.{i}.{name}.weight"] = ("F32", rng.uniform(0.5, 1.5, width))
    return found | {"output_norm.weight": ("F32", rng.uniform(0.5, 1.5, width))}


def pack(kind, values):
    """The bytes of an array; rounding as the format's reference program does."""
    rows = np.asarray(values, np.float32).reshape(-1, BLOCK) if kind.startswith("Q") else None
    if kind == "Q4_1":
        blocks = np.zeros(len(rows), Q4_1)
        least = rows.min(axis=1)
        scale = (rows.max(axis=1) - least) / 15
        whole = np.clip(np.rint((rows - least[:, None]) / scale[:, None]), 0, 15).astype(np.uint8)
        blocks["scale"], blocks["least"] = scale, least
        blocks["pairs"] = whole[:, :16] | whole[:, 16:] << 4
        return blocks.tobytes()
    if kind == "Q8_0":
        blocks = np.zeros(len(rows), Q8_0)
        blocks["scale"] = scale = np.abs(rows).max(axis=1) / 127
        blocks["whole"] = np.rint(rows / scale[:, None])
        return blocks.tobytes()
    return np.asarray(values, {"F32": "<f4", "F16": "<f2"}[kind]).tobytes()


def _value(value):
    if isinstance(value, str):
        text = value.encode()
        return 8, struct.pack("<Q", len(text)) + text
    if isinstance(value, list):
        items = [_value(item) for item in value]
        return 9, struct.pack("<IQ", items[0][0], len(items)) + b"".join(data for _, data in items)
    if isinstance(value, float):
        return 6, struct.pack("<f", value)
    return 4, struct.pack("<I", value)


def write_gguf(path, metadata, arrays, *, version=3):
    """Write a GGUF file as its description says."""
    codes = {"F32": 0, "F16": 1, "Q4_1": 3, "Q8_0": 8}
    out = bytearray(MAGIC + struct.pack("<IQQ", version, len(arrays), len(metadata)))
    for name, value in metadata.items():
        kind, data = _value(value)
        out += _value(name)[1] + struct.pack("<I", kind) + data
    body = bytearray()
    for name, (kind, values) in arrays.items():
        shape = np.shape(values)
        out += _value(name)[1] + struct.pack(f"<I{len(shape)}Q", len(shape), *shape[::-1])
        out += struct.pack("<IQ", codes[kind], len(body))
        body += pack(kind, values)
        body += bytes(-len(body) % 32)
    out += bytes(-len(out) % 32)
    path.write_bytes(out + body)
    return path


def write_twin(path, **changes):
    """The twin as a file; `changes` to its metadata."""
    return write_gguf(path, metadata(**changes), arrays())
