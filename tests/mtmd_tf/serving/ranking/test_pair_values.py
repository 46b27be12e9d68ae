"""Ranking by numbers of a pair beside the dot product: as the model scores, and what is refused or warned of."""

import dataclasses
import pathlib

import numpy as np
import pytest

from mtmd_tf.score_features import ScoreFeature
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.item_file import read_candidates
from mtmd_tf.serving.ranking.pair_values import numbers_of, values_of
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.report import report
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.request_file import QueryRequest
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tests.mtmd_tf.serving.spec import small_spec, write_embeddings
from tests.mtmd_tf.serving.world import World
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.schema import Feature

NAN = float("nan")
HOME = {"country": "fr", "age": 30, "visits": 2.0, "taste": [1.0, 0.0]}
ITEMS = ["a", "b", "c", "d"]


@pytest.fixture(scope="module")
def ranker(world_with_term: World) -> Ranker:
    return Ranker(world_with_term.exports, world_with_term.embeddings)


def wanted(world: World, seen: np.ndarray) -> tuple[dict[str, np.ndarray], list]:
    """The model's own probabilities of the tiny requests' pairs with other numbers, and their query features."""
    requests = tiny_requests()
    mask = np.array(requests.cross_mask)
    mask[:, 0] = ~np.isnan(seen)
    cross = requests.cross | {"seen": np.nan_to_num(seen).astype(np.float32)}
    batch = to_batch(dataclasses.replace(requests, cross=cross, cross_mask=mask), schema=tiny_schema(), cross=True)
    features = to_rows(tiny_schema().features_of("query"), requests.query, requests.query_mask)
    return {task: np.exp(log.yes) for task, log in world.model(batch).items()}, features


@pytest.mark.parametrize("seed", range(5))
def test_a_ranker_scores_as_the_model_whatever_the_numbers_and_whichever_are_missing(
    world_with_term: World, ranker: Ranker, seed: int
) -> None:
    random, requests = np.random.default_rng(seed), tiny_requests()
    seen = random.choice([0.0, 1.0, 30.0, 1e6, NAN], 8)
    probability, features = wanted(world_with_term, seen)
    stops = np.cumsum(requests.lengths)
    for row, own in enumerate(features):
        pairs = np.arange(stops[row] - requests.lengths[row], stops[row])
        candidates = [requests.item_id[pair].decode() for pair in pairs]
        surface = tiny_schema().surfaces[requests.surface[row]]
        ranking = ranker.rank(surface, own, candidates=candidates, cross={"seen": seen[pairs]})
        order = pairs[[candidates.index(item) for item in ranking.item_id]]
        np.testing.assert_allclose(ranking.probability["ctr"], probability["ctr"][order], rtol=2e-5)
        standard = np.array(ranking.product) == "standard"
        np.testing.assert_allclose(
            ranking.probability["gctr"][standard], probability["gctr"][order][standard], rtol=2e-5
        )
        assert not ranking.warnings


def test_a_scan_of_all_items_scores_as_a_list_of_them(ranker: Ranker) -> None:
    seen = dict(zip(ITEMS, [5.0, NAN, 0.0, 100.0], strict=True))
    listed = ranker.rank("home", HOME, candidates=ITEMS, cross={"seen": [seen[item] for item in ITEMS]})
    aligned = np.array([seen[item.decode()] for item in ranker.items.item_id.tolist()])
    every = ranker.rank("home", HOME, cross={"seen": aligned})
    assert every.item_id == listed.item_id
    np.testing.assert_allclose(every.utility, listed.utility, rtol=1e-6)
    assert listed.utility[0] != ranker.rank("home", HOME, candidates=ITEMS).utility[0]


def test_requests_with_numbers_of_their_own_are_scored_by_these(ranker: Ranker) -> None:
    requests = [RankRequest(surface="home", features=HOME, cross={"seen": np.full(4, own)}) for own in (0.0, 50.0)]
    first, second = ranker.rank_batch(requests)
    np.testing.assert_array_equal(first.utility, ranker.rank_batch(requests[:1])[0].utility)
    assert not np.allclose(sorted(first.utility), sorted(second.utility))


def test_numbers_follow_their_candidates_through_the_product_filter(ranker: Ranker) -> None:
    alone = ranker.rank("home", HOME, candidates=["b"], cross={"seen": [9.0]})
    both = ranker.rank("home", HOME, candidates=["a", "b"], product="shopping", cross={"seen": [1.0, 9.0]})
    np.testing.assert_array_equal(both.utility, alone.utility)


def test_what_is_not_given_is_missing_and_said(ranker: Ranker) -> None:
    silent = ranker.rank("home", HOME, candidates=ITEMS)
    missing = ranker.rank("home", HOME, candidates=ITEMS, cross={"seen": [None] * 4})
    np.testing.assert_array_equal(silent.utility, missing.utility)
    assert silent.warnings == ("no value of cross/seen is given, by which the export scores: missing for every item",)
    assert missing.warnings == ()


def test_the_approximate_index_says_that_it_searches_without_them(ranker: Ranker) -> None:
    found = ranker.rank("home", HOME, cross={"seen": np.ones(4)}, approximate=True)
    assert found.warnings == ("the approximate index finds items by the dot product alone, without the score features",)


@pytest.mark.parametrize(
    ("cross", "message"),
    [
        ({"sen": [1.0, 2.0]}, r"no score feature 'sen'; the export has \['seen'\]"),
        ({"seen": [1.0]}, r"cross/seen: one number for each of 2 items; it has 1"),
        ({"seen": 1.0}, r"cross/seen: a list of numbers, one for each of 2 items; it is 1\.0"),
        ({"seen": {1.0, 2.0}}, r"cross/seen: a list of numbers, one for each of 2 items; it is \{1\.0, 2\.0\}"),
        ({"seen": [1.0, -2.0]}, r"cross/seen: count_like, so at least 0; it is -2.0"),
        ({"seen": np.array([1.0, np.inf])}, r"cross/seen: a finite number of at most 3.4e38; it is inf"),
        ({"seen": [1.0, "2"]}, r"cross/seen: a number; it is '2'"),
        ({"seen": [1.0, True]}, r"cross/seen: a number; it is True"),
    ],
)
def test_what_breaks_a_rule_is_one_line(ranker: Ranker, cross: dict, message: str) -> None:
    with pytest.raises(ServingError, match=message):
        ranker.rank("home", HOME, candidates=["a", "b"], cross=cross)


def test_an_export_without_score_features_takes_no_numbers(world: World) -> None:
    with pytest.raises(ServingError, match="cross values of 'seen' are given, but the export has no score features"):
        Ranker(world.exports, world.embeddings).rank("home", HOME, candidates=["a"], cross={"seen": [1.0]})


def test_a_value_where_the_feature_cannot_exist_is_refused(tmp_path: pathlib.Path) -> None:
    near = Feature(name="near", side="cross", kind="continuous", dtype="float", products=("shopping",))
    spec = small_spec()
    schema = dataclasses.replace(spec.schema, features=(*spec.schema.features, near))
    term = ScoreFeature(name="near", log1p=False, mean=0.0, scale=1.0, weight={}, missing={})
    spec = dataclasses.replace(spec, schema=schema, score_features=(term,))
    write_embeddings(tmp_path, spec, ITEMS, product=[0, 1, 0, 1])
    items = ScoringIndex.open(tmp_path, spec=spec)

    def values(**given) -> tuple[np.ndarray, ...] | None:
        return values_of(RankRequest(surface="home", features={}, **given), spec=spec, items=items).cross

    np.testing.assert_array_equal(values(candidates=["d", "a"], cross={"near": [2.0, NAN]})[0], [2.0, NAN])
    assert values() is None
    with pytest.raises(ServingError, match=r"cross/near does not exist on home x standard; .* of item 'a'"):
        values(candidates=["d", "a"], cross={"near": [2.0, 3.0]})
    with pytest.raises(ServingError, match=r"cross/near does not exist on home x standard; .* of item 'c'"):
        values(cross={"near": np.array([NAN, 1.0, 1.0, 1.0])})


def test_candidates_bring_their_numbers_in_a_file(
    world_with_term: World, ranker: Ranker, tmp_path: pathlib.Path
) -> None:
    numbers = numbers_of(RankerSpec.load(world_with_term.exports))
    path = tmp_path / "candidates.csv"
    path.write_text("item_id,cross/seen\nd,7\na,\n")
    candidates, cross = read_candidates(path, numbers=numbers)
    assert candidates == ["d", "a"]
    np.testing.assert_array_equal(cross["seen"], [7.0, NAN])
    text = report(ranker, QueryRequest("r", "home", HOME), candidates=candidates, cross=cross)
    assert "Top 2 of 2 items (of 2 candidates)" in text
    assert "Warning" not in text


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("item_id,cross/seen\na,many\n", r"candidates.csv: cross/seen: a number or empty; it is many \(item a\)"),
        ("item_id,cross/seen\na,-1\n", r"candidates.csv: cross/seen: count_like, so at least 0; it is -1.0"),
        ("item_id,seen\na,1\n", r"must have the columns item_id and may have cross/seen; it has \['item_id', 'seen'\]"),
    ],
)
def test_a_file_that_breaks_a_rule_is_one_line(
    ranker: Ranker, tmp_path: pathlib.Path, content: str, message: str
) -> None:
    path = tmp_path / "candidates.csv"
    path.write_text(content)
    with pytest.raises(ServingError, match=message):
        read_candidates(path, numbers=numbers_of(ranker.spec))
