"""Only two modules named legacy.py touch what one version of TensorFlow or Keras alone has (docs/versions.md)."""

import ast
import pathlib
from collections.abc import Iterator

import pytest

CHECKOUT = pathlib.Path(__file__).parents[1]
SEAMS = ("mtmd_tf/legacy.py", "tfrecords_tools/legacy.py")  # the record tools import nothing of mtmd_tf
FIRST = "tfrecords_tools/__init__.py"  # must choose Keras 2 as well, and may import nothing of mtmd_tf
MODULES = ("keras", "tf_keras", "tensorflow.compiler", "tensorflow.core", "tensorflow.lite", "tensorflow.python")
ATTRIBUTES = ("compat", "legacy")  # of tf and of tf.keras.optimizers
ARGUMENTS = ("experimental_aggregate_gradients",)  # of the legacy optimizers
LIBRARIES = ("keras", "tensorflow", "tf", "tf_keras", "tfrs")
VARIABLE = "TF_USE_LEGACY_KERAS"
NAMED_TUPLE = {"_asdict", "_fields", "_make", "_replace"}
OF_OTHERS = {"_exit", "_dynamo"}  # of os and of PyTorch, which no version of TensorFlow changes


def sources() -> dict[str, ast.Module]:
    files = [*CHECKOUT.glob("*.py"), *CHECKOUT.glob("mtmd_tf/**/*.py"), *CHECKOUT.glob("tfrecords_tools/**/*.py")]
    return {str(path.relative_to(CHECKOUT)): ast.parse(path.read_text(encoding="utf-8")) for path in files}


def own_names(trees: list[ast.Module]) -> set[str]:
    """Private names that our code defines: functions, classes, fields, attributes that are assigned, slots."""
    found = set(NAMED_TUPLE | OF_OTHERS)
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.ClassDef):
                found.add(node.name)
            elif isinstance(node, ast.Attribute | ast.Name) and isinstance(node.ctx, ast.Store):
                found.add(node.attr if isinstance(node, ast.Attribute) else node.id)
    return found


def corners(tree: ast.Module, *, own: set[str]) -> Iterator[tuple[int, str]]:
    """Line and name of each corner of a module."""
    for node in ast.walk(tree):
        match node:
            case ast.Import(names=names):
                modules = [alias.name for alias in names]
            case ast.ImportFrom(module=str(module), names=names):
                modules = [module, *(f"{module}.{alias.name}" for alias in names)]
            case _:
                modules = []
        yield from ((node.lineno, name) for name in modules if f"{name}.".startswith(tuple(f"{m}." for m in MODULES)))
        match node:
            case ast.Attribute(attr=name) if name in ATTRIBUTES:
                yield node.lineno, name
            case ast.Attribute(attr=name) if name.startswith("_") and not name.startswith("__") and name not in own:
                yield node.lineno, name
            case ast.Call(func=ast.Attribute(attr="__setattr__" | "__delattr__", value=ast.Name(id="object"))):
                if not frozen_field(node):
                    yield node.lineno, "object.__setattr__"
            case ast.Call(func=ast.Name(id="setattr" | "delattr" as name)):
                yield node.lineno, name
            case ast.Attribute(attr=name, ctx=ast.Store() | ast.Del()) if root(node) in LIBRARIES:
                yield node.lineno, f"{root(node)} changed: {name}"
            case ast.keyword(arg=name) if name in ARGUMENTS:
                yield node.value.lineno, name
            case ast.Constant(value=str(text)) if text == VARIABLE:
                yield node.lineno, text


def root(attribute: ast.Attribute) -> str:
    """What the chain begins with: `tf` of `tf.keras.Model.fit`."""
    value = attribute.value
    while isinstance(value, ast.Attribute):
        value = value.value
    return value.id if isinstance(value, ast.Name) else ""


def frozen_field(call: ast.Call) -> bool:
    """Whether it is how a frozen dataclass sets a field of its own."""
    return isinstance(call.args[0], ast.Name) and call.args[0].id == "self"


def test_no_module_but_the_seam_touches_a_corner() -> None:
    trees = sources()
    own = own_names([tree for name, tree in trees.items()])
    found = [
        f"{name}:{line}: {corner}"
        for name, tree in trees.items()
        for line, corner in corners(tree, own=own)
        if name not in SEAMS and (name, corner) != (FIRST, VARIABLE)
    ]
    assert not found, f"move to one of {SEAMS}: {found}"


@pytest.mark.parametrize(
    ("text", "corner"),
    [
        ("tf.keras.optimizers.legacy.Adam()", "legacy"),
        ("graph = tf.compat.v1.get_default_graph()", "compat"),
        ("from tensorflow.python.eager import context", "tensorflow.python.eager"),
        ("from tensorflow.core.protobuf import config_pb2", "tensorflow.core.protobuf"),
        ("from tensorflow import python", "tensorflow.python"),
        ("import tf_keras", "tf_keras"),
        ("optimizer._create_all_weights(tables)", "_create_all_weights"),
        ("object.__setattr__(layer, 'call', own)", "object.__setattr__"),
        ("setattr(tf.keras.Model, 'fit', own)", "setattr"),
        ("tf.keras.Model.fit = own", "tf changed: fit"),
        (
            "optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)",
            "experimental_aggregate_gradients",
        ),
        ("os.environ['TF_USE_LEGACY_KERAS'] = '1'", "TF_USE_LEGACY_KERAS"),
    ],
)
def test_every_kind_of_corner_is_seen(text: str, corner: str) -> None:
    assert corner in [name for _, name in corners(ast.parse(text), own=own_names([]))]


@pytest.mark.parametrize("text", ["tf.keras.layers.Dense(1)", "batch._replace(weight=None)", "import tensorflow as tf"])
def test_what_every_version_has_is_no_corner(text: str) -> None:
    assert list(corners(ast.parse(text), own=own_names([]))) == []
