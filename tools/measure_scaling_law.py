"""Measure how the loss of small character transformers falls with size and data (minutes on one core).

    python tools/measure_scaling_law.py [--workers 1] [--scheduler tcp://host:8786] [--fresh]

Writes tools/scaling_law.json after every run, so a stopped sweep goes on where it was. The runs are spread
with Dask: without an address over processes of this machine, with one over the workers of a cluster.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy is loaded: one core for each run

import argparse
import json
import time
from dataclasses import asdict
from pathlib import Path

from dask.distributed import Client, as_completed
from tqdm import tqdm

from nnbook.sweeps import SHAPES, SmallRun, train_run

TARGET = Path(__file__).with_name("scaling_law.json")
# Too short to use context: nearly all are no better than counting pairs of characters. Stored, not fitted.
EARLY = [SmallRun(d, layers, 2**k) for d, layers in SHAPES for k in (16, 17)]
# The dearest runs of the two widest models are never shown to the fit: they are what the law must foretell.
HELD_OUT = [SmallRun(64, 2, 2**20), SmallRun(96, 3, 2**19), SmallRun(96, 3, 2**20)]
FITTED = [SmallRun(d, layers, 2**k) for d, layers in SHAPES for k in range(18, 21)]
FITTED += [SmallRun(d, layers, 2**21) for d, layers in SHAPES[:3]]
FITTED = [run for run in FITTED if run not in HELD_OUT]
# How much is chance: the same point with other seeds.
REPEATS = [SmallRun(32, 2, 2**18, seed=seed) for seed in (1, 2, 3)]


def timed(run):
    """One run with the seconds that its core worked."""
    start = time.process_time()
    result = train_run(run)
    return {**result, "seconds": round(time.process_time() - start, 1)}


def read(path):
    """Results so far: {settings as a tuple: row}."""
    if not path.exists():
        return {}
    rows = json.loads(path.read_text(encoding="utf-8"))["runs"]
    return {(row["d_model"], row["n_layers"], row["n_characters"], row["seed"]): row for row in rows}


def write(path, done):
    """Write all rows in the order of the plan, all or nothing."""
    parts = {"early": EARLY, "fit": FITTED, "held out": HELD_OUT, "repeat": REPEATS}
    rows = [
        {**done[key], "part": part}
        for part, runs in parts.items()
        for key in (tuple(asdict(run).values()) for run in runs)
        if key in done
    ]
    text = "[\n  " + ",\n  ".join(json.dumps(row) for row in rows) + "\n ]"
    what = (
        "loss (nats per character) of character transformers on held-out plays of Shakespeare; "
        "seconds: process time on one core"
    )
    partial = path.with_suffix(".part")
    partial.write_text(f'{{\n "what": {json.dumps(what)},\n "runs": {text}\n}}\n', encoding="utf-8")
    partial.replace(path)


def main():
    """Read the command line, sweep what is missing, and write after each run."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--scheduler", help="address of a Dask scheduler, such as tcp://host:8786")
    parser.add_argument("--fresh", action="store_true", help="measure everything again")
    parser.add_argument("--output", type=Path, default=TARGET)
    options = parser.parse_args()
    done = {} if options.fresh else read(options.output)
    plan = [run for run in (*FITTED, *HELD_OUT, *REPEATS, *EARLY) if tuple(asdict(run).values()) not in done]
    if not plan:
        print(f"{options.output.name} holds all {len(done)} runs. Measure again with --fresh.")
        return
    place = (
        {"address": options.scheduler}
        if options.scheduler
        else {"n_workers": options.workers, "threads_per_worker": 1, "dashboard_address": ":0"}
    )
    with Client(**place) as client:
        futures = client.map(timed, plan, pure=False)
        for future in tqdm(as_completed(futures), total=len(plan)):
            row = future.result()
            done[row["d_model"], row["n_layers"], row["n_characters"], row["seed"]] = row
            write(options.output, done)
    print(f"{len(done)} runs, {sum(row['seconds'] for row in done.values()) / 60:.1f} minutes of one core")


if __name__ == "__main__":
    main()
