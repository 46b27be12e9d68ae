"""Tests of mtmd_tf/serving/ranking/ranker.py."""

import dataclasses
import json
import pathlib
import re
import shutil

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from mtmd_tf.config import ConfigError, RankConfig
from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.part_files import METADATA_KEY
from mtmd_tf.serving.ranking.find import find_request
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import ServingError
from tests.mtmd_tf.serving.world import World
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.digests import with_digest

HOME = {"country": "fr", "age": 30, "visits": 2.0, "taste": [1.0, 0.0]}


@pytest.fixture(scope="module")
def ranker(world: World) -> Ranker:
    return Ranker(world.exports, world.embeddings)


@pytest.mark.parametrize("request_row", [0, 1, 2, 3])
def test_the_probabilities_are_the_models(world: World, ranker: Ranker, request_row: int) -> None:
    requests, schema = tiny_requests(), tiny_schema()  # rows 1 and 3 are on search, which is unconstrained
    batch = to_batch(requests, schema=schema)
    wanted = {task: np.exp(log.yes) for task, log in world.model(batch).items()}
    features = to_rows(schema.features_of("query"), requests.query, requests.query_mask)[request_row]
    pairs = np.flatnonzero(batch.request == request_row)
    candidates = [batch.item_id.numpy()[pair].decode() for pair in pairs]
    ranking = ranker.rank(schema.surfaces[requests.surface[request_row]], features, candidates=candidates)
    order = [candidates.index(item) for item in ranking.item_id]
    np.testing.assert_allclose(ranking.probability["ctr"], wanted["ctr"][pairs][order], rtol=1e-5)
    exists = np.array([product == "standard" for product in ranking.product])
    np.testing.assert_array_equal(np.isnan(ranking.probability["gctr"]), ~exists)
    np.testing.assert_allclose(ranking.probability["gctr"][exists], wanted["gctr"][pairs][order][exists], rtol=1e-5)


def test_the_top_is_the_best_of_all_by_brute_force(world: World, ranker: Ranker) -> None:
    ranking = ranker.rank("home", HOME, utility="ctr + 3 * gctr", top=3)
    (query,), utility = ranker.embed_queries("home", [HOME]), {}
    table = pq.read_table(world.embeddings / "part-00000-of-00001.parquet").to_pylist()
    for row in table:
        embedding = np.array(row["embedding"])
        ctr = 1 / (1 + np.exp(-float(query[:14] @ embedding[:14])))
        gctr = ctr / (1 + np.exp(-float(query[14:] @ embedding[14:])))
        utility[row["item_id"]] = ctr + (3 * gctr if row["product"] == "standard" else 0)
    best = sorted(utility, key=lambda item: -utility[item])[:3]
    assert ranking.item_id == best
    np.testing.assert_allclose(ranking.utility, [utility[item] for item in best], rtol=1e-5)
    assert ranking.considered == 4


def test_a_product_can_be_asked_for(ranker: Ranker) -> None:
    ranking = ranker.rank("home", HOME, product="shopping")
    assert sorted(ranking.item_id) == ["b", "d"]
    assert set(ranking.product) == {"shopping"}


def test_bids_multiply(ranker: Ranker) -> None:
    plain = ranker.rank("home", HOME, candidates=["d", "a"], utility="ctr")
    utility = dict(zip(plain.item_id, plain.utility, strict=True))
    ranking = ranker.rank("home", HOME, candidates=["d", "a"], bids=np.array([1000.0, 2.0]), utility="bid * ctr")
    assert ranking.item_id == ["d", "a"]
    np.testing.assert_allclose(ranking.utility, [1000 * utility["d"], 2 * utility["a"]], rtol=1e-6)


def test_bids_follow_their_candidates_through_the_product_filter(ranker: Ranker) -> None:
    plain = ranker.rank("home", HOME, candidates=["b"], utility="ctr")
    request = {"candidates": ["a", "b"], "bids": np.array([5.0, 7.0]), "product": "shopping"}
    ranking = ranker.rank("home", HOME, **request, utility="bid * ctr")
    assert ranking.item_id == ["b"]
    np.testing.assert_allclose(ranking.utility, 7 * plain.utility, rtol=1e-6)


def test_the_time_is_told_by_parts(ranker: Ranker) -> None:
    seconds = ranker.rank("home", HOME).seconds
    assert list(seconds) == ["features", "query tower", "dot products", "formula and top K", "ids"]
    assert min(seconds.values()) > 0


def test_a_request_of_the_data_set_is_found_and_ranked(world: World, ranker: Ranker) -> None:
    request = find_request(world.data, surface="search")
    assert len(ranker.rank(request.surface, request.features, top=2).item_id) == 2


@pytest.mark.parametrize(
    ("surface", "features", "arguments", "message"),
    [
        ("moon", {}, {}, r"no surface 'moon'; the export has \['home', 'search'\]"),
        (
            "home",
            {"words": ["red"]},
            {},
            r"no feature 'words' on surface home; it has \['country', 'age', 'visits', 'taste'\]",
        ),
        ("home", {}, {"product": "video"}, r"no product 'video'; the export has \['standard', 'shopping'\]"),
        ("home", {}, {"candidates": ["a", "z"]}, r"no embedding of item 'z' among 4 items"),
        ("home", {}, {"bids": np.ones(3), "utility": "bid * ctr"}, r"bids: one for each of 4 items; it has 3"),
        ("home", {}, {"bids": np.ones(4)}, r"bids are given, but the utility 'ctr \+ gctr' does not name bid"),
        ("home", {}, {"utility": "bid * ctr"}, r"the utility 'bid \* ctr' needs bids, and the request has none"),
    ],
)
def test_what_the_export_lacks_is_refused_with_the_choices(
    ranker: Ranker, surface: str, features: dict, arguments: dict, message: str
) -> None:
    with pytest.raises(ServingError, match=message):
        ranker.rank(surface, features, **arguments)


def test_a_utility_of_another_task_is_refused_with_the_tasks(ranker: Ranker) -> None:
    with pytest.raises(ConfigError, match=r"no name 'cvr'; it has \['ctr', 'gctr', 'bid'\]"):
        ranker.rank("home", HOME, utility="cvr")


def test_bids_are_aligned_with_the_index(ranker: Ranker) -> None:
    bids = ranker.align_bids(["d", "a", "b", "c"], np.array([4, 1, 2, 3]))
    assert bids.tolist() == [1, 3, 2, 4]  # standard a and c, then shopping b and d
    ranking = ranker.rank("home", HOME, bids=bids, utility="bid + 0 * ctr")
    assert ranking.item_id == ["d", "c", "b", "a"]


def test_a_batch_is_its_requests_one_at_a_time(ranker: Ranker) -> None:
    bids = np.array([1, 2, 3, 4], np.float32)
    search = {"country": "us", "words": ["red"]}
    requests = [
        RankRequest(surface="home", features=HOME, bids=bids),
        RankRequest(surface="search", features=search, bids=bids),
        RankRequest(surface="home", features={}, bids=bids),
        RankRequest(surface="search", features=search, candidates=["d", "b", "a"], bids=bids[:3]),
        RankRequest(surface="home", features=HOME, bids=bids, product="shopping"),
    ]
    together = ranker.rank_batch(requests, top=3, utility="bid * ctr")
    for request, ranking in zip(requests, together, strict=True):
        alone = ranker.rank_batch([request], top=3, utility="bid * ctr")[0]
        assert (ranking.item_id, ranking.considered) == (alone.item_id, alone.considered)
        np.testing.assert_allclose(ranking.utility, alone.utility, rtol=1e-5)
    assert [len(ranking.item_id) for ranking in together] == [3, 3, 3, 3, 2]


def test_no_requests_have_no_rankings(ranker: Ranker) -> None:
    assert ranker.rank_batch([]) == []


@pytest.mark.parametrize("storage", ["bfloat16", "int8"])
def test_a_compact_storage_ranks_nearly_as_float32(world: World, ranker: Ranker, storage: str) -> None:
    compact = Ranker.of(RankConfig(storage=storage), exports=world.exports, embeddings=world.embeddings)
    assert compact.items.storage == storage
    exact, ranking = ranker.rank("home", HOME), compact.rank("home", HOME)
    utility = dict(zip(exact.item_id, exact.utility, strict=True))
    np.testing.assert_allclose(ranking.utility, [utility[item] for item in ranking.item_id], rtol=0.03)


def test_the_approximate_index_finds_all_of_a_few_items(ranker: Ranker) -> None:
    pytest.importorskip("usearch")
    exact, found = (ranker.rank("home", HOME, approximate=approximate) for approximate in (False, True))
    assert found.item_id == exact.item_id
    assert ranker.rank("home", HOME, approximate=True, product="shopping").considered == 2


def test_a_served_tower_of_another_export_is_refused_with_both_stamps(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Ranker(world.exports, world.embeddings)
    outputs = {"stamp": np.array([b"feedfeedfeedfeed"], object), "embedding": np.zeros((1, 24), np.float32)}
    monkeypatch.setattr(other._queries, "_tower", lambda features, *, surface: outputs)
    stamp = other.spec.stamp
    with pytest.raises(ServingError, match=rf"carries the stamp feedfeedfeedfeed, the embeddings {stamp}; serve the"):
        other.rank("home", HOME)


def test_stale_embeddings_are_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "stale")
    manifest = json.loads((tmp_path / "stale/manifest.json").read_text())
    edit(tmp_path / "stale/manifest.json", stamp="0123456789abcdef")
    with pytest.raises(ServingError, match=rf"stamp 0123456789abcdef, the exported towers {manifest['stamp']}; embed"):
        Ranker(world.exports, tmp_path / "stale")


def test_a_part_of_another_export_is_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "mixed", ignore=shutil.ignore_patterns("index"))
    stamp = restamp(tmp_path / "mixed", "0123456789abcdef")
    with pytest.raises(ServingError, match=rf"parquet carries the stamp 0123456789abcdef, the exported towers {stamp}"):
        Ranker(world.exports, tmp_path / "mixed")


def test_a_query_tower_of_another_export_is_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    shutil.copytree(world.embeddings, tmp_path / "embeddings")
    stamp = restamp(tmp_path / "embeddings", "0123456789abcdef")
    for path in (tmp_path / "exports/ranker.json", tmp_path / "embeddings/manifest.json"):
        edit(path, stamp="0123456789abcdef")
    with pytest.raises(
        ServingError, match=rf"query_tower/1 carries the stamp {stamp}, but ranker.json says 0123456789abcdef"
    ):
        Ranker(tmp_path / "exports", tmp_path / "embeddings")


def edit(path: pathlib.Path, **changes) -> None:
    """Changes a file with a digest, and the digest with it."""
    path.write_text(json.dumps(with_digest(json.loads(path.read_text()) | changes)))


def restamp(folder: pathlib.Path, stamp: str) -> str:
    """Gives the one part of some embeddings another stamp; returns the old one."""
    part = folder / "part-00000-of-00001.parquet"
    table = pq.read_table(part)
    made_of = json.loads(table.schema.metadata[METADATA_KEY])
    changed = json.dumps(made_of | {"stamp": stamp}).encode()
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: changed}), part)
    edit(folder / "manifest.json", parts=[{"path": part.name, "items": 4, "checksum": checksum(part.read_bytes())}])
    return made_of["stamp"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"bids": np.array([1, 2, np.inf, 1])}, r"bid: finite and at least 0; it is inf \(item b\)"),
        ({"bids": np.array([1, np.nan, 2, 1])}, r"bid: finite and at least 0; it is nan \(item c\)"),
        ({"bids": np.array([1, -5]), "candidates": ["d", "a"]}, r"bid: finite and at least 0; it is -5 \(item a\)"),
        ({"bids": np.ones(3), "candidates": ["d", "a", "d"]}, r"candidates: item d comes twice"),
    ],
)
def test_bids_and_candidates_keep_a_logs_rules(ranker: Ranker, arguments: dict, message: str) -> None:
    with pytest.raises(ServingError, match=message):
        ranker.rank("home", HOME, **arguments, utility="bid * ctr")


@pytest.mark.parametrize("approximate", [False, True])
def test_a_condition_keeps_what_may_be_shown(ranker: Ranker, approximate: bool) -> None:
    if approximate:
        pytest.importorskip("usearch")
    whole = ranker.rank("home", HOME)
    ranking = ranker.rank("home", HOME, where="item/brand in (1, 9) or item/price == 3", approximate=approximate)
    assert ranking.item_id == [item for item in whole.item_id if item != "b"]
    assert ranking.considered == 3
    np.testing.assert_array_equal(ranking.utility, np.delete(whole.utility, whole.item_id.index("b")))
    assert ranker.rank("home", HOME, where="item/brand == 77", approximate=approximate).item_id == []


def test_a_condition_limits_candidates_and_products_too(ranker: Ranker) -> None:
    where = "item/brand in (1, 2, 9)"
    bids = np.array([1.0, 2.0, 3.0])
    ranking = ranker.rank(
        "home", HOME, candidates=["d", "c", "b"], bids=bids, where=where, utility="bid + 0 * ctr", top=2
    )
    assert (ranking.item_id, ranking.utility.tolist()) == (["b", "d"], [3, 1])
    assert ranker.rank("home", HOME, product="standard", where=where).item_id == ["a"]


def test_a_condition_on_the_request_is_of_each_request(ranker: Ranker) -> None:
    requests = [
        RankRequest(surface="home", features={"country": country, "age": 1.0}, where="item/id == query/country")
        for country in ("a", "d", None)
    ]
    rankings = ranker.rank_batch(requests)
    assert [ranking.item_id for ranking in rankings] == [["a"], ["d"], []]
    assert rankings[0].warnings == ()
    assert rankings[2].warnings == (
        "the request has no query/country, for which the condition 'item/id == query/country' asks",
    )


def test_a_condition_on_what_a_surface_never_has_is_refused(ranker: Ranker) -> None:
    with pytest.raises(
        ServingError, match=r"query/words does not exist on home, which has \['query/country', 'query/age'"
    ):
        ranker.rank("home", HOME, where="item/id in query/words")


def test_a_request_without_a_feature_is_said(ranker: Ranker) -> None:
    own = ranker.spec.schema.features_of("query", domain="home")
    (warning,) = ranker.rank("home", {own[0].name: None}, top=2).warnings
    assert warning.startswith(f"the request has none of the features of home, {own[0].name}")
    assert warning.endswith(": all are missing")


def test_features_that_training_requests_had_are_said_where_they_lack(world: World) -> None:
    ranker = Ranker(world.exports, world.embeddings)
    ranker.spec = dataclasses.replace(ranker.spec, usual={"home": ["country", "age", "visits"], "search": []})
    assert ranker.rank("home", {"country": "fr", "visits": 1.0, "age": 30}).warnings == ()  # taste is often missing
    (warning,) = ranker.rank("home", {"visits": 1.0, "age": float("nan")}).warnings
    assert warning.startswith("the request lacks country, age, which at least 99% of the training requests on home had")
    assert ranker.rank("search", {"country": "fr"}).warnings == ()
    assert "none of the features of home" in ranker.rank("home", {}).warnings[0]


def test_slices_without_training_labels_are_named(world: World) -> None:
    ranker = Ranker(world.exports, world.embeddings)
    seen = {"standard": {"ctr": 5, "gctr": 0}, "shopping": {"ctr": 0}}
    ranker.spec = dataclasses.replace(ranker.spec, trained={"home": seen, "search": seen})
    assert ranker.rank("home", HOME, utility="ctr").warnings == (
        "home x shopping had no training label of ctr: the 2 of its items here are ranked by a guess from the other "
        "slices",
    )
    assert ranker.rank("home", HOME, utility="ctr", product="standard").warnings == ()
    assert len(ranker.rank("home", HOME).warnings) == 2


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        ({"top": 0}, "top: a whole number of at least 1; it is 0"),
        ({"top": -1}, "top: a whole number of at least 1; it is -1"),
        ({"top": 1.5}, "top: a whole number of at least 1; it is 1.5"),
        ({"top": None}, "top: a whole number of at least 1; it is None"),
        ({"candidates": "ab"}, "candidates: a list of item ids; it is 'ab'"),
        ({"candidates": {"a"}}, "candidates: a list of item ids; it is {'a'}"),
        ({"candidates": 3}, "candidates: a list of item ids; it is 3"),
        ({"candidates": [b"a"]}, "candidates: an item id is text; it is b'a'"),
        ({"candidates": [1]}, "candidates: an item id is text; it is 1"),
        ({"candidates": ["a\0"]}, r"no embedding of item 'a\x00' among 4 items"),
        ({"candidates": ["\ud800"]}, r"an item id: text that UTF-8 can hold; it is '\ud800'"),
        ({"bids": ["1"] * 4}, "bids: a list of numbers, one for each item; it is ['1', '1', '1', '1']"),
        ({"bids": [None, 1.0, 1.0, 1.0]}, "bids: a list of numbers, one for each item; it is [None, 1.0, 1.0, 1.0]"),
        ({"bids": [True] * 4}, "bids: a list of numbers, one for each item; it is [True, True, True, True]"),
        ({"bids": 1.0}, "bids: a list of numbers, one for each item; it is 1.0"),
        ({"bids": [[1.0], []]}, "bids: a list of numbers; some of them are lists"),
        ({"where": "item/id == '\ud800'"}, "is not understood; it may hold item/<feature>"),
    ],
)
def test_an_argument_of_another_type_is_named(ranker: Ranker, limits: dict, message: str) -> None:
    utility = "ctr * bid" if "bids" in limits else "ctr"
    with pytest.raises((ServingError, ConfigError), match=re.escape(message)):
        ranker.rank("home", HOME, utility=utility, **limits)


def test_candidates_and_bids_are_any_ordered_column(ranker: Ranker) -> None:
    bids = {"a": 1.0, "b": 9.0, "d": 2.0}
    wanted = ranker.rank("home", HOME, utility="ctr * bid", candidates=[*bids], bids=np.array([*bids.values()]))
    columns = [(tuple(bids), [*bids.values()]), (np.array([*bids]), tuple(bids.values()))]
    columns += [(pd.Series(bids).sort_values().index, pd.Series(bids).sort_values()), (iter(bids), [*bids.values()])]
    for candidates, own in columns:
        found = ranker.rank("home", HOME, utility="ctr * bid", candidates=candidates, bids=own)
        assert (found.item_id, found.utility.tolist()) == (wanted.item_id, wanted.utility.tolist())
