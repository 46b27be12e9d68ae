"""What two towers need is said by `convert`, in a second, and not by train.py after labels were made."""

import dataclasses

import pytest

from tests import odd
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.convert import convert
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_rules import SchemaError
from tfrecords_tools.schema_towers import require_towers, without_features


def without(side: str) -> Schema:
    schema = tiny_schema()
    return dataclasses.replace(schema, features=tuple(f for f in schema.features if f.side != side))


@pytest.mark.parametrize("side", ["query", "item"])
def test_a_side_without_a_feature_is_refused(side, tmp_path) -> None:
    wanted = f"schema 'tiny' has no {side} feature: the {side} tower needs at least one"
    (tmp_path / "schema.json").write_text(without(side).to_json(), encoding="utf-8")
    with pytest.raises(SchemaError, match=wanted):
        convert(tmp_path / "out", schema=tmp_path / "schema.json", inputs=[str(tmp_path / "none.csv")])
    assert not (tmp_path / "out").exists()


def test_a_schema_without_cross_features_is_fine() -> None:
    require_towers(without("cross"))


def test_a_product_without_a_task_is_refused() -> None:
    schema = tiny_schema()
    tasks = tuple(dataclasses.replace(task, products=("standard",)) for task in schema.tasks)
    with pytest.raises(SchemaError, match="no task exists for the product 'shopping'; it needs at least one"):
        require_towers(dataclasses.replace(schema, tasks=tasks))


@pytest.mark.parametrize("shape", odd.every_lack(), ids=str)
def test_what_lacks_a_kind_has_what_towers_need(shape) -> None:
    require_towers(odd.odd_schema(shape))


def test_domains_without_a_feature_are_named() -> None:
    schema = tiny_schema()
    features = tuple(f for f in schema.features if f.name in ("words", "brand"))
    assert without_features(dataclasses.replace(schema, features=features)) == {"surface": ["home"], "product": []}
