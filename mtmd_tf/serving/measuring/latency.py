"""What one request costs the query tower: time, operations, and the weights that they need (paper section 2.2)."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.checks import require_choice
from mtmd_tf.features.batch import Side
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.model import MTMD
from mtmd_tf.serving.exporting.sample import sample_requests
from mtmd_tf.serving.operations import operations_per_row
from tfrecords_tools.examples import encode_requests

_REQUESTS = 16  # different ones of a surface, in turn
_WARM_CALLS = 20


def measure_latency(
    model: MTMD, *, surfaces: Sequence[str] | None = None, calls: int = 200
) -> dict[str, dict[str, float]]:
    """Embeds made-up requests one at a time in this process, by the expert of their surface alone, as serving does.

    Reading and indexing of raw features, the same for every architecture, are left out. Times depend on the machine and
    on what else it does; `flops` and `active_parameters` do not.

    Args:
        model: With its variables made.
        surfaces: None for all.
        calls: Timed for each surface, after some that are not.

    Returns:
        `{surface: {median_ms, p99_ms, flops, active_parameters}}`: milliseconds of a request, operations of its matrix
        products (2 for each multiplication and addition), and the weights that it reaches, embedding tables left out.

    Raises:
        ValueError: An unknown surface; it lists the surfaces.
    """
    tower, schema = model.query_tower, model.schema
    for surface in surfaces or ():
        require_choice(surface, schema.surfaces, what="surface")
    sample = sample_requests(schema, requests_per_surface=_REQUESTS, candidates_per_product=1)
    batch = RequestParser(schema, columns=())(tf.constant(list(encode_requests(schema, sample)), tf.string))
    with _rewritten_graphs():
        measured = {}
        for name in schema.surfaces if surfaces is None else surfaces:
            first = schema.surfaces.index(name) * _REQUESTS
            rows = [_row(batch.query, first + number) for number in range(_REQUESTS)]
            measured[name] = _measure(tower, name, rows, calls=calls)
        return measured


def _measure(tower: AnyTower, surface: str, rows: Sequence[Side], *, calls: int) -> dict[str, float]:
    def embed(side: Side) -> tf.Tensor:
        return tf.concat(list(tower.embed_domain(side, surface).values()), axis=1)

    function = tf.function(embed, autograph=False).get_concrete_function(rows[0])
    for call in range(_WARM_CALLS):
        function(rows[call % len(rows)])
    elapsed = []
    for call in range(calls):
        begun = time.perf_counter_ns()
        function(rows[call % len(rows)]).numpy()
        elapsed.append((time.perf_counter_ns() - begun) / 1e6)
    median, p99 = np.percentile(elapsed, [50, 99])
    return {
        "median_ms": round(float(median), 4),
        "p99_ms": round(float(p99), 4),
        "flops": operations_per_row(function),
        "active_parameters": sum(
            variable.shape.num_elements() for variable in function.variables if variable is not tower.encoder.table
        ),
    }


def _row(side: Side, row: int) -> Side:
    return tf.nest.map_structure(lambda tensor: tensor[row : row + 1], side)


@contextmanager
def _rewritten_graphs() -> Iterator[None]:
    """Training leaves graphs as they are traced (docs/adr/0003); a server rewrites them."""
    before = tf.config.optimizer.get_experimental_options().get("disable_meta_optimizer", False)
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})
    try:
        yield
    finally:
        tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": before})
