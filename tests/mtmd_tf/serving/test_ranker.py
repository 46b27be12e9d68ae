"""Tests of mtmd_tf/serving/ranker.py."""

import json
import pathlib
import shutil

import numpy as np
import pyarrow.parquet as pq
import pytest

from mtmd_tf.serving.find import find_request
from mtmd_tf.serving.ranker import Ranker, top_rows
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import ServingError
from mtmd_tf.serving.stored import METADATA_KEY
from tests.mtmd_tf.serving.world import World
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema

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


def test_the_top_is_the_best_of_all_by_brute_force(ranker: Ranker) -> None:
    weights = {"ctr": 1.0, "gctr": 3.0}
    ranking = ranker.rank("home", HOME, weights=weights, top=3)
    query, utility = ranker.embed_query("home", HOME), {}
    items = ranker.items
    for item, product, embedding in zip(items.item_id.to_pylist(), items.product, items.embedding, strict=True):
        ctr = 1 / (1 + np.exp(-float(query[:14] @ embedding[:14])))
        gctr = ctr / (1 + np.exp(-float(query[14:] @ embedding[14:])))
        utility[item] = ctr + (3 * gctr if product == 0 else 0)
    best = sorted(utility, key=lambda item: -utility[item])[:3]
    assert ranking.item_id == best
    np.testing.assert_allclose(ranking.utility, [utility[item] for item in best], rtol=1e-5)
    assert ranking.considered == 4


def test_a_product_can_be_asked_for(ranker: Ranker) -> None:
    ranking = ranker.rank("home", HOME, product="shopping")
    assert sorted(ranking.item_id) == ["b", "d"]
    assert set(ranking.product) == {"shopping"}


def test_bids_multiply(ranker: Ranker) -> None:
    plain = ranker.rank("home", HOME, candidates=["d", "a"])
    utility = dict(zip(plain.item_id, plain.utility, strict=True))
    ranking = ranker.rank("home", HOME, candidates=["d", "a"], bids=np.array([1000.0, 2.0]))
    assert ranking.item_id == ["d", "a"]
    np.testing.assert_allclose(ranking.utility, [1000 * utility["d"], 2 * utility["a"]], rtol=1e-6)


def test_bids_follow_their_candidates_through_the_product_filter(ranker: Ranker) -> None:
    plain = ranker.rank("home", HOME, candidates=["b"])
    ranking = ranker.rank("home", HOME, candidates=["a", "b"], bids=np.array([5.0, 7.0]), product="shopping")
    assert ranking.item_id == ["b"]
    np.testing.assert_allclose(ranking.utility, 7 * plain.utility, rtol=1e-6)


def test_the_time_is_told_by_parts(ranker: Ranker) -> None:
    seconds = ranker.rank("home", HOME).seconds
    assert list(seconds) == ["query tower", "dot products", "formula and top K"]
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
        ("home", {}, {"weights": {"cvr": 1.0}}, r"no task 'cvr'; the export has \['ctr', 'gctr'\]"),
        ("home", {}, {"product": "video"}, r"no product 'video'; the export has \['standard', 'shopping'\]"),
        ("home", {}, {"candidates": ["a", "z"]}, r"no embedding of item 'z' among 4 items"),
        ("home", {}, {"bids": np.ones(3)}, r"bids: one for each of 4 items; it has 3"),
    ],
)
def test_what_the_export_lacks_is_refused_with_the_choices(
    ranker: Ranker, surface: str, features: dict, arguments: dict, message: str
) -> None:
    with pytest.raises(ServingError, match=message):
        ranker.rank(surface, features, **arguments)


def test_stale_embeddings_are_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "stale")
    manifest = json.loads((tmp_path / "stale/manifest.json").read_text())
    (tmp_path / "stale/manifest.json").write_text(json.dumps(manifest | {"stamp": "0123456789abcdef"}))
    with pytest.raises(ServingError, match=rf"stamp 0123456789abcdef, the exported towers {manifest['stamp']}; embed"):
        Ranker(world.exports, tmp_path / "stale")


def test_a_part_of_another_export_is_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.embeddings, tmp_path / "mixed")
    stamp = restamp(tmp_path / "mixed/part-00000-of-00001.parquet", "0123456789abcdef")
    with pytest.raises(ServingError, match=rf"parquet carries the stamp 0123456789abcdef, the exported towers {stamp}"):
        Ranker(world.exports, tmp_path / "mixed")


def test_a_query_tower_of_another_export_is_refused_with_both_stamps(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    shutil.copytree(world.embeddings, tmp_path / "embeddings")
    stamp = restamp(tmp_path / "embeddings/part-00000-of-00001.parquet", "0123456789abcdef")
    for path in (tmp_path / "exports/ranker.json", tmp_path / "embeddings/manifest.json"):
        path.write_text(path.read_text().replace(stamp, "0123456789abcdef"))
    with pytest.raises(
        ServingError, match=rf"query_tower/1 carries the stamp {stamp}, but ranker.json says 0123456789abcdef"
    ):
        Ranker(tmp_path / "exports", tmp_path / "embeddings")


def restamp(part: pathlib.Path, stamp: str) -> str:
    """Gives a part another stamp; returns the old one."""
    table = pq.read_table(part)
    made_of = json.loads(table.schema.metadata[METADATA_KEY])
    changed = json.dumps(made_of | {"stamp": stamp}).encode()
    pq.write_table(table.replace_schema_metadata({METADATA_KEY: changed}), part)
    return made_of["stamp"]


def test_ties_keep_their_order() -> None:
    assert top_rows(np.array([1.0, 3.0, 2.0, 3.0, 2.0, 2.0]), 4).tolist() == [1, 3, 2, 4]


def test_a_top_longer_than_the_list_is_the_list() -> None:
    assert top_rows(np.array([1.0, 2.0]), 10).tolist() == [1, 0]
    assert top_rows(np.zeros(0), 10).tolist() == []


def test_the_top_of_many_is_the_head_of_the_sorted() -> None:
    utility = np.random.default_rng(0).permutation(10_000).astype(float)
    assert top_rows(utility, 100).tolist() == np.argsort(-utility)[:100].tolist()
