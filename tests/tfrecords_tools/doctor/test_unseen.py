"""Tests of tfrecords_tools/doctor/unseen.py."""

import dataclasses

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import SCHEMA, table
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.doctor.unseen import examine


def _brands(*brands: bytes, schema=SCHEMA) -> Table:
    def change(data):
        data["item"]["brand"] = np.resize(np.array(brands, object), len(data["owner"]))

    return table(change, schema=schema)


def _said(train: Table, held: Table) -> list[str]:
    return [finding.said for finding in examine(train, dataclasses.replace(held, split="eval"))]


def test_the_share_and_the_most_frequent_new_token_are_named() -> None:
    held = _brands(b"a", b"new", b"new", b"newer")
    assert _said(_brands(b"a", b"b"), held) == [
        "item/brand: 75% of its tokens in eval are not among the 2 that train has, such as 'new'"
    ]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ([b"a", b"b"], [b"a"]),  # gone is not new
        ([b"a"], [b"a"] * 39 + [b"new"]),  # one of 40
        ([b"a%d" % n for n in range(101)], [b"b%d" % n for n in range(101)]),  # ids
    ],
)
def test_few_new_ones_and_ids_are_left_in_peace(before: list[bytes], after: list[bytes]) -> None:
    assert _said(_brands(*before), _brands(*after)) == []


def test_tokens_that_are_missing_do_not_count() -> None:
    def change(data):
        data["item"]["brand"] = np.full(len(data["owner"]), b"new", object)
        data["item_mask"][:, 0] = False

    assert _said(_brands(b"a"), table(change)) == []
