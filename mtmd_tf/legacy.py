"""The corners of TensorFlow and Keras 2 that another version may not have; nothing else uses them (docs/versions.md).

Importing this module imports no TensorFlow: what Keras is must be chosen before.
"""

import contextlib
import importlib.util
import os
import pathlib
import sys
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

_VARIABLE = "TF_USE_LEGACY_KERAS"
_YES = ("1", "true", "True")  # what TensorFlow itself takes for yes


def choose_keras_2() -> None:
    """Makes TensorFlow speak Keras 2: it fixes its Keras when it is imported.

    Raises:
        ImportError: It no longer can, or the environment asks for Keras 3; it says what to do.
    """
    value = os.environ.setdefault(_VARIABLE, "1")
    if value not in _YES:
        raise ImportError(f"{_VARIABLE} must be '1' for mtmd_tf (it is built on Keras 2), got {value!r}; unset it.")
    tensorflow = sys.modules.get("tensorflow")
    if tensorflow is not None and not _speaks_keras_2(tensorflow):
        raise ImportError(
            "TensorFlow was imported with Keras 3 before mtmd_tf, which needs Keras 2; "
            f"import mtmd_tf first, or start Python with {_VARIABLE}=1."
        )


def _speaks_keras_2(tensorflow: types.ModuleType) -> bool:
    """Whether `from tensorflow.keras import ...` and `tf.keras` both mean Keras 2; either can without the other."""
    spec = importlib.util.find_spec("tf_keras")
    if spec is None or spec.origin is None:
        raise ImportError("tf_keras, which is Keras 2, is not installed; run `pip install 'tf_keras>=2.21,<2.22'`.")
    home = os.path.dirname(spec.origin)
    return tensorflow.__path__[0].startswith(home) and tensorflow.keras.Model.__module__.startswith("tf_keras.")


def adam(schedule: Any) -> Any:
    """Keras's Adam of before 2.11, which updates each variable by one fused kernel."""
    import tensorflow as tf

    return tf.keras.optimizers.legacy.Adam(schedule)


def adagrad(rate: float, *, accumulator: float) -> Any:
    """Keras's Adagrad of before 2.11, whose kernel touches only the rows of a table that have a gradient.

    Args:
        rate: The learning rate.
        accumulator: Where the sums of squared gradients start.
    """
    import tensorflow as tf

    return tf.keras.optimizers.legacy.Adagrad(rate, initial_accumulator_value=accumulator)


def make_slots(optimizer: Any, variables: Sequence[Any]) -> None:
    """Makes what such an optimizer keeps of variables `[...]`, before its first step."""
    optimizer._create_all_weights(variables)


def apply_gradients(optimizer: Any, pairs: Sequence[tuple[Any, Any]], *, added_up: bool) -> None:
    """Takes a step of such an optimizer, by one operation for each dense gradient where there is one replica.

    Args:
        optimizer: The optimizer.
        pairs: Gradients with their variables, `[...]` each.
        added_up: Whether the gradients are those of all replicas already.
    """
    if added_up:
        optimizer.apply_gradients(pairs, experimental_aggregate_gradients=False)
        return
    import tensorflow as tf

    # Of `apply_gradients`, what is left without a strategy: the rest of it is a dozen scopes around each operation.
    variables = [variable for _, variable in pairs]
    with tf.init_scope():
        optimizer._create_all_weights(variables)
    state = optimizer._prepare(variables)
    for gradient, variable in pairs:
        if isinstance(gradient, tf.IndexedSlices):
            optimizer._resource_apply_sparse_duplicate_indices(
                gradient.values, variable, gradient.indices, apply_state=state
            )
        else:
            optimizer._resource_apply_dense(gradient, variable, apply_state=state)
    if pairs:
        optimizer.iterations.assign_add(1, read_value=False)


def recorded(function: Callable[..., tuple[Any, Callable[..., Any]]], tensors: Sequence[Any]) -> Any:
    """The output of a function of tensors `[...]` that also returns their gradient, which tapes then use.

    `tf.custom_gradient` does the same in ten times the time when it is traced: it looks for variables, and copies every
    input and output, so that a graph that is differentiated as a whole finds the gradient too.
    """
    from tensorflow.python.eager import record

    with record.stop_recording():
        output, gradient = function(*tensors)
    record.record_operation("WrittenOut", [output], list(tensors), gradient)
    return output


def of_each(function: Any, arguments: Sequence[Any], shapes: Sequence[Sequence[int | None]]) -> list[Any]:
    """A traced function of each slice of tensors `[slices, ...]`: slices run at once, each on one core of a processor.

    TensorFlow has the operation for its own rewriting of pipelines, and on processors alone.

    Args:
        function: Function of one slice of each tensor, without captured tensors, to float32.
        arguments: The tensors.
        shapes: Shape of each of its outputs, None for a size that is not known.

    Returns:
        Its outputs, `[slices, ...]` each.
    """
    import tensorflow as tf

    return tf.raw_ops.MapDefun(
        arguments=list(arguments),
        captured_inputs=[],
        output_types=[tf.float32] * len(shapes),
        output_shapes=[list(shape) for shape in shapes],
        f=function,
        max_intra_op_parallelism=1,
    )


@contextlib.contextmanager
def quick_graphs() -> Iterator[None]:
    """Within, operations of tensors are added to a graph by TensorFlow's quicker way, which it has and leaves off.

    It checks types and attributes in C++ instead of in Python; the graph is the same.
    """
    from tensorflow.core.config import flags

    flag = flags.config().graph_building_optimization
    before = flag.value()
    flag.reset(True)
    try:
        yield
    finally:
        flag.reset(before)


def kept_in_graph() -> dict[Any, Any]:
    """What this package keeps of the graph that is being traced, for as long as there is the graph."""
    graph = current_graph()  # at times a proxy, which has no `vars`
    if not hasattr(graph, "_mtmd_tf_kept"):
        graph._mtmd_tf_kept = {}
    return graph._mtmd_tf_kept


@contextlib.contextmanager
def watched(layer: Any, method: str, watcher: Callable[[Any], None]) -> Iterator[None]:
    """Within, `watcher` is called with every output of a layer's method."""
    original = getattr(layer, method)

    def calling(*args: Any) -> Any:
        result = original(*args)
        watcher(result)
        return result

    object.__setattr__(layer, method, calling)  # past Keras, which would track it
    try:
        yield
    finally:
        object.__delattr__(layer, method)


def low_rank_parts(cross: Any) -> tuple[Any, Any]:
    """The two dense layers of a low-rank crossing of TensorFlow Recommenders: down to the rank, and up with a bias."""
    return cross._dense_u, cross._dense_v


def current_graph() -> Any:
    """The graph that is being traced."""
    import tensorflow as tf

    return tf.compat.v1.get_default_graph()


def open_session(folder: pathlib.Path) -> tuple[Any, Mapping[str, Any]]:
    """A SavedModel in a session of TensorFlow 1, as a server runs it, and `{signature: its SignatureDef}`."""
    import tensorflow as tf

    graph = tf.Graph()
    with graph.as_default():
        session = tf.compat.v1.Session(graph=graph)
        loaded = tf.compat.v1.saved_model.load(session, ["serve"], str(folder))
    return session, loaded.signature_def


def callable_of(session: Any, *, feed: Sequence[str], fetch: Sequence[str]) -> Callable[..., list[Any]]:
    """What runs a session from arrays of the tensors `feed` to arrays of the tensors `fetch`, by name.

    The public `make_callable` takes a feed_dict's way: 20 microseconds an input.
    """
    from tensorflow.core.protobuf import config_pb2

    options = config_pb2.CallableOptions()
    options.feed.extend(feed)
    options.fetch.extend(fetch)
    return session._make_callable_from_options(options)
