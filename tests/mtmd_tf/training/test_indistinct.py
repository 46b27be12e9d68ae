"""Tests of mtmd_tf/training/indistinct.py: what it says of a number agrees with what a tower makes of it."""

import pathlib
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.normalization import RunningNorm
from mtmd_tf.training.indistinct import indistinct
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.statistics import Moments


def manifest(*numbers: float, key: str) -> Manifest:
    values = Moments.of(np.array(numbers, np.float32)).to_dict()
    rest: dict[str, Any] = {"schema_fingerprint": "", "source": {}, "columns": (), "splits": {}, "items": {}}
    return Manifest(folder=pathlib.Path(), statistics={key: values}, **rest)


def said(*numbers: float, key: str = "query/age") -> list[str]:
    return indistinct(manifest(*numbers, key=key), tiny_schema())


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        (
            [1e12, 1e12 + 1e6],
            "query/age goes from 9.99999996e+11 to 1.00000098e+12 in training, with a deviation of 4.92e+05: too near",
        ),
        ([1e-25, 3e-25], "query/age goes from 1e-25 to 3e-25 in training, with a deviation of 1e-25: too near"),
        ([1e6, 1e6 + 1], "query/age goes from 1000000 to 1000001 in training, with a deviation of 0.5: too near"),
        ([1.0, 3e30], r"query/age goes from 1 to 3e+30 in training: larger than 1e+19 is 1e+19 to the towers"),
        ([], "query/age has no value in training: values that come later are all the same to the towers"),
    ],
)
def test_numbers_that_are_one_to_a_tower_are_named(numbers: list[float], message: str) -> None:
    [sentence] = said(*numbers)
    assert sentence.startswith(message)


@pytest.mark.parametrize(
    "numbers", [[1e-12, 2e-12], [1e12, 2e12], [7.0, 7.0], [-1e18, 1e18], [0.0], [1.79e9, 1.7901e9]]
)
def test_others_are_not(numbers: list[float]) -> None:
    assert said(*numbers) == []


@pytest.mark.parametrize("center", [1.0, -1e12, 1e6, 1e-12])
@pytest.mark.parametrize("apart", [1e-4, 3e-6])
def test_it_says_so_where_the_normalization_gives_one_value(center: float, apart: float) -> None:
    numbers = np.array([center * (1 - apart), center * (1 + apart)], np.float32)
    layer = RunningNorm()
    normal = layer(tf.constant(numbers[:, None]), tf.ones([2, 1]), training=True).numpy()
    assert (normal[0] == normal[1]) == bool(said(*numbers))


def test_a_count_is_judged_by_its_logarithm() -> None:
    assert said(0.0, 1e30, key="query/visits") == []
    [sentence] = said(1e6, 1e6 + 20, key="query/visits")  # ln 1000001 is 13.8155, and the two differ by 2e-5
    assert "query/visits goes from 1e+06 to 1.00002e+06 in training, with a deviation of 10: too near" in sentence


def test_a_cross_feature_counts_where_the_model_reads_it() -> None:
    [name] = [feature.name for feature in tiny_schema().features_of("cross")][:1]
    empty = manifest(key=f"cross/{name}")
    assert indistinct(empty, tiny_schema()) == []
    assert len(indistinct(empty, tiny_schema(), score_features=[name])) == 1
