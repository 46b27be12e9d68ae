import dataclasses
import json

import pytest

from mtmd_tf.config import ConfigError, ModelConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import requirements


def test_the_last_days_are_held_out(labeled):
    days, held_out = requirements.split_days(DataSet.open(labeled), held_out=2)
    assert (days[-1], held_out) == ("2017-03-03", ["2017-03-04", "2017-03-05"])


def test_some_day_must_be_left(labeled):
    data = DataSet.open(labeled)
    with pytest.raises(ConfigError, match=r"^the training split of \S+ has 5 days; --held_out_days=5 leaves none"):
        requirements.split_days(data, held_out=5)
    train = data.manifest.splits["train"]
    splits = {"train": {**train, "shards": train["shards"][:1]}}
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, splits=splits))
    with pytest.raises(ConfigError, match=r"has 1 day; --held_out_days=1 leaves none .* \(--partition=hour\)\.$"):
        requirements.split_days(data, held_out=1)


def test_an_unknown_surface_lists_the_surfaces(labeled):
    with pytest.raises(ConfigError, match=r"no surface 'feed' in .*; it has \['home', 'search'\]"):
        requirements.require_surface(DataSet.open(labeled), "feed")


def test_a_task_without_a_label_in_training_is_refused(labeled):
    data = DataSet.open(labeled)
    splits = json.loads(json.dumps(data.manifest.splits))
    for by_product in splits["train"]["slices"].values():
        for entry in by_product.values():
            if "gctr" in entry["tasks"]:
                entry["tasks"]["gctr"]["labeled"] = 0
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, splits=splits))
    requirements.require_labels(data, ["ctr"])
    with pytest.raises(ConfigError, match=r"no pair of the training split has a label/gctr; .* with --tasks=ctr\."):
        requirements.require_labels(data, ["ctr", "gctr"])


def test_an_empty_training_split_is_refused_with_its_cause(labeled):
    data = DataSet.open(labeled)
    splits = {**data.manifest.splits, "train": {**data.manifest.splits["train"], "requests": 0}}
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, splits=splits))
    wanted = r"the training split is empty, as eval begins at 2017-03-\d\d; convert the logs again with a later"
    with pytest.raises(ConfigError, match=wanted):
        requirements.require_labels(data, ["ctr"])


def test_a_score_feature_without_a_value_in_training_is_refused(labeled):
    data = DataSet.open(labeled)
    seen = ModelConfig(score_features=("seen",)).score_columns(data.schema)
    requirements.require_numbers(data, seen)
    statistics = data.manifest.statistics | {"cross/seen": {"present": 0}}
    data = dataclasses.replace(data, manifest=dataclasses.replace(data.manifest, statistics=statistics))
    with pytest.raises(ConfigError, match=r"score_features: no training pair of .* has a value of cross/seen\."):
        requirements.require_numbers(data, seen)
