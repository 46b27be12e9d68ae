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


@pytest.mark.parametrize("share", [0.5, 0.03, 0.0])
def test_where_a_condition_holds_the_best_of_what_it_keeps_are_found(
    index: ScoringIndex, spec: RankerSpec, share: float
) -> None:
    pytest.importorskip("usearch")
    random = np.random.default_rng(2)
    kept = random.random(ITEMS) < share
    query = random.standard_normal((1, spec.width), dtype=np.float32)
    graphs = ApproximateIndex.open(index, spec=spec, task="ctr")
    [rows] = graphs.search(query, products=spec.schema.products, top=10, kept=kept)
    assert kept[rows].all()
    own = np.flatnonzero(kept)
    best = own[np.argsort(-index.tasks["ctr"].logits(query[:, :6], own)[0])[:10]]
    assert len(set(best) & set(rows)) >= min(9, len(own))


def test_a_damaged_graph_is_named_before_it_is_searched(spec: RankerSpec, tmp_path: pathlib.Path) -> None:
    pytest.importorskip("usearch")
    write_embeddings(tmp_path, spec, ["a", "b", "c"], product=[0, 1, 0])
    index = ScoringIndex.open(tmp_path, spec=spec)
    ApproximateIndex.open(index, spec=spec, task="ctr")
    path = index.folder / "ctr.standard.usearch"
    content = path.read_bytes()
    for place in range(0, len(content), max(len(content) // 20, 1)):
        path.write_bytes(content[:place] + bytes([content[place] ^ 16]) + content[place + 1 :])
        with pytest.raises(ServingError, match=r"ctr.standard.usearch is damaged; delete it, and it is made again"):
            ApproximateIndex.open(index, spec=spec, task="ctr")
    path.write_bytes(content[:100])
    with pytest.raises(ServingError, match=r"ctr.standard.usearch is damaged"):
        ApproximateIndex.open(index, spec=spec, task="ctr")
    path.unlink()
    assert ApproximateIndex.open(index, spec=spec, task="ctr").search(
        np.ones((1, spec.width), np.float32), products=("standard",), top=2
    )[0].tolist() in ([0, 1], [1, 0])
