"""Which names of a setting are numbers of a pair; others are refused in one line that lists the choices."""

import dataclasses

import pytest

from mtmd_tf.config import ConfigError, ModelConfig
from mtmd_tf.config.score_features import numbers_named
from tests.tfrecords_tools.tiny import tiny_schema


def test_a_name_with_or_without_its_side():
    assert [feature.key for feature in numbers_named(["cross/seen"], tiny_schema())] == ["cross/seen"]
    assert numbers_named(["seen"], tiny_schema()) == numbers_named(["cross/seen"], tiny_schema())
    assert numbers_named([], tiny_schema()) == ()


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["sen"], r"score_features: 'sen' is no feature; it must be a number of a pair of schema 'tiny', cross/NAME; "),
        (["bought"], r"'bought' is a categorical feature; .* it has \['cross/seen'\]\."),
        (["query/age"], r"'query/age' is a feature of the query, which its tower reads; .* it has \['cross/seen'\]\."),
        (["item/price"], r"'item/price' is a feature of the item, which its tower reads"),
        (["seen", "cross/seen"], r"score_features: cross/seen comes twice\."),
    ],
)
def test_what_is_no_number_of_a_pair_is_refused_with_the_choices(names, message):
    with pytest.raises(ConfigError, match=message):
        ModelConfig(score_features=tuple(names)).task_configs(tiny_schema())


def test_a_schema_without_such_numbers_says_so():
    schema = tiny_schema()
    bare = dataclasses.replace(schema, features=tuple(f for f in schema.features if f.side != "cross"))
    with pytest.raises(ConfigError, match=r"'seen' is no feature; .*; it has none\."):
        numbers_named(["seen"], bare)
