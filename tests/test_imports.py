"""Who may import whom: one direction only, so that each module can be read after those it rests on."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "nnbook"

BASE = {"functional", "initializers"}
LAYERS = {*BASE, "_named", "layers"}
PARTS = {*LAYERS, "activations", "normalization", "embeddings"}
ALLOWED = {
    "functional": set(),
    "initializers": set(),
    "_named": set(),
    "_validate": set(),
    "layers": {*BASE, "_named"},
    "activations": LAYERS,
    "embeddings": LAYERS,
    "normalization": {*LAYERS, "embeddings"},
    "convolution": LAYERS,
    "attention": PARTS,
    "transformer": {*PARTS, "attention"},
    "mlp": {*LAYERS, "activations"},
    "sequence_dropout": {"functional"},
    "recurrent": {*LAYERS, "embeddings", "sequence_dropout"},
    # these know no layers, and not each other
    "losses": {"functional"},
    "metrics": {"functional"},
    "optimizers": {"functional"},
    "schedules": {"functional"},
    "datasets": {"functional"},
    "economics": {"functional"},
    "scorecard": {"functional"},
    "parameter_counts": {"functional"},
    "retrieval": set(),
    "dialogue": {"functional", "retrieval", "serialization"},
    # a large model: chapter 5's parts with other people's weights
    "large": {
        "functional",
        "activations",
        "attention",
        "datasets",
        "embeddings",
        "exchange",
        "generation",
        "layers",
        "losses",
        "normalization",
        "optimizers",
        "tokenizers",
    },
    "surfaces": set(),
    "tokenizers": {"functional"},
    "ngrams": {"functional"},
    "_last_run": set(),
    "autodiff": set(),
    "audio": set(),
    "translator": set(),
    "gradcheck": {"functional"},
    "exchange": set(),
    "callbacks": set(),
    # training gets model, loss and optimizer as arguments; it clips as an optimizer would
    "training": {"functional", "optimizers", "schedules"},
    "language_model": {"functional", "losses"},
    "generation": {"functional"},
    # what one asks of a trained network, and training that respects people
    "explanations": {"functional"},
    "privacy": {"functional"},
    "private_training": {"functional", "layers"},
    "fairness": {"functional"},
    "serialization": {*PARTS, "attention", "transformer", "mlp", "recurrent"},
    "driving": {
        "functional",
        "activations",
        "losses",
        "mlp",
        "optimizers",
        "schedules",
        "training",
        "serialization",
    },
    "scaling_laws": {"functional"},
    "roofline": {"functional"},
    # copies models, and gives fit a loss and a callback
    "compression": {"functional", "layers", "losses", "callbacks", "transformer", "mlp"},
    # one whole run as a function, for workers of a sweep: the place where all meet, like a notebook
    "sweeps": {
        "functional",
        "datasets",
        "language_model",
        "optimizers",
        "schedules",
        "tokenizers",
        "training",
        "transformer",
    },
}
LEAVES = {
    "plots",
    "widgets",
    "clinic",
    "exercises",
}  # import what they like; nobody imports them
NOTEBOOK_TOOLS = {
    "clinic",
    "exercises",
}  # talk to the reader, and run published code that seeds NumPy globally


def rooms():
    """Name of each module or subpackage -> its source files."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").parts[0]
        found.setdefault(name, []).append(path)
    found.pop("__init__")
    return {
        name: paths for name, paths in found.items() if name != "models"
    }  # `models` holds data files only


def imported_rooms(path):
    """The modules of nnbook that a file imports anywhere, functions included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path.name} imports relatively; write `from nnbook.… import …`"
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        found |= {name.split(".")[1] for name in names if name.startswith("nnbook.")}
    return found


@pytest.mark.parametrize("room", rooms())
def test_imports_go_one_way(room):
    imported = {name for path in rooms()[room] for name in imported_rooms(path)} - {room}
    if room in LEAVES:
        assert not imported & (LEAVES - {room}), "a leaf imports another leaf"
        return
    assert room in ALLOWED, f"a new module: say in {Path(__file__).name} what {room} may import"
    allowed = ALLOWED[room] | {"_validate"}  # everybody may check what it is given
    assert imported <= allowed, f"nnbook.{room} may not import {sorted(imported - allowed)}"


def test_the_table_has_no_circle():
    done = set()
    while len(done) < len(ALLOWED):
        ready = {room for room, needs in ALLOWED.items() if room not in done and needs <= done}
        assert ready, f"a circle among {sorted(set(ALLOWED) - done)}"
        done |= ready


@pytest.mark.parametrize(
    ("statement", "absent"),
    [
        ("import nnbook", {"matplotlib", "anywidget", "sklearn", "torch"}),
        ("import nnbook.training, nnbook.mlp, nnbook.losses, nnbook.optimizers", {"matplotlib", "anywidget"}),
        ("import nnbook.callbacks", {"tqdm", "matplotlib", "anywidget"}),
        ("import nnbook.datasets", {"matplotlib", "anywidget"}),
    ],
)
def test_light_imports(statement, absent):
    code = f"import sys; {statement}; print(*sorted(sys.modules))"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not absent & set(result.stdout.split())


def test_nothing_prints_or_touches_global_random_state():
    for path in PACKAGE.rglob("*.py"):
        if path.stem in NOTEBOOK_TOOLS:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                assert called != "print", f"{path.name}, line {node.lineno}: the library does not print"
                assert called not in {"np.random.seed", "random.seed"}, f"{path.name}, line {node.lineno}"
