"""From the file to the model: sizes from the metadata, weights unpacked and laid in the order of use."""

import os
import re

import numpy as np

from nnbook.large.gguf import read_gguf
from nnbook.large.llama import Llama, LlamaSettings
from nnbook.large.tokenizer import ByteLevelTokenizer

# names in the file -> names here
NAMES = {
    "token_embd": "embedding", "output_norm": "norm", "attn_norm": "norm1", "attn_q": "query",
    "attn_k": "key", "attn_v": "value", "attn_output": "output", "ffn_norm": "norm2", "ffn_gate": "gate",
    "ffn_up": "up", "ffn_down": "down",
}  # fmt: skip
SIZES = {
    "d_model": "embedding_length", "n_heads": "attention.head_count", "n_groups": "attention.head_count_kv",
    "n_layers": "block_count", "hidden": "feed_forward_length", "context_length": "context_length",
    "rotary_base": "rope.freq_base", "epsilon": "attention.layer_norm_rms_epsilon",
}  # fmt: skip


def load_llama(path, *, dtype=np.float32):
    """Open a model of the Llama family with tied embeddings.

    Args:
        path: of a GGUF file; `nnbook.datasets.load_large_model()` knows one.
        dtype: np.float32 (half a gigabyte for the large model), or np.float64 for checks.
    Returns:
        (model, tokenizer).
    Raises:
        ValueError: a damaged file, or a model of another architecture.
        MemoryError: there is too little memory; nothing was read.
    """
    file = read_gguf(path)
    settings = settings_from(file.metadata)
    need, free = file.n_parameters * np.dtype(dtype).itemsize, free_memory()
    if need > free:
        raise MemoryError(
            f"{file.path.name} needs {need / 1e9:.2f} GB of memory for its weights; {free / 1e9:.2f} GB are "
            "free. Close other programs or notebooks."
        )
    tokenizer = ByteLevelTokenizer.from_metadata(file.metadata)
    # the file has (out, in); layers compute x @ W
    arrays = {
        _name(name): np.ascontiguousarray(array.unpack().astype(dtype, copy=False).T)
        for name, array in file.arrays.items()
    }
    return Llama(settings, arrays), tokenizer


def settings_from(metadata):
    """`LlamaSettings` of an open file.

    Raises:
        ValueError: another architecture, or a size that is missing or makes no sense.
    """
    kind = metadata.get("general.architecture")
    if kind != "llama":
        raise ValueError(f"the file's architecture is {kind!r}; known is 'llama' with tied embeddings.")
    if odd := [name for name in metadata if name.startswith(("llama.rope.scaling", "llama.expert"))]:
        raise ValueError(f"the file asks for {odd[0]}, which is not known here.")
    try:
        sizes = {name: metadata[f"llama.{key}"] for name, key in SIZES.items()}
        settings = LlamaSettings(vocab_size=len(metadata["tokenizer.ggml.tokens"]), **sizes)
    except (LookupError, TypeError) as error:
        raise ValueError(f"the file lacks or garbles a size: {error}.") from error
    turned = metadata.get("llama.rope.dimension_count", settings.d_head)
    if turned != settings.d_head:
        raise ValueError(f"the file turns {turned} of {settings.d_head} features; known is all of them.")
    return settings


def _name(name):
    found = re.fullmatch(r"(?:blk\.(\d+)\.)?(\w+)\.weight", name)
    if not found or found[2] not in NAMES:
        raise ValueError(f"the file holds {name}, which a Llama with tied embeddings does not have.")
    return NAMES[found[2]] if found[1] is None else f"{found[1]}.{NAMES[found[2]]}"


def free_memory():
    """Bytes that a program may still ask for, or infinity where the system does not say."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            sizes = dict(line.split(":") for line in file)
        return int(sizes["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        pass
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")  # all there is: an upper bound
    except (AttributeError, OSError, ValueError):
        return float("inf")
