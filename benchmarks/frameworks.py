"""What a framework costs and gives: megabytes, seconds to import, time per training step, lines of code.

Usage: python -m benchmarks.frameworks        writes benchmarks/frameworks.json; chapter 7 shows it

Sizes follow one rule for all: of the packages that a program requires, those that its import loads. Times are
processor time on one core. Every round runs all programs, so that a busy machine disturbs all of them, and
the best round counts: other programs can only add to it. Needs what requirements-frameworks.txt lists.
"""

import importlib.metadata
import itertools
import json
import os
import platform
import resource
import subprocess
import sys
import time
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
TARGET = Path(__file__).with_suffix(".json")
ENVIRONMENT = {
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "TF_NUM_INTRAOP_THREADS": "1",
    "TF_NUM_INTEROP_THREADS": "1",
    "TF_CPP_MIN_LOG_LEVEL": "3",
    "TORCHINDUCTOR_COMPILE_THREADS": "1",
    "TORCHINDUCTOR_FORCE_DISABLE_CACHES": "1",  # or the second run measures how fast a file is read
    "CUDA_VISIBLE_DEVICES": "-1",
}
PACKAGES = {
    "NumPy": "numpy",
    "scikit-learn": "scikit-learn",
    "PyTorch": "torch",
    "TensorFlow": "tensorflow-cpu",
}
IMPORTS = {"NumPy": "numpy", "scikit-learn": "sklearn.neural_network", "PyTorch": "torch"}
IMPORTS |= {"TensorFlow": "tensorflow", "nnbook": "nnbook.mlp, nnbook.training, nnbook.losses"}
# what this chapter's network needs, and the tests that show that it is right
CHAPTER_MODULES = (
    "activations",
    "functional",
    "gradcheck",
    "initializers",
    "layers",
    "losses",
    "mlp",
    "optimizers",
    "schedules",
    "training",
)
EPOCH = 50  # batches of an epoch
SIZES = {"small": ([64, 128, 64, 10], 64), "large": ([784, 1024, 1024, 10], 256)}


def closure(package, seen=None):
    """The names of a package and of all that it requires, without extras."""
    seen = set() if seen is None else seen
    name = package.lower().replace("_", "-")
    if name in seen:
        return seen
    try:
        distribution = importlib.metadata.distribution(package)
    except importlib.metadata.PackageNotFoundError:
        return seen
    seen.add(name)
    for line in distribution.requires or ():
        requirement = Requirement(line)
        if requirement.marker is None or requirement.marker.evaluate({"extra": ""}):
            closure(requirement.name, seen)
    return seen


def loaded(module):
    """The packages that `import module` loads in a fresh process, and the files of nnbook that it loads."""
    code = (
        f"import sys, json; before = set(sys.modules); import {module}\n"
        "files = {n: getattr(m, '__file__', None) for n, m in list(sys.modules.items()) if n not in before}\n"
        "print('\\n' + json.dumps({n: f for n, f in files.items() if f}))"
    )
    run = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT, text=True)
    files = json.loads(run.stdout.splitlines()[-1])
    known = importlib.metadata.packages_distributions()
    tops = {name.partition(".")[0] for name in files}
    own = [Path(file) for name, file in files.items() if name.partition(".")[0] == "nnbook"]
    packages = {package for top in tops for package in known.get(top, ())}
    return {package.lower().replace("_", "-") for package in packages}, own


def megabytes(packages):
    """Size on disk of the installed files, in MB (10⁶ bytes), compiled Python left out."""
    total = 0
    for package in packages:
        for file in importlib.metadata.distribution(package).files or ():
            path = file.locate()
            if "__pycache__" not in path.parts and path.is_file():
                total += path.stat().st_size
    return total / 1e6


def sizes():
    """{name: MB of the packages that it requires and that its import loads}.

    What a package loads only because it happens to be installed does not count. The files of nnbook are no
    installed package; those that are loaded are added.
    """
    out = {}
    for name, module in IMPORTS.items():
        packages, own = loaded(module)
        if name in PACKAGES:
            packages &= closure(PACKAGES[name])
        out[name] = round(megabytes(packages) + sum(file.stat().st_size for file in own) / 1e6)
    return out


def import_seconds(rounds=3):
    """{name: processor time of a fresh process that imports it, less that of one that imports nothing}."""

    def best(code):
        times = []
        for _ in range(rounds):
            start = resource.getrusage(resource.RUSAGE_CHILDREN)
            subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, cwd=ROOT)
            stop = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(stop.ru_utime + stop.ru_stime - start.ru_utime - start.ru_stime)
        return min(times)

    nothing = best("pass")
    return {name: round(best(f"import {module}") - nothing, 2) for name, module in IMPORTS.items()}


def lines_of_code():
    """Lines that are neither empty nor comment, of the modules and of their tests."""

    def count(path):
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        return sum(1 for line in lines if line.strip() and not line.strip().startswith("#"))

    return {
        "modules": sum(count(ROOT / "nnbook" / f"{name}.py") for name in CHAPTER_MODULES),
        "tests": sum(count(ROOT / "tests" / f"test_{name}.py") for name in CHAPTER_MODULES),
    }


def step_seconds(step, seconds=0.2):
    """Processor time per training step: the mean of about `seconds` of them."""
    steps = getattr(step, "steps", 1)  # how many training steps one call makes
    calls, spent, start = 0, 0.0, time.process_time()
    while spent < seconds or calls < 3:
        step()
        calls, spent = calls + 1, time.process_time() - start
    return spent / calls / steps


def best_steps(steps, rounds=15):
    """{name: microseconds per training step}, the best of several rounds through all programs."""
    best = dict.fromkeys(steps, float("inf"))
    for turn in range(rounds):
        names = list(steps)[turn % len(steps) :] + list(steps)[: turn % len(steps)]
        for name in names:
            best[name] = min(best[name], step_seconds(steps[name]))
    return {name: round(1e6 * seconds, 1) for name, seconds in best.items()}


def first_call_seconds(step):
    """Processor time of the first call, with the compilers that it starts."""
    start, children = time.process_time(), resource.getrusage(resource.RUSAGE_CHILDREN)
    step()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    compilers = after.ru_utime + after.ru_stime - children.ru_utime - children.ru_stime
    return round(time.process_time() - start + compilers, 2)


def steps(widths, batch):
    """{name: function that does one step of plain SGD, float32, ReLU, cross-entropy}."""
    import numpy as np
    import tensorflow as tf
    import torch
    from sklearn.neural_network import MLPClassifier

    from nnbook import losses, optimizers
    from nnbook.mlp import MLP

    torch.set_num_threads(1)
    rng = np.random.default_rng(0)
    X = rng.normal(size=(batch, widths[0])).astype(np.float32)
    y = np.arange(batch) % 10
    ours, sgd = MLP(widths, dtype=np.float32, rng=rng), optimizers.SGD(0.01)

    def nnbook_step():
        _, grad = losses.cross_entropy(ours.forward(X, training=True), y)
        ours.backward_parameters(grad)
        sgd.step(ours.parameters, ours.gradients)

    def torch_step(compiled):
        layers = [torch.nn.Linear(a, b) for a, b in itertools.pairwise(widths)]
        model = torch.nn.Sequential(*[m for layer in layers for m in (layer, torch.nn.ReLU())][:-1])
        optimizer = torch.optim.SGD(model.parameters(), lr=0.01)
        inputs, targets = torch.from_numpy(X), torch.from_numpy(y)

        def loss(inputs, targets):
            return torch.nn.functional.cross_entropy(model(inputs), targets)

        loss = torch.compile(loss) if compiled else loss

        def step():
            optimizer.zero_grad()
            loss(inputs, targets).backward()
            optimizer.step()

        return step

    def keras_step(compiled):
        layers = [tf.keras.layers.Dense(width, activation="relu") for width in widths[1:-1]]
        model = tf.keras.Sequential(
            [tf.keras.Input((widths[0],)), *layers, tf.keras.layers.Dense(widths[-1])]
        )
        optimizer = tf.keras.optimizers.SGD(0.01)
        optimizer.build(model.trainable_variables)
        loss = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
        inputs, targets = tf.constant(X), tf.constant(y)

        def step():
            with tf.GradientTape() as tape:
                value = loss(targets, model(inputs, training=True))
            gradients = tape.gradient(value, model.trainable_variables)
            optimizer.apply_gradients(zip(gradients, model.trainable_variables, strict=True))
            return value

        return tf.function(step) if compiled else step

    # partial_fit makes one pass over what it is given. Called for each batch, most of its time would go into
    # checking the arguments again and again; so it gets a whole epoch, and `step_seconds` divides.
    theirs = MLPClassifier(widths[1:-1], solver="sgd", momentum=0, alpha=0, batch_size=batch)
    X_epoch, y_epoch = np.tile(X, (EPOCH, 1)), np.tile(y, EPOCH)

    def sklearn_epoch():
        theirs.partial_fit(X_epoch, y_epoch, classes=np.arange(10))

    sklearn_epoch.steps = EPOCH
    return {
        "nnbook": nnbook_step,
        "scikit-learn": sklearn_epoch,
        "PyTorch": torch_step(False),
        "PyTorch, compiled": torch_step(True),
        "TensorFlow": keras_step(False),
        "TensorFlow, compiled": keras_step(True),
    }


def main():
    """Measure, write the file, and print it."""
    os.environ.update(ENVIRONMENT)
    versions = {name: importlib.metadata.version(package) for name, package in PACKAGES.items()}
    result = {
        "python": platform.python_version(),
        "machine": platform.machine(),
        "versions": versions,
        "megabytes": sizes(),
        "lines": lines_of_code(),
        "import_seconds": import_seconds(),
    }
    first, each = {}, {}
    for title, (widths, batch) in SIZES.items():
        programs = steps(widths, batch)
        for name, step in programs.items():
            first.setdefault(name, first_call_seconds(step))
        each[title] = {"widths": widths, "batch": batch, "microseconds": best_steps(programs)}
        print(title, each[title]["microseconds"], flush=True)
    result |= {"first_step_seconds": first, "steps": each}
    TARGET.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
