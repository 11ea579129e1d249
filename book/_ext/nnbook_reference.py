"""The reference page: one section for each module of nnbook, made from the docstrings with the site.

``{nnbook-reference}`` lists all modules, so that none can be forgotten. Docstrings are written for readers of
the code, in Markdown's manner: `name` is code, a line that begins with `>>>` an example.
"""

import importlib
import inspect
import pkgutil

from docutils import nodes
from docutils.statemachine import StringList
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

import nnbook


def module_names() -> list[str]:
    """Return the public modules in alphabetical order; a package with ``__all__`` speaks for its parts."""
    names = []
    for module in pkgutil.iter_modules(nnbook.__path__, "nnbook."):
        if module.name.rpartition(".")[2].startswith("_") or module.name == "nnbook.models":
            continue
        names.append(module.name)
        if module.ispkg and not getattr(importlib.import_module(module.name), "__all__", None):
            package = importlib.import_module(module.name)
            names += [
                part.name
                for part in pkgutil.iter_modules(package.__path__, module.name + ".")
                if not part.name.rpartition(".")[2].startswith("_")
            ]
    return names


def public_objects(module) -> list[tuple[str, object]]:
    """Return (name, function or class) of what a module offers, as it is ordered in the source."""
    wanted = getattr(module, "__all__", None)
    found = []
    for name, value in vars(module).items():
        if name.startswith("_") or not (inspect.isfunction(value) or inspect.isclass(value)):
            continue
        if name in wanted if wanted else value.__module__ == module.__name__:
            found.append((name, value))
    return found


def signature_text(value) -> str:
    """Return the call's arguments as text; what Python does not tell is left out."""
    try:
        signature = inspect.signature(value)
    except (TypeError, ValueError):
        return "(…)"
    parameters = [
        parameter.replace(annotation=inspect.Parameter.empty) for parameter in signature.parameters.values()
    ]
    return str(signature.replace(parameters=parameters, return_annotation=inspect.Signature.empty))


class NnbookReference(SphinxDirective):
    """``{nnbook-reference}``: sections and definition lists for all of nnbook."""

    def run(self) -> list[nodes.Node]:
        """Return one section a module."""
        sections = []
        for name in module_names():
            module = importlib.import_module(name)
            section = nodes.section(ids=[name.replace(".", "-").replace("_", "-")])
            section += nodes.title(text=name)
            section += self.paragraphs(module.__doc__ or "")
            entries = nodes.definition_list(classes=["nn-reference"])
            for object_name, value in public_objects(module):
                anchor = f"{name}.{object_name}"
                term = nodes.term(ids=[anchor], classes=["nn-signature"])
                term += nodes.strong(text=object_name)
                term += nodes.literal(text=signature_text(value))
                definition = nodes.definition()
                definition += self.paragraphs(inspect.getdoc(value) or "")
                definition += self.methods(value)
                entries += nodes.definition_list_item("", term, definition)
            if len(entries):
                section += entries
            sections.append(section)
        return sections

    def methods(self, value) -> list[nodes.Node]:
        """Return the public methods that a class defines itself, with the first line of each docstring."""
        if not inspect.isclass(value):
            return []
        entries = nodes.bullet_list(classes=["nn-methods"])
        for name, method in vars(value).items():
            if name.startswith("_") or not (inspect.isfunction(method) or isinstance(method, property)):
                continue
            call = name if isinstance(method, property) else name + signature_text(method)
            call = call.replace("(self, ", "(").replace("(self)", "()")
            line = nodes.paragraph("", "", nodes.literal(text=call))
            first = (inspect.getdoc(method) or "").partition("\n")[0]
            line += nodes.Text("  " + first.replace("`", ""))
            entries += nodes.list_item("", line)
        return [entries] if len(entries) else []

    def paragraphs(self, docstring: str) -> list[nodes.Node]:
        """Return a docstring as nodes: paragraphs; examples and indented lists stay as they are typed."""
        found = []
        for block in inspect.cleandoc(docstring).split("\n\n"):
            if block.startswith((">>>", "    ")) or "\n    " in block:
                language = "pycon" if ">>>" in block else "text"
                found.append(nodes.literal_block(block, block, language=language))
            else:
                box = nodes.container()
                text = StringList(block.splitlines(), source="docstring")
                self.state.nested_parse(text, self.content_offset, box)
                found += box.children
        return found


def setup(app: Sphinx) -> dict:
    """Register with Sphinx."""
    app.add_directive("nnbook-reference", NnbookReference)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
