"""Logits and ln p of stored embeddings against the model's, over 10,000 pairs: the bounds of docs/serving.md."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.serving.ranking.probabilities import log_marginals
from mtmd_tf.serving.ranking.storage import BIAS_UNITS, StoredTask
from tests.mtmd_tf.serving.world import World
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_schema

PARENTS = {"ctr": None, "gctr": "ctr"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Embedded:
    """By the model, `{task: [requests or pairs, width]}`; ten pairs a request."""

    query: dict[str, np.ndarray]
    item: dict[str, np.ndarray]
    standard: np.ndarray  # [pairs]: gctr exists for these


@pytest.fixture(scope="module")
def embedded(world: World) -> Embedded:
    sample = sample_requests(tiny_schema(), requests_per_surface=500, candidates_per_product=5)
    batch, model = to_batch(sample, schema=tiny_schema()), world.model
    query, item = model.query_tower(batch.query, batch.surface), model.item_tower(batch.item, batch.product)
    plain = [tf.nest.map_structure(lambda tensor: tensor.numpy(), side) for side in (query, item)]
    return Embedded(query=plain[0], item=plain[1], standard=batch.product.numpy() == 0)


def stored_logits(embedded: Embedded, task: str, storage: str) -> np.ndarray:
    """`[requests, 10]`."""
    query, stored = embedded.query[task], StoredTask.of(embedded.item[task], storage=storage)
    rows = [stored.logits(one[None], slice(10 * n, 10 * n + 10)) for n, one in enumerate(query)]
    return np.concatenate(rows)


def bound(embedded: Embedded, task: str, storage: str) -> np.ndarray:
    """`[requests, 10]`: of the logit's error, by the formulas of mtmd_tf/serving/ranking/storage.py."""
    query = np.abs(embedded.query[task][:, None, :-BIAS_UNITS])
    item = np.abs(embedded.item[task].reshape(len(query), 10, -1)[..., :-BIAS_UNITS])
    if storage == "bfloat16":
        return (query * item).sum(axis=2) / 256 + 1e-5
    return item.max(axis=2) / 127 / 2 * query.sum(axis=2) + 1e-5


@pytest.mark.parametrize("storage", ["float32", "bfloat16", "int8"])
def test_a_stored_logit_is_the_models_within_the_storages_bound(embedded: Embedded, storage: str) -> None:
    for task, query in embedded.query.items():
        exact = np.einsum("rw,rpw->rp", query, embedded.item[task].reshape(len(query), 10, -1), dtype=np.float64)
        assert exact.size == 10_000
        error = np.abs(stored_logits(embedded, task, storage) - exact)
        if storage == "float32":
            assert error.max() <= 1e-5 * max(1.0, np.abs(exact).max())
            continue
        own = embedded.standard.reshape(exact.shape) if task == "gctr" else np.full(exact.shape, True)
        limit = bound(embedded, task, storage)
        assert (error <= limit)[own].all()
        assert error[own].max() > limit[own].mean() / 20  # the bound is not an empty one


@pytest.mark.parametrize("storage", ["bfloat16", "int8"])
def test_ln_p_is_off_by_no_more_than_its_logits(embedded: Embedded, storage: str) -> None:
    standard = embedded.standard.reshape(-1, 10)
    logits = {how: {task: stored_logits(embedded, task, how) for task in PARENTS} for how in ("float32", storage)}
    exact, found = (log_marginals(own, parents=PARENTS, constrained=True) for own in logits.values())
    ctr, gctr = (bound(embedded, task, storage) for task in PARENTS)
    assert (np.abs(found["ctr"] - exact["ctr"]) <= ctr).all()
    assert (np.abs(found["gctr"] - exact["gctr"]) <= ctr + gctr)[standard].all()
