"""Tests of mtmd_tf/serving/ranking/approximate.py."""

import pathlib
import sys

import numpy as np
import pytest

from mtmd_tf.serving.ranking.approximate import ApproximateIndex
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings

ITEMS = 2000


@pytest.fixture(scope="module")
def spec() -> RankerSpec:
    return small_spec()


@pytest.fixture(scope="module")
def index(spec: RankerSpec, tmp_path_factory: pytest.TempPathFactory) -> ScoringIndex:
    folder: pathlib.Path = tmp_path_factory.mktemp("embeddings")
    embedding = np.random.default_rng(0).standard_normal((ITEMS, spec.width), dtype=np.float32)
    ids = [f"item {number:04d}" for number in range(ITEMS)]
    write_embeddings(folder, spec, ids, product=[number % 2 for number in range(ITEMS)], embedding=embedding)
    return ScoringIndex.open(folder, spec=spec)


def test_most_of_the_best_are_found(index: ScoringIndex, spec: RankerSpec) -> None:
    pytest.importorskip("usearch")
    queries = np.random.default_rng(1).standard_normal((3, spec.width), dtype=np.float32)
    found = ApproximateIndex.open(index, spec=spec, task="ctr").search(queries, products=spec.schema.products, top=10)
    for query, rows in zip(queries, found, strict=True):
        best = np.argsort(-index.tasks["ctr"].logits(query[None, :6], slice(0, ITEMS))[0])[:10]
        assert len(rows) == 400
        assert len(set(best) & set(rows)) >= 9


def test_only_the_asked_product_is_searched(index: ScoringIndex, spec: RankerSpec) -> None:
    pytest.importorskip("usearch")
    graphs = ApproximateIndex.open(index, spec=spec, task="gctr")
    (rows,) = graphs.search(np.ones((1, spec.width), np.float32), products=("shopping",), top=1)
    assert len(rows) == 200
    assert set(index.products_of(rows)) == {"shopping"}


def test_a_graph_is_made_once(index: ScoringIndex, spec: RankerSpec) -> None:
    pytest.importorskip("usearch")
    ApproximateIndex.open(index, spec=spec, task="ctr")
    path = index.folder / "ctr.standard.usearch"
    before = path.stat().st_mtime_ns
    ApproximateIndex.open(index, spec=spec, task="ctr")
    assert path.stat().st_mtime_ns == before


def test_without_the_library_it_says_what_to_install(
    index: ScoringIndex, spec: RankerSpec, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "usearch.index", None)
    with pytest.raises(
        ServingError, match=r"needs usearch, which is not installed: pip install mtmd-tf\[approximate\]"
    ):
        ApproximateIndex.open(index, spec=spec, task="ctr")
