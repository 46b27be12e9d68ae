"""Exports as arms: the ranker's own probabilities, faults, and what is refused."""

import dataclasses
import shutil

import numpy as np
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.score_features import ScoreFeature
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.simulation.blocks import Prepared, Preparer, Span
from mtmd_tf.simulation.simulate import simulate
from mtmd_tf.simulation.world_of import corpus_of, world_of
from tests.mtmd_tf.simulation.exported import Exported, make_exported
from tests.mtmd_tf.simulation.test_simulate import read
from tests.mtmd_tf.simulation.world import small_plan, small_world
from tfrecords_tools.sources.adworld.names import SURFACES
from tfrecords_tools.sources.adworld.schema import SCHEMA


@pytest.fixture(scope="module")
def exported(tmp_path_factory) -> Exported:
    return make_exported(tmp_path_factory.getbasetemp())


FAULTS = {
    "own": "",
    "stale": ";stale={0}+{0}",
    "missing": ";missing=category",
    "int8": ";storage=int8",
    "approximate": ";approximate",
}
ROWS = np.arange(12)


@pytest.fixture(scope="module")
def prepared(exported) -> tuple[Preparer, Prepared]:
    """Twelve requests, scored by an arm for each fault."""
    pytest.importorskip("usearch")
    arms = [f"{name}={exported.pair}{fault.format(exported.embeddings)}" for name, fault in FAULTS.items()]
    preparer = Preparer(small_plan(*arms))
    return preparer, preparer(Span(day=0, start=0, stop=12, rows=dict.fromkeys(range(len(arms)), ROWS)))


@pytest.fixture(scope="module")
def scores(prepared) -> dict[str, np.ndarray]:
    return {
        name: np.stack([prepared[1].scores[number].paid, prepared[1].scores[number].organic])
        for number, name in enumerate(FAULTS)
    }


@pytest.mark.parametrize("storage", ["float32", "int8"])
def test_probabilities_are_the_rankers_own(exported, prepared, storage):
    """Of listed candidates: int8 has both digits there, which are 254 times nearer to float32 than one."""
    preparer, block = prepared
    own = block.scores[{"float32": 0, "int8": list(FAULTS).index("int8")}[storage]]
    ranker = Ranker(exported.exports, exported.embeddings, storage=storage, threads=1)
    columns, mask = preparer.traffic.query(0)
    features = to_rows(SCHEMA.features_of("query"), columns, mask)
    for row in ROWS:
        ids = [f"a{ad:06d}" for ad in block.candidate[row]]
        surface = SURFACES[preparer.traffic.day(0).visits.surface[row]]
        conversion = np.isin(small_world().ads.objective[block.candidate[row]], (2, 3)).astype(np.float32)
        for values, utility, bids in (
            (own.paid, "25 * bid * cvr + (1 - bid) * ctr", conversion),  # the bid says whose goal it is
            (own.organic, "0.1*gctr + 0.05*repin - 0.5*hide", None),
        ):
            ranking = ranker.rank(surface, features[row], candidates=ids, top=60, utility=utility, bids=bids)
            wanted = dict(zip(ranking.item_id, ranking.utility, strict=True))
            assert dict(zip(ids, values[row].tolist(), strict=True)) == pytest.approx(wanted, rel=1e-4, abs=1e-7)


def test_stale_embeddings_of_today_are_fresh_ones(scores):
    assert np.allclose(scores["stale"], scores["own"], atol=1e-6)


def test_a_missing_feature_and_coarser_storage_move_scores(scores):
    moved = {name: np.abs(scores[name] - scores["own"]).max() for name in ("int8", "missing")}
    assert 0 < moved["int8"] < moved["missing"]


def test_an_approximate_index_hands_on_what_it_finds(scores):
    assert 0 < np.isinf(scores["approximate"][1]).mean() < 1


def refused(text: str, rule: str, **plan) -> None:
    with pytest.raises(ServingError, match=rule):
        Preparer(dataclasses.replace(small_plan(text), **plan))


def test_no_such_feature_is_refused(exported):
    refused(f"a={exported.pair};missing=color", r"arm 'a': no item feature 'color'; there is \['ad_id'")


def test_several_exports_each_need_their_slices(exported):
    pair = exported.pair
    refused(f"a={pair},{pair}", "of its exports was trained on the slice home_feed/standard; give one for each slice")


def test_another_schema_is_refused(exported, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(exported.exports, folder)
    spec = RankerSpec.load(folder)
    other = tuple(own for own in SCHEMA.features if own.name != "title_length")
    dataclasses.replace(spec, schema=dataclasses.replace(SCHEMA, features=other)).write(folder)
    refused(
        f"a={folder}:{exported.embeddings}", r"arm 'a': .* is of the schema \w+, the ad world's is \w+; export a model"
    )


def test_an_export_that_scores_by_numbers_of_a_pair_is_refused(exported, tmp_path):
    folder = tmp_path / "other"
    shutil.copytree(exported.exports, folder)
    term = ScoreFeature(name="price_gap", log1p=False, mean=0.0, scale=1.0, weight={}, missing={})
    dataclasses.replace(RankerSpec.load(folder), score_features=(term,)).write(folder)
    refused(
        f"a={folder}:{exported.embeddings}",
        r"arm 'a': .* scores by \['cross/price_gap'\], .*; export a model that was trained without --score_features",
    )


def test_embeddings_of_another_corpus_are_refused(exported):
    rule = r"was made of the item corpus \w+, this world's is 0123456789abcdef; embed the items of this"
    refused(f"a={exported.pair}", rule, corpus="0123456789abcdef")


def test_exports_of_a_data_set_run_against_each_other(exported, tmp_path):
    arms = ("random", f"mtmd={exported.pair}", f"shards={exported.pair};shards=3")
    plan = dataclasses.replace(
        small_plan(*arms, requests=300), world=world_of(exported.data), corpus=corpus_of(exported.data)
    )
    simulate(plan, tmp_path / "one")
    kept = read(tmp_path / "one")["stages"].query("stage == 'lightweight'").set_index("arm")
    assert list(kept.index) == ["random", "mtmd", "shards"]
    assert (kept["recall_50"] > 0).all()
    with pytest.raises(ConfigError, match="arm 'shards': shards must be at most keep, which is 2"):
        Preparer(small_plan(*arms, keep=2))
