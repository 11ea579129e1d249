"""Time one training step of every case in every library, side by side, on one thread each.

Every round runs all libraries once, so that a busy machine disturbs all of them; the ratios are medians over
the rounds of (time of the peer) / (time of nnbook in the same round). With one thread, time is processor
time: waiting for other programs does not count.
"""

import argparse
import dataclasses
import json
import platform
import statistics
import sys
import time
from pathlib import Path

import numpy as np
import threadpoolctl

from benchmarks.cases import CASES
from benchmarks.digits import run_digits
from benchmarks.peers import PEERS


def check_same_work(case, names, steps=50, tolerance=0.01):
    """Full-batch steps from equal weights must bring everybody's loss down by the same amount.

    The amounts may differ by `tolerance` of the largest one: float32 and float64 stay below a tenth of that,
    a learning rate that is 20 % off is far above it. (Compared are amounts and not losses, because a few
    small steps hardly change a loss, so that all losses would be alike whatever the steps were.)
    """
    small = dataclasses.replace(case, steps=1)
    X, y = small.data()
    before, fallen = {}, {}
    for name in names:
        peer = PEERS[name](small, X, y, case.weights())
        before[name] = peer.loss()
        for _ in range(steps):
            peer.epoch()
        if getattr(peer, "same_steps", True):
            fallen[name] = before[name] - peer.loss()
    for values, scale in ((before, 1.0), (fallen, max(map(abs, fallen.values())))):
        if max(values.values()) - min(values.values()) > tolerance * scale:
            sys.exit(f"case {case.name}: the libraries do not do the same work: {values}")


def time_once(action, clock=time.process_time):
    start = clock()
    action()
    return clock() - start


def sgemm_seconds_per_flop(n=1024, repeats=3):
    a, b = np.random.default_rng(0).random((2, n, n), np.float32)
    out = np.empty_like(a)
    return min(time_once(lambda: np.dot(a, b, out)) for _ in range(repeats)) / (2 * n**3)


def run_case(case, names, rounds, clock):
    """Return the results of one case: median microseconds per step and median ratio to nnbook, by peer."""
    check_same_work(case, names)
    X, y = case.data()
    peers = {name: PEERS[name](case, X, y, case.weights()) for name in names}
    for peer in peers.values():
        peer.epoch()  # warm up
    seconds = {name: [] for name in names}
    peak = []
    for turn in range(rounds):
        order = names[turn % len(names) :] + names[: turn % len(names)]
        for name in order:
            seconds[name].append(time_once(peers[name].epoch, clock) / case.steps)
        if case.flops_per_step > 1e9:
            peak.append(sgemm_seconds_per_flop() * case.flops_per_step)
    result = {
        name: {
            "microseconds_per_step": statistics.median(times) * 1e6,
            "times_nnbook": statistics.median(a / b for a, b in zip(times, seconds["nnbook"], strict=True)),
        }
        for name, times in seconds.items()
    }
    if peak:
        share = statistics.median(a / b for a, b in zip(peak, seconds["nnbook"], strict=True))
        result["nnbook"]["share_of_sgemm_peak"] = share
        result["nnbook"]["sgemm_peak_gflops"] = case.flops_per_step / statistics.median(peak) / 1e9
    return result


def print_table(title, result):
    print(f"\n{title}\n{'':34s}{'µs/step':>12s}{'× nnbook':>12s}")
    for name, figures in result.items():
        print(f"{name:34s}{figures['microseconds_per_step']:12.1f}{figures['times_nnbook']:12.2f}")
    share = result["nnbook"].get("share_of_sgemm_peak")
    if share:
        peak = result["nnbook"]["sgemm_peak_gflops"]
        print(f"nnbook reaches {share:.0%} of this core's matrix product speed ({peak:.0f} GFLOP/s, float32)")


def main():
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    parser.add_argument("--cases", default="i,ii,iii,iv,digits", help="comma-separated; default: all")
    parser.add_argument("--rounds", type=int, help="override the number of rounds of every case")
    parser.add_argument("--threads", type=int, default=1, help="threads for every library (default 1)")
    parser.add_argument("--output", type=Path, default=Path("benchmarks/results/latest.json"))
    parser.add_argument("--only", help="comma-separated parts of peer names; nnbook always runs")
    options = parser.parse_args()

    names = list(PEERS)
    try:
        import torch

        torch.set_num_threads(options.threads)
    except ImportError:
        print("PyTorch is not installed, so its rows are missing: pip install -r requirements-frameworks.txt")
        names = [name for name in names if "PyTorch" not in name]
    if options.only:
        wanted = options.only.split(",")
        names = [name for name in names if name == "nnbook" or any(part in name for part in wanted)]

    results = {}
    clock = time.process_time if options.threads == 1 else time.perf_counter  # the former adds up threads
    with threadpoolctl.threadpool_limits(options.threads):
        for name in options.cases.split(","):
            if name == "digits":
                results[name] = run_digits(clock)
            else:
                case = CASES[name]
                results[name] = run_case(case, names, options.rounds or case.rounds, clock)
                print_table(case.title, results[name])
    options.output.parent.mkdir(parents=True, exist_ok=True)
    machine = {"processor": platform.processor() or platform.machine(), "python": platform.python_version()}
    machine |= {"numpy": np.__version__, "threads": options.threads}
    options.output.write_text(json.dumps({"machine": machine, "cases": results}, indent=2) + "\n")
    print(f"\nWritten to {options.output}")


if __name__ == "__main__":
    main()
