"""Tests of mtmd_tf/heavyweight/labels/tower_features.py."""

import dataclasses
import pathlib
import shutil
import types
from unittest import mock

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.labels import labeling, tower_features
from mtmd_tf.heavyweight.labels.finished import labeler_of
from mtmd_tf.heavyweight.labels.output import Output
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.labels.tower_features import TowerFeatures, with_tower_features
from mtmd_tf.score_features import ScoreFeature
from mtmd_tf.serving.specification import RankerSpec
from tests.mtmd_tf.heavyweight.labels.test_labeling import MODEL, TRAIN
from tests.mtmd_tf.serving.world import World
from tests.mtmd_tf.small import to_batch
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.partition import Partition

DAYS = tuple(f"2017-03-{day:02d}" for day in range(1, 10))


def known_to(world: World, out: pathlib.Path, last_day: str) -> pathlib.Path:
    """A copy of the export that says so."""
    shutil.copytree(world.exports, out)
    dataclasses.replace(RankerSpec.load(out), last_day=last_day).write(out)
    return out


@pytest.fixture(scope="module")
def early(world: World, tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """An export that learned from the first day."""
    return known_to(world, tmp_path_factory.mktemp("towers") / "exports", "2017-03-01")


def test_features_are_the_models_logits_and_the_towers_embeddings(world: World, early: pathlib.Path) -> None:
    requests = tiny_requests().rows(2, 4)  # of days 2 and 3
    towers = TowerFeatures(early, embeddings=True)
    columns, mask = towers(requests)
    logits = world.model.logits(to_batch(requests, schema=tiny_schema()))
    assert [feature.name for feature in towers.features] == ["tower_ctr", "tower_gctr", "tower_query", "tower_item"]
    for task in ("ctr", "gctr"):
        np.testing.assert_allclose(columns[f"tower_{task}"], logits[task].numpy(), atol=1e-5)
    assert columns["tower_query"].shape == columns["tower_item"].shape == (5, 24)
    assert mask[:, 0].all()
    assert mask[:, 1].tolist() == [True, False, False, True, False]  # gctr exists for standard: a, c
    assert mask[:, 2:].all()


def test_a_slice_that_the_towers_have_seen_no_label_of_has_no_logit(world: World, tmp_path: pathlib.Path) -> None:
    exports = known_to(world, tmp_path / "exports", "2017-03-01")
    pairs = {"standard": {"ctr": 5, "gctr": 0}, "shopping": {"ctr": 0}}
    dataclasses.replace(RankerSpec.load(exports), trained={"home": pairs, "search": pairs}).write(exports)
    _, mask = TowerFeatures(exports)(tiny_requests().rows(2, 4))
    assert mask.tolist() == [[True, False], [False, False], [False, False], [True, False], [False, False]]


def test_a_request_of_a_day_that_the_towers_learned_from_has_no_features(early: pathlib.Path) -> None:
    with pytest.raises(
        ConfigError, match=r"day 2017-03-01: the towers \w+ learned from days up to 2017-03-01; a request"
    ):
        TowerFeatures(early)(tiny_requests())


@given(last=st.integers(0, 8), first=st.integers(0, 5))
def test_towers_that_learned_from_a_day_of_the_ranker_are_refused(last: int, first: int) -> None:
    towers = types.SimpleNamespace(
        spec=types.SimpleNamespace(last_day=DAYS[last]), _exports="exports/hf", _partition=Partition()
    )
    period = Period(learn=DAYS[first : first + 1], held_out=DAYS[first + 1 : first + 2], label=DAYS[first + 2 :])
    if last < first:
        TowerFeatures.require_earlier(towers, period, train_days=DAYS)
        return
    way = (
        f"--first_day={DAYS[last + 1]} leaves {8 - last} day"
        if last < 8
        else "take towers that were trained on earlier"
    )
    with pytest.raises(
        ConfigError, match=f"days up to {DAYS[last]}, and the ranker .* {DAYS[first]} to {DAYS[8]}; .*{way}"
    ):
        TowerFeatures.require_earlier(towers, period, train_days=DAYS)


def test_an_export_that_does_not_say_its_last_day_is_refused(world: World) -> None:
    with pytest.raises(ConfigError, match=r"does not say which day its towers learned from last; export again where"):
        TowerFeatures(world.exports)


def test_towers_and_data_that_are_cut_differently_are_refused(early: pathlib.Path) -> None:
    with pytest.raises(
        ConfigError, match=r"learned up to 2017-03-01, and the data is cut by hour: which came first cannot"
    ):
        TowerFeatures(early, partition=Partition.of("hour"))


def test_a_ranker_learns_with_them_and_leaves_them_out_of_what_it_labels(
    labeled: pathlib.Path, early: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    data, towers = DataSet.open(labeled), TowerFeatures(early)
    with pytest.raises(
        ConfigError, match=r"learned from days up to 2017-03-01, .*: --first_day=2017-03-02 leaves 4 days"
    ):
        with_tower_features(data, tmp_path / "data", towers, period=Period.cut(data.manifest, share=0.6))
    period = Period.cut(data.manifest, share=0.6, first_day="2017-03-02")
    wider = with_tower_features(data, tmp_path / "data", towers, period=period)
    assert wider.manifest.days("train") == DAYS[1:5]
    output = Output(drop=[feature.name for feature in towers.features], towers=towers.origin)
    two = dataclasses.replace(MODEL, members=2)
    labeling.label(wider, tmp_path / "out", run=tmp_path / "run", period=period, model=two, train=TRAIN, output=output)
    out = DataSet.open(tmp_path / "out")
    assert out.schema == data.schema
    assert out.manifest.source["labels"]["origin"]["tower_features"] == {
        "stamp": towers.spec.stamp,
        "last_day": "2017-03-01",
        "embeddings": False,
    }
    with pytest.raises(
        ConfigError, match=r"another schema than .*: it reads \['cross/tower_ctr', 'cross/tower_gctr'\] too"
    ):
        labeler_of(tmp_path / "run", data)


def test_data_of_another_schema_is_refused(early: pathlib.Path) -> None:
    data = mock.Mock()
    data.manifest.check_schema.side_effect = ValueError("another schema")
    with pytest.raises(ValueError, match="another schema"):
        tower_features.with_tower_features(data, pathlib.Path("out"), TowerFeatures(early), period=mock.Mock())


def test_a_logit_has_the_term_of_score_features(early: pathlib.Path, tmp_path: pathlib.Path) -> None:
    shutil.copytree(early, tmp_path / "exports")
    seen = ScoreFeature(
        name="seen",
        log1p=False,
        mean=0.0,
        scale=1.0,
        weight={"ctr": 0.5, "gctr": 0.0},
        missing={"ctr": 7.0, "gctr": 0.0},
    )
    dataclasses.replace(RankerSpec.load(early), score_features=(seen,)).write(tmp_path / "exports")
    requests = tiny_requests().rows(2, 4)  # `seen` is 2, 0, 0, 1, 3, and there for all
    (with_term, _), (without, _) = (TowerFeatures(folder)(requests) for folder in (tmp_path / "exports", early))
    np.testing.assert_allclose(with_term["tower_ctr"] - without["tower_ctr"], [1.0, 0.0, 0.0, 0.5, 1.5], atol=1e-5)
    np.testing.assert_allclose(with_term["tower_gctr"], without["tower_gctr"], atol=1e-6)
