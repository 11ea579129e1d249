"""Which cells of a notebook read a test part? Its source tells."""

import ast
from dataclasses import dataclass, field

# the place of the test part among what each function returns
TEST_PLACES = {
    "train_test_split": (1, 3),
    "train_validation_test_split": (2, 5),
    "split_by_group": (-1,),
}


class UnclearSplit(ValueError):
    """The parts of a split were not given names, so nobody can see where its test part is used."""


@dataclass
class Scope:
    """What the names of a notebook or of a function stand for."""

    sealed: set = field(default_factory=set)  # test parts
    parcels: dict = field(default_factory=dict)  # name -> split function: not yet taken apart
    local: set | None = None  # names of a function; None: the notebook itself
    outer: "Scope | None" = None

    def find(self, name):
        scope = self
        while scope.local is not None and name not in scope.local:
            scope = scope.outer
        return scope


def cells_that_read_test_parts(cells):
    """{cell id: names of test parts that it reads}, for (id, source) in the order of the notebook.

    A test part is what `train_test_split`, `train_validation_test_split` or `split_by_group` hands back for
    the test, and `.test` of a corpus. To read is to use it in any way but `len(part)` and `part.shape`.
    Reading in a function counts where the function is written.

    Raises:
        UnclearSplit: a split whose parts are not unpacked into names.
    """
    notebook, reads = Scope(), {}
    for cell_id, source in cells:
        if source.startswith("%%"):
            continue  # the text of a listing
        source = "\n".join("" if line.startswith(("%", "!")) else line for line in source.splitlines())
        reader = _Reader(notebook, cell_id)
        reader.visit(ast.parse(source))
        if reader.found:
            reads[cell_id] = sorted(reader.found)
    return reads


class _Reader(ast.NodeVisitor):
    def __init__(self, scope, cell_id):
        self.scope, self.cell_id, self.found = scope, cell_id, set()

    def visit_Assign(self, node):
        split = _split_called(node.value)
        parcel = isinstance(node.value, ast.Name) and self.scope.find(node.value.id).parcels.get(
            node.value.id
        )
        if split:
            for part in (*node.value.args, *node.value.keywords):
                self.visit(part)
        elif not parcel:
            self.visit(node.value)
        for target in node.targets:
            if (split or parcel) and isinstance(target, ast.Tuple):
                self._name_parts(target, split or parcel)
            elif split and isinstance(target, ast.Name):
                self._store(target.id)
                self.scope.find(target.id).parcels[target.id] = split
            elif split or parcel:
                self._unclear()
            else:
                self.visit(target)

    def _name_parts(self, target, split):
        if not all(isinstance(name, ast.Name) for name in target.elts):
            self._unclear()
        for name in target.elts:
            self._store(name.id)
        for place in TEST_PLACES[split]:
            name = target.elts[place].id
            self.scope.find(name).sealed.add(name)

    def visit_Call(self, node):
        if _split_called(node):
            self._unclear()
        measured = isinstance(node.func, ast.Name) and node.func.id == "len"
        if measured and len(node.args) == 1 and isinstance(node.args[0], ast.Name):
            return  # how many there are tells nothing about what they are
        self.generic_visit(node)

    def visit_Attribute(self, node):
        if node.attr == "shape" and isinstance(node.value, ast.Name):
            return
        if node.attr == "test" and isinstance(node.ctx, ast.Load):
            self.found.add(ast.unparse(node))
        self.generic_visit(node)

    def visit_Name(self, node):
        if isinstance(node.ctx, ast.Load):
            scope = self.scope.find(node.id)
            if node.id in scope.sealed or node.id in scope.parcels:
                self.found.add(node.id)
        else:
            self._store(node.id)

    def _store(self, name):
        scope = self.scope.find(name)
        scope.sealed.discard(name)
        scope.parcels.pop(name, None)

    def visit_FunctionDef(self, node):
        self._store(node.name)
        for decorator in node.decorator_list:
            self.visit(decorator)
        self._inside(node, node.body)

    def visit_Lambda(self, node):
        self._inside(node, [node.body])

    def _inside(self, node, body):
        arguments = node.args
        for default in filter(None, (*arguments.defaults, *arguments.kw_defaults)):
            self.visit(default)
        local = {a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs)}
        local |= {a.arg for a in (arguments.vararg, arguments.kwarg) if a}
        for statement in body:
            for inner in ast.walk(statement):
                if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Store):
                    local.add(inner.id)
        outer, self.scope = self.scope, Scope(local=local, outer=self.scope)
        for statement in body:
            self.visit(statement)
        self.scope = outer

    def _unclear(self):
        raise UnclearSplit(
            f"cell {self.cell_id}: unpack the parts of a split into names, such as "
            "X_train, X_test, y_train, y_test = train_test_split(…), so that one can see where each is used."
        )


def _split_called(node):
    if isinstance(node, ast.Call):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
        return name if name in TEST_PLACES else None
    return None
