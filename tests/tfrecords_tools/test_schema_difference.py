"""How two schemas differ, in words."""

import dataclasses
import pathlib

import pytest

from tests.tfrecords_tools.tiny import EVAL_FROM, a_feature, tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema, Task
from tfrecords_tools.schema_difference import difference
from tfrecords_tools.shards import write_dataset

TINY = tiny_schema()
COLOR = a_feature(name="color", side="item")


def _more(**fields) -> Schema:
    return dataclasses.replace(TINY, **fields)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (TINY, ""),
        (_more(description="for people"), ""),
        (_more(features=(*TINY.features, COLOR)), "item/color in the data alone"),
        (_more(features=TINY.features[1:]), "query/country not in the data"),
        (_more(surfaces=("home", "search", "video")), "surface video in the data alone"),
        (_more(tasks=(*TINY.tasks, Task(name="hide"))), "task hide in the data alone"),
        (_more(surfaces=("search", "home")), "the same names in another order"),
        (_more(name="other"), "the schema with another name"),
        (
            _more(features=(*TINY.features[:1], a_feature(count_like=True), *TINY.features[2:])),
            "query/age with another count_like",
        ),
        (
            _more(features=(*TINY.features, *(a_feature(name=f"x{n}") for n in range(8)))),
            "query/x0 in the data alone, query/x1 in the data alone, query/x2 in the data alone, query/x3 in the data "
            "alone, query/x4 in the data alone and 3 more",
        ),
    ],
)
def test_what_differs_is_named(data: Schema, words: str) -> None:
    assert difference(data, TINY) == words
    assert bool(words) == (data.fingerprint() != TINY.fingerprint())


def test_a_manifest_names_what_its_data_has_more_and_what_to_do(tmp_path: pathlib.Path) -> None:
    source = {"name": "tiny", "arguments": {}}
    manifest = write_dataset(
        tmp_path / "data",
        schema=TINY,
        requests=iter([tiny_requests()]),
        items=tiny_items(),
        eval_from=EVAL_FROM,
        source=source,
    )
    older = _more(features=TINY.features[1:])
    with pytest.raises(DataError, match=r"\(query/country in the data alone\); use the schema that the data set was"):
        manifest.check_schema(older)
    with pytest.raises(
        DataError, match=r"alone\); the export e goes with data of its own .*: train and export on data"
    ):
        manifest.check_schema(older, of="the export e")
    (tmp_path / "data/schema.json").unlink()
    with pytest.raises(DataError, match=r"is [0-9a-f]{16}; use the schema"):
        manifest.check_schema(older)
