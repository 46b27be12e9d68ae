"""Checks that the exported towers score as the model does, for each slice and task (paper section 2.2)."""

import dataclasses
import pathlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.loading import embed, load_tower
from mtmd_tf.serving.rows import pair_term, to_inputs, to_rows
from mtmd_tf.serving.specification import DEFAULT, SERIALIZED, RankerSpec, ServingError
from tfrecords_tools.examples import encode_items, encode_requests
from tfrecords_tools.requests import Requests
from tfrecords_tools.schema import Schema

TOLERANCE = 1e-5

Differences = dict[tuple[str, str, str], float]  # (surface, product, task): largest |model - towers| of a logit


def check_parity(
    model: TwoTowerModel,
    spec: RankerSpec,
    *,
    query_tower: pathlib.Path,
    item_tower: pathlib.Path,
    samples: Sequence[Requests],
) -> Differences:
    """Scores samples with the towers, reloaded once for all, by each of their signatures, and with the model.

    Args:
        model: The exported model.
        spec: Specification of the export.
        query_tower: Folder of the SavedModel of the query tower.
        item_tower: Folder of the SavedModel of the item tower.
        samples: Requests whose slices are checked.

    Returns:
        The largest difference in each slice and task that the samples have.

    Raises:
        ServingError: A difference above 1e-5 (of logits beyond 1: of the logit), or a stamp that is not the export's;
            it names slice and task.
    """
    query, item = (load_tower(folder, stamp=spec.stamp) for folder in (query_tower, item_tower))
    worst: Differences = {}
    for sample in samples:
        for key, difference in _differences(model, spec, query, item, sample).items():
            worst[key] = max(difference, worst.get(key, 0.0))
    return worst


def _differences(
    model: TwoTowerModel, spec: RankerSpec, query: tf.Module, item: tf.Module, sample: Requests
) -> Differences:
    bare = dataclasses.replace(sample, label={}, event={}, weight=None, bid=None)
    records = tf.constant(list(encode_requests(model.schema, bare)), tf.string)
    batch = RequestParser(model.schema, columns=(), cross=model.reads_cross)(records)
    logits = {task: logit.numpy() for task, logit in model.logits(batch).items()}
    term = pair_term(spec, sample)
    request = sample.owner
    worst: Differences = {}
    for how, queries, items in _embeddings(model.schema, spec, query, item, sample):
        for surface, product, task, pairs in _slices(spec, sample, request):
            both = queries[request[pairs], task.coordinates] * items[pairs, task.coordinates]
            served = both.sum(axis=1) + np.broadcast_to(term[task.name], len(request))[pairs]
            own = logits[task.name][pairs]
            scaled = np.abs(served - own) / np.maximum(1.0, np.abs(own))
            difference = float(scaled.max()) if np.isfinite(scaled).all() else float("nan")
            if not difference <= TOLERANCE:
                raise ServingError(
                    f"the exported towers ({how}) are not the model in {surface} x {product}, task {task.name}: logits "
                    f"differ by {difference:.3g}, more than {TOLERANCE:g}; nothing was published"
                )
            key = (surface, product, task.name)
            worst[key] = max(worst.get(key, 0.0), difference)
    return worst


def _slices(spec: RankerSpec, sample: Requests, request: np.ndarray) -> Iterator[tuple]:
    schema = spec.schema
    for s, surface in enumerate(schema.surfaces):
        for p, product in enumerate(schema.products):
            pairs = np.flatnonzero((sample.surface[request] == s) & (sample.product == p))
            for task in spec.tasks if len(pairs) else ():
                if schema.task(task.name).exists_in(surface=surface, product=product):
                    yield surface, product, task, pairs


def _embeddings(
    schema: Schema, spec: RankerSpec, query: tf.Module, item: tf.Module, sample: Requests
) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """How, `[requests, width]` and `[pairs, width]`: by the domains' own signatures, and by those for all domains."""
    queries = to_rows(schema.features_of("query"), sample.query, sample.query_mask)
    rows = to_rows(schema.features_of("item"), sample.item, sample.item_mask)
    yield (
        "one signature a domain",
        _by_domain(schema, spec, query, queries, side="query", domain=sample.surface),
        _by_domain(schema, spec, item, rows, side="item", domain=sample.product),
    )
    inputs = to_inputs(schema.features_of("query"), queries, where="any surface")
    routed = embed(query, DEFAULT, inputs | {"surface": np.array(schema.surfaces, dtype=object)[sample.surface]})
    records = np.array(list(encode_items(schema, sample.items())), dtype=object)
    yield f"{DEFAULT} and {SERIALIZED}", routed, embed(item, SERIALIZED, {SERIALIZED: records})
    inputs = to_inputs(schema.features_of("item"), rows, where="any product")
    inputs |= {"product": np.array(schema.products, dtype=object)[sample.product]}
    yield DEFAULT, routed, embed(item, DEFAULT, inputs)


def _by_domain(
    schema: Schema, spec: RankerSpec, tower: tf.Module, rows: list[dict[str, Any]], *, side: str, domain: np.ndarray
) -> np.ndarray:
    embeddings = np.zeros((len(rows), spec.width), np.float32)
    for index, name in enumerate(schema.domains_of(side)):
        own = np.flatnonzero(domain == index)
        if len(own):
            features = schema.features_of(side, domain=name)
            embeddings[own] = embed(tower, name, to_inputs(features, [rows[row] for row in own], where=name))
    return embeddings
