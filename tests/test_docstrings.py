"""Docstrings of what is public: entries stand alone, arrays have shapes, errors are listed."""

import ast
import pathlib
import re
from collections.abc import Iterator

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]
FILES = [path for root in ("mtmd_tf", "tfrecords_tools") for path in sorted((CHECKOUT / root).rglob("*.py"))]
ARRAY = re.compile(r"\b(?:np\.ndarray|tf\.Tensor|tf\.RaggedTensor|tf\.Variable)\b")
SHAPE = re.compile(r"\[[a-z0-9_., +*|()-]*\]|scalar")
STUB = re.compile(r"(?:Of|As of|As in|Likewise|Told|How\.|Names?\.|(?:Its|Their) |What was measured)")
ENTRY = re.compile(r"^    (\w+): (.*(?:\n        .*)*)", re.MULTILINE)
Definition = ast.FunctionDef | ast.ClassDef


def public(tree: ast.Module) -> Iterator[tuple[Definition, str]]:
    """Public classes, functions and methods, each with the docstring of its class beside its own."""

    def within(node: ast.AST, around: str) -> Iterator[tuple[Definition, str]]:
        for child in ast.iter_child_nodes(node):
            if isinstance(child, Definition) and (not child.name.startswith("_") or child.name == "__call__"):
                said = ast.get_docstring(child) or ""
                yield child, said + around
                if isinstance(child, ast.ClassDef):
                    yield from within(child, said)

    return within(tree, ast.get_docstring(tree) or "")


def entries(docstring: str) -> Iterator[tuple[str, str]]:
    for section in re.findall(r"^(?:Args|Attributes):\n((?:    .*\n?|\n)*)", docstring, re.MULTILINE):
        yield from ((name, " ".join(text.split())) for name, text in ENTRY.findall(section))


@pytest.fixture(scope="module")
def definitions() -> list[tuple[str, Definition, str]]:
    return [
        (f"{path.relative_to(CHECKOUT)}:{node.lineno} {node.name}", node, said)
        for path in FILES
        for node, said in public(ast.parse(path.read_text(encoding="utf-8")))
    ]


def test_an_entry_is_a_phrase_that_stands_alone(definitions) -> None:
    stubs = [
        f"{place}, {name}: {text}"
        for place, node, _ in definitions
        for name, text in entries((ast.get_docstring(node) or "") + "\n")
        if STUB.match(text)
    ]
    assert stubs == []


def test_a_signature_with_arrays_gives_shapes(definitions) -> None:
    def annotations(node: ast.FunctionDef) -> list[str]:
        said = [each.annotation for each in (*node.args.args, *node.args.kwonlyargs)] + [node.returns]
        return [ast.unparse(each) for each in said if each is not None]

    functions = [(place, node, said) for place, node, said in definitions if isinstance(node, ast.FunctionDef)]
    without = [
        place
        for place, node, said in functions
        if any(ARRAY.search(text) for text in annotations(node)) and not SHAPE.search(said)
    ]
    assert len(functions) > 500
    assert without == []


def test_what_raises_says_so(definitions) -> None:
    def raises(node: ast.FunctionDef) -> bool:
        return any(isinstance(each, ast.Raise) and each.exc is not None for each in ast.walk(node))

    silent = [
        place
        for place, node, said in definitions
        if isinstance(node, ast.FunctionDef)
        and node.name != "main"
        and raises(node)
        and not re.search(r"Raises:|refus|Refus|raise|Raise|error", said)
    ]
    assert silent == []
