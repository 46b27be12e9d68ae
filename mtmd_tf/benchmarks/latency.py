"""The cost of one request in the query tower: time, FLOPs, and the weights that are read (paper section 2.2)."""

import dataclasses
import time
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.checks import require_choice
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.features.batch import Side
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.flops import flops_per_row
from mtmd_tf.serving.loading import rewritten_graphs
from mtmd_tf.sharing import folded
from tfrecords_tools.examples import encode_requests
from tfrecords_tools.progress import progress_bar

_REQUESTS = 16  # different ones of a surface, in turn
_WARM_CALLS = 20


@dataclasses.dataclass(frozen=True, kw_only=True)
class Query:
    """One request of a surface, as a query tower embeds it.

    Attributes:
        embed: Embeds one of `rows` by the expert of the surface.
        rows: Different requests, each `[1, ...]`, in turn.
        flops: Operations of the matrix products, 2 for each multiplication and addition.
        active_parameters: The weights that it reaches, embedding tables left out.
        alive: Object that keeps the weights that `embed` reads; a graph alone does not.
    """

    embed: Callable[[Side], object]
    rows: Sequence[Side]
    flops: int
    active_parameters: int
    alive: object = None


def queries(model: TwoTowerModel, *, surfaces: Sequence[str] | None = None) -> dict[str, Query]:
    """`{surface: Query}` of a model, by synthetic requests, as serving does: the expert of their surface alone.

    Reading and indexing of raw features, the same for every architecture, are left out.

    Args:
        model: Model with its variables made.
        surfaces: None for all.

    Raises:
        ValueError: An unknown surface; it lists the surfaces.
    """
    tower, schema = model.query_tower, model.schema
    for surface in surfaces or ():
        require_choice(surface, schema.surfaces, what="surface")
    sample = sample_requests(schema, requests_per_surface=_REQUESTS, candidates_per_product=1)
    batch = RequestParser(schema, columns=())(tf.constant(list(encode_requests(schema, sample)), tf.string))
    found = {}
    for name in schema.surfaces if surfaces is None else surfaces:
        first = schema.surfaces.index(name) * _REQUESTS
        found[name] = _query(tower, name, [_row(batch.query, first + number) for number in range(_REQUESTS)])
    return found


def time_in_turn(
    arms: Mapping[str, Mapping[str, Sequence[Query]]], *, calls: int, rounds: int = 1, progress: bool = False
) -> dict[str, dict[str, dict[str, float]]]:
    """Times the arms one after the other, again and again, so that what else the machine does hits all alike.

    Times depend on the machine and on what else it does; `flops` and `active_parameters` do not.

    Args:
        arms: `{name: {surface: queries that must all be asked for one answer, one after the other}}`.
        calls: Timed of each surface and round, after some that are not.
        rounds: Turns of each arm.
        progress: Whether to show a bar.

    Returns:
        `{name: {surface: {median_ms, p99_ms, flops, active_parameters}}}`: milliseconds of an answer, the median of the
        rounds' medians and of their 99th percentiles; the sums of FLOPs and of weights over its queries.
    """
    surfaces = dict.fromkeys(surface for by_surface in arms.values() for surface in by_surface)
    turns = [(name, surface) for surface in surfaces for name, own in arms.items() if surface in own]
    elapsed: dict[tuple[str, str], list[np.ndarray]] = {turn: [] for turn in turns}
    bar = progress_bar(total=rounds * len(turns), desc="time", unit=" turns", disable=not progress)
    with rewritten_graphs(), bar:
        for _ in range(rounds):
            for name, surface in turns:
                elapsed[name, surface].append(_milliseconds(arms[name][surface], calls=calls))
                bar.update()
    found: dict[str, dict[str, dict[str, float]]] = {name: {} for name in arms}
    for (name, surface), times in elapsed.items():
        asked = arms[name][surface]
        median, p99 = np.median(np.percentile(times, [50, 99], axis=1), axis=1)
        found[name][surface] = {
            "median_ms": round(float(median), 4),
            "p99_ms": round(float(p99), 4),
            "flops": sum(query.flops for query in asked),
            "active_parameters": sum(query.active_parameters for query in asked),
        }
    return found


def measure_latency(
    model: TwoTowerModel, *, surfaces: Sequence[str] | None = None, calls: int = 200
) -> dict[str, dict[str, float]]:
    """One model's `{surface: {median_ms, p99_ms, flops, active_parameters}}`, as of `time_in_turn`.

    Args:
        model: Model with its variables made.
        surfaces: None for all.
        calls: Timed for each surface, after some that are not.

    Raises:
        ValueError: An unknown surface; it lists the surfaces.
    """
    asked = {surface: [query] for surface, query in queries(model, surfaces=surfaces).items()}
    return time_in_turn({"": asked}, calls=calls)[""]


def _query(tower: AnyTower, surface: str, rows: Sequence[Side]) -> Query:
    def embed(side: Side) -> tf.Tensor:
        return tf.concat(list(tower.embed_domain(side, surface).values()), axis=1)

    with folded(tower) as variables:  # as an export has it
        function = tf.function(embed, autograph=False).get_concrete_function(rows[0])
    reached = [variable for variable in function.variables if variable is not tower.encoder.table]

    def run(row: Side) -> np.ndarray:
        return function(row).numpy()

    return Query(
        embed=run,
        rows=rows,
        flops=flops_per_row(function),
        active_parameters=sum(variable.shape.num_elements() for variable in reached),
        alive=(tower, variables),
    )


def _milliseconds(asked: Sequence[Query], *, calls: int) -> np.ndarray:
    """`[calls]`, each of one answer."""
    times = np.empty(calls)
    for call in range(-_WARM_CALLS, calls):
        begun = time.perf_counter_ns()
        for query in asked:
            query.embed(query.rows[call % len(query.rows)])
        if call >= 0:
            times[call] = (time.perf_counter_ns() - begun) / 1e6
    return times


def _row(side: Side, row: int) -> Side:
    return tf.nest.map_structure(lambda tensor: tensor[row : row + 1], side)
