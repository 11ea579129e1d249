"""Do the notebooks print the same numbers on other machines? Run them again as other processors would.

Usage: python tools/check_machine_independence.py [--list] [notebook …]      without names: all notebooks

Other matrix kernels, narrower vector units and other numbers of threads add in another order, so the last
bits differ; training can make that visible. Each line of the table is one nbval run of the notebooks in an
environment that imitates another machine. What this processor cannot imitate is skipped, with the reason.
"""

import argparse
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Settings of this shell that would hide what the processor does by itself
PLAIN = {
    name: text for name, text in os.environ.items() if not name.startswith(("OPENBLAS_", "NPY_", "OMP_"))
}

# Asks a fresh process what NumPy and its matrix library really use
PROBE = """
import json, warnings
warnings.simplefilter("ignore")
from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__
import threadpoolctl
pools = [pool for pool in threadpoolctl.threadpool_info() if pool["user_api"] == "blas"]
print(json.dumps({
    "vector": [name for name in __cpu_dispatch__ if __cpu_features__.get(name)],
    "has": [name for name, present in __cpu_features__.items() if present],
    "kernels": [pool.get("architecture") for pool in pools],
    "threads": [pool["num_threads"] for pool in pools],
}))
"""


def probe(extra: dict[str, str]) -> dict:
    """Return what a process with these environment variables computes with."""
    result = subprocess.run(
        [sys.executable, "-c", PROBE], env=PLAIN | extra, capture_output=True, text=True, check=True
    )
    return json.loads(result.stdout)


def environments(here: dict) -> list[tuple[str, dict[str, str], str]]:
    """Return (title, environment variables, reason to skip or "") for each machine to imitate."""
    wide = [name for name in here["vector"] if "AVX512" in name or name == "X86_V4"]
    narrow = [name for name in here["vector"] if name not in wide]
    no_avx512 = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide)}
    no_vectors = {"NPY_DISABLE_CPU_FEATURES": " ".join(wide + narrow)}

    def kernels(name, needs):
        reason = "" if needs in here["has"] else f"this processor lacks {needs}"
        if not any(here["kernels"]):
            reason = "NumPy's matrix library here is not OpenBLAS"
        return f"matrix kernels for {name}", {"OPENBLAS_CORETYPE": name}, reason

    two_cores = "" if (os.cpu_count() or 1) > 1 else "this machine has one core"
    return [
        ("as it is", {}, ""),
        kernels("Sandybridge", "AVX"),
        kernels("Haswell", "AVX2"),
        kernels("Zen", "AVX2"),
        kernels("SkylakeX", "AVX512_SKX"),
        ("NumPy without AVX-512", no_avx512, "" if wide else "this processor has no AVX-512"),
        ("NumPy without AVX at all", no_vectors, "" if wide + narrow else "nothing to turn off"),
        ("1 thread", {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}, ""),
        ("2 threads", {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}, two_cores),
        (
            "an older laptop: Haswell, no AVX-512, 1 thread",
            {"OPENBLAS_CORETYPE": "Haswell", "OPENBLAS_NUM_THREADS": "1"} | (no_avx512 if wide else {}),
            kernels("Haswell", "AVX2")[2],
        ),
    ]


def took_effect(extra: dict[str, str], here: dict) -> str:
    """Return "" if the variables did what they say, else what happened instead."""
    there = probe(extra)
    wanted = extra.get("OPENBLAS_CORETYPE")
    if wanted and any(name and name.lower() != wanted.lower() for name in there["kernels"]):
        return f"asked for {wanted} kernels, got {', '.join(there['kernels'])}"
    off = set(extra.get("NPY_DISABLE_CPU_FEATURES", "").split())
    if off & set(there["vector"]):
        return f"NumPy did not turn off {', '.join(sorted(off & set(there['vector'])))}"
    wanted = extra.get("OPENBLAS_NUM_THREADS")
    if wanted and set(map(str, there["threads"])) - {wanted}:
        return f"asked for {wanted} threads, got {there['threads']}"
    return ""


def run(extra: dict[str, str], notebooks: list[str]) -> tuple[bool, str, list[str]]:
    """Run nbval; return whether all is equal, pytest's summary, and the cells that differ."""
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "--nbval",
        "--nbval-current-env",
        "-p",
        "no:cacheprovider",
    ]
    environment = PLAIN | {"PYTHONHASHSEED": "0", "SOURCE_DATE_EPOCH": "0"} | extra
    result = subprocess.run([*command, *notebooks], cwd=ROOT, env=environment, capture_output=True, text=True)
    output = re.sub(r"\x1b\[[0-9;]*m", "", result.stdout)
    summary = [line for line in output.splitlines() if line.strip()][-1:] or [result.stderr.strip()[-200:]]
    different = [line.split(" ", 1)[1] for line in output.splitlines() if line.startswith("FAILED ")]
    return result.returncode == 0, summary[0].strip("= "), different


def main() -> int:
    """Print the table; return 1 if an environment gave other outputs."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("notebooks", nargs="*", default=["notebooks"])
    parser.add_argument("--list", action="store_true", help="only show the environments")
    options = parser.parse_args()
    here = probe({})
    kernels = ", ".join(map(str, here["kernels"]))
    print(f"This machine: matrix kernels for {kernels}; NumPy uses {' '.join(here['vector'])}\n")
    print(f"{'environment':48s}{'result':10s}{'seconds':>8s}  details")
    all_equal = True
    for title, extra, reason in environments(here):
        reason = reason or took_effect(extra, here)
        if reason or options.list:
            print(f"{title:48s}{'skipped' if reason else 'possible':10s}{'':8s}  {reason}", flush=True)
            continue
        start = time.perf_counter()
        equal, summary, different = run(extra, options.notebooks)
        all_equal &= equal
        seconds = time.perf_counter() - start
        print(f"{title:48s}{'same' if equal else 'DIFFERENT':10s}{seconds:8.0f}  {summary}", flush=True)
        for cell in different:
            print(f"{'':10s}{cell}")
    return 0 if all_equal else 1


if __name__ == "__main__":
    sys.exit(main())
