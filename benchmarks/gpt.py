"""Training speed of a small GPT: nnbook against PyTorch, the same model and recipe, one thread each.

    python benchmarks/gpt.py [--rounds 7] [--json benchmarks/results/gpt.json]

4 blocks, 4 heads, d_model 128, context 64, batch 12, 65 characters, AdamW, float32. The two run in turns,
from equal weights; what counts is the median of the ratios of the rounds. Not a test: timings depend on the
machine.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded

import argparse
import json
import platform
import statistics
import time
from pathlib import Path

import numpy as np

from nnbook.language_model import next_token_loss
from nnbook.optimizers import AdamW
from nnbook.transformer import Transformer

VOCAB, D_MODEL, HEADS, LAYERS, CONTEXT, BATCH = 65, 128, 4, 4, 64, 12
STEPS = 20  # per round
RATE, DECAY = 1e-3, 0.1


def nnbook_step():
    rng = np.random.default_rng(0)
    model = Transformer(VOCAB, D_MODEL, HEADS, LAYERS, CONTEXT, dtype=np.float32, rng=rng)
    optimizer = AdamW(RATE, weight_decay=DECAY)

    def step(tokens, targets):
        logits = model.forward(tokens, training=True)
        value, grad = next_token_loss(logits, targets)
        model.backward(grad)
        optimizer.step(model.parameters, model.gradients)
        return value

    return step, model


def torch_step(start, *, fused):
    import torch
    from torch import nn
    from torch.nn import functional as F

    torch.set_num_threads(1)

    class Block(nn.Module):
        def __init__(self):
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(D_MODEL), nn.LayerNorm(D_MODEL)
            self.qkv, self.projection = nn.Linear(D_MODEL, 3 * D_MODEL), nn.Linear(D_MODEL, D_MODEL)
            self.expand, self.contract = nn.Linear(D_MODEL, 4 * D_MODEL), nn.Linear(4 * D_MODEL, D_MODEL)

        def forward(self, x):
            B, T, C = x.shape
            q, k, v = (
                part.view(B, T, HEADS, C // HEADS).transpose(1, 2)
                for part in self.qkv(self.norm1(x)).split(C, dim=2)
            )
            y = F.scaled_dot_product_attention(q, k, v, is_causal=True)
            x = x + self.projection(y.transpose(1, 2).reshape(B, T, C))
            return x + self.contract(F.gelu(self.expand(self.norm2(x)), approximate="tanh"))

    class GPT(nn.Module):
        def __init__(self):
            super().__init__()
            self.tokens, self.places = nn.Embedding(VOCAB, D_MODEL), nn.Embedding(CONTEXT, D_MODEL)
            self.blocks = nn.ModuleList(Block() for _ in range(LAYERS))
            self.norm, self.head = nn.LayerNorm(D_MODEL), nn.Linear(D_MODEL, VOCAB)

        def forward(self, tokens):
            x = self.tokens(tokens) + self.places.weight[: tokens.shape[1]]
            for block in self.blocks:
                x = block(x)
            return self.head(self.norm(x))

    model = GPT()
    b = start.blocks
    pairs = [(model.tokens, start.token_embedding), (model.places, start.position_embedding)]
    for theirs, ours in zip(model.blocks, b, strict=True):
        pairs += [(theirs.norm1, ours.norm1), (theirs.qkv, ours.attention.qkv)]
        pairs += [(theirs.projection, ours.attention.projection), (theirs.norm2, ours.norm2)]
        pairs += [(theirs.expand, ours.feed_forward.expand), (theirs.contract, ours.feed_forward.contract)]
    pairs += [(model.norm, start.final_norm), (model.head, start.head)]
    for theirs, ours in pairs:
        for name, value in ours.params.items():
            turned = value.T if isinstance(theirs, nn.Linear) else value  # PyTorch stores (out, in)
            getattr(theirs, name).data.copy_(torch.from_numpy(np.array(turned)))
    settings = {"fused": True} if fused else {"foreach": False, "fused": False}
    optimizer = torch.optim.AdamW(model.parameters(), lr=RATE, weight_decay=DECAY, **settings)

    def step(tokens, targets):
        logits = model(torch.from_numpy(tokens))
        loss = F.cross_entropy(logits.view(-1, VOCAB), torch.from_numpy(targets).view(-1))
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    ours, model = nnbook_step()
    contestants = {"nnbook": ours}
    try:
        contestants["PyTorch eager"] = torch_step(model, fused=False)
        contestants["PyTorch fused AdamW"] = torch_step(model, fused=True)
    except ImportError:
        print("PyTorch is not installed (requirements-frameworks.txt): nnbook alone.")
    rng = np.random.default_rng(1)
    batches = rng.integers(0, VOCAB, (STEPS, 2, BATCH, CONTEXT))
    speeds = {name: [] for name in contestants}
    losses = {}
    for round_number in range(options.rounds + 1):  # the first one warms up
        for name, step in contestants.items():
            start = time.perf_counter()
            values = [step(tokens, targets) for tokens, targets in batches]
            seconds = time.perf_counter() - start
            if round_number == 0:
                losses[name] = values[-1]
            else:
                speeds[name].append(STEPS * BATCH * CONTEXT / seconds)
    result = {"machine": platform.processor() or platform.machine(), "numpy": np.__version__, "cases": {}}
    print(f"{'':22}{'tokens/s':>10}{'nnbook is':>12}{'loss after 20 steps':>22}")
    for name, values in speeds.items():
        ratio = statistics.median(a / b for a, b in zip(speeds["nnbook"], values, strict=True))
        result["cases"][name] = {"tokens_per_second": statistics.median(values), "ratio": ratio}
        print(f"{name:22}{statistics.median(values):10.0f}{ratio:11.2f}×{losses[name]:22.5f}")
    if options.json:
        options.json.parent.mkdir(parents=True, exist_ok=True)
        options.json.write_text(json.dumps(result, indent=2) + "\n")


if __name__ == "__main__":
    main()
