"""Tests of mtmd_tf/serving/ranking/scan.py."""

import concurrent.futures
import pathlib

import numpy as np
import pytest

from mtmd_tf.serving.ranking import scan as scanning
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.request import rank_rows
from mtmd_tf.serving.ranking.row_values import RowValues
from mtmd_tf.serving.ranking.scan import Scan, Scorer, scan
from mtmd_tf.serving.ranking.slice_warnings import all_tied
from mtmd_tf.serving.ranking.utility import Utility
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.malformed import refused
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings

ITEMS = 500
POOL = concurrent.futures.ThreadPoolExecutor(2)


@pytest.fixture(scope="module")
def spec() -> RankerSpec:
    return small_spec()


@pytest.fixture(scope="module")
def index(spec: RankerSpec, tmp_path_factory: pytest.TempPathFactory) -> ScoringIndex:
    folder: pathlib.Path = tmp_path_factory.mktemp("embeddings")
    embedding = np.random.default_rng(0).standard_normal((ITEMS, spec.width), dtype=np.float32)
    embedding[100:120] = embedding[7]  # ties
    ids = [f"item {number:03d}" for number in np.random.default_rng(1).permutation(ITEMS)]
    write_embeddings(folder, spec, ids, product=[number % 2 for number in range(ITEMS)], embedding=embedding)
    return ScoringIndex.open(folder, spec=spec)


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanning, "_BLOCK", 16)
    monkeypatch.setattr(scanning, "_PIECE", 64)


def run(index: ScoringIndex, spec: RankerSpec, utility: str, *, surface: str = "home", **arguments) -> Scan:
    parsed = Utility(utility, tasks=("ctr", "gctr"))
    scorer = Scorer(index=index, spec=spec, surface=surface, utility=parsed)
    return scan(scorer, queries(spec), pool=POOL, **{"products": spec.schema.products, "top": 40, **arguments})


def queries(spec: RankerSpec) -> np.ndarray:
    return np.random.default_rng(2).standard_normal((2, spec.width), dtype=np.float32)


def brute_force(index: ScoringIndex, query: np.ndarray, *, constrained: bool = True) -> dict[str, np.ndarray]:
    """Probabilities of all rows, in float64."""
    logits = {task: stored.embedding(slice(0, ITEMS)).astype(float) for task, stored in index.tasks.items()}
    ctr = 1 / (1 + np.exp(-(logits["ctr"] @ query[:6])))
    gctr = 1 / (1 + np.exp(-(logits["gctr"] @ query[6:])))
    standard = np.arange(ITEMS) < index.rows["standard"].stop
    return {"ctr": ctr, "gctr": np.where(standard, gctr * (ctr if constrained else 1), 0)}


def order(index: ScoringIndex, utility: np.ndarray) -> list[int]:
    return np.lexsort((index.item_id, -utility.astype(np.float32))).tolist()


@pytest.mark.parametrize("surface", ["home", "search"])
def test_the_top_of_each_request_is_that_of_brute_force(index: ScoringIndex, spec: RankerSpec, surface: str) -> None:
    found = run(index, spec, "ctr + 2 * gctr", surface=surface)
    for query, rows in zip(queries(spec), found.rows, strict=True):
        p = brute_force(index, query, constrained=surface == "home")
        utility = p["ctr"] + 2 * p["gctr"]
        np.testing.assert_allclose(utility[rows], np.sort(utility)[::-1][:40], rtol=1e-5)
    assert found.considered == ITEMS


def test_ties_come_in_the_order_of_their_ids_over_products_and_pieces(index: ScoringIndex, spec: RankerSpec) -> None:
    (rows, _) = run(index, spec, "0 * ctr", top=ITEMS).rows
    assert index.item_id[rows].tolist() == sorted(index.item_id.tolist())


def test_a_tie_at_the_cut_goes_to_the_smaller_id(index: ScoringIndex, spec: RankerSpec) -> None:
    (rows, _) = run(index, spec, "0 * ctr", top=3).rows
    assert index.item_id[rows].tolist() == [b"item 000", b"item 001", b"item 002"]


def test_only_the_asked_product_is_read(index: ScoringIndex, spec: RankerSpec) -> None:
    found = run(index, spec, "ctr", products=("shopping",))
    assert found.considered == 250
    assert set(index.products_of(found.rows[0])) == {"shopping"}


def test_bids_multiply(index: ScoringIndex, spec: RankerSpec) -> None:
    bids = np.ones(ITEMS, np.float32)
    bids[[3, 400]] = 1e6, 1e9
    assert run(index, spec, "ctr * bid", values=RowValues(bids=bids)).rows[0][:2].tolist() == [400, 3]


def test_a_task_that_exists_nowhere_in_the_product_is_0(index: ScoringIndex, spec: RankerSpec) -> None:
    found = run(index, spec, "gctr", products=("shopping",), top=2)
    assert found.rows[0].tolist() == [index.rows["shopping"].start, index.rows["shopping"].start + 1]


def test_only_tasks_of_the_utility_and_their_parents_are_read(index: ScoringIndex, spec: RankerSpec) -> None:
    def tasks(utility: str, surface: str, product: str) -> list[str]:
        parsed = Utility(utility, tasks=("ctr", "gctr"))
        return list(Scorer(index=index, spec=spec, surface=surface, utility=parsed).tasks(product))

    assert tasks("gctr", "home", "standard") == ["ctr", "gctr"]
    assert tasks("gctr", "search", "standard") == ["gctr"]
    assert tasks("gctr", "search", "shopping") == []
    assert tasks("ctr", "home", "standard") == ["ctr"]


def test_a_utility_that_is_no_number_is_refused(index: ScoringIndex, spec: RankerSpec) -> None:
    with pytest.raises(ServingError, match=r"the utility 'gctr / gctr' is not a number for some item on home"):
        run(index, spec, "gctr / gctr")


def test_an_infinite_utility_is_refused_and_minus_infinity_is_last(index: ScoringIndex, spec: RankerSpec) -> None:
    for text in ("ctr / 0", "ctr * exp(100)"):
        with refused("request", text, ServingError, match=r"the utility '.*' is infinite for some item on home"):
            run(index, spec, text)
    both = run(index, spec, "ctr + log(gctr)", top=ITEMS)
    assert set(index.products_of(both.rows[0][-250:])) == {"shopping"}


@pytest.mark.parametrize(("text", "tied"), [("0 * ctr", True), ("ctr", False)])
def test_a_utility_that_orders_nothing_is_said(index: ScoringIndex, spec: RankerSpec, text: str, tied: bool) -> None:
    scorer = Scorer(index=index, spec=spec, surface="home", utility=Utility(text, tasks=("ctr", "gctr")))
    query = np.ones(spec.width, np.float32)
    ranking = rank_rows(scorer, query, np.arange(20), top=5)
    said = (f"the utility {text!r} is 0 for all 5 items here: their order is that of their ids",)
    assert all_tied(ranking, scorer) == (said if tied else ())
    assert all_tied(rank_rows(scorer, query, np.arange(1), top=5), scorer) == ()
