"""Tests of mtmd_tf/sizing/start.py."""

import dataclasses

import pytest

from mtmd_tf.config import ModelConfig
from mtmd_tf.sizing.facts import NOMINAL, Domain, Facts, Side
from mtmd_tf.sizing.start import slow_start, start_of


def facts(*, surfaces: int) -> Facts:
    """The data whose start was measured: two products, 8 fields a side, 3 tasks."""
    query, item = (
        Side(fields=8, table_rows=1_000, domains=(Domain(fields=8, descriptors=4, tasks=3),) * count)
        for count in (surfaces, 2)
    )
    return dataclasses.replace(NOMINAL, query=query, item=item)


@pytest.mark.parametrize(
    ("surfaces", "operations", "seconds", "size"),
    [(3, 7_623, 10.0, 1.12e9), (10, 15_841, 19.2, 1.40e9), (30, 39_321, 47.8, 2.15e9)],
)
def test_what_was_measured_is_what_is_said(surfaces: int, operations: int, seconds: float, size: float) -> None:
    start = start_of(ModelConfig(), facts(surfaces=surfaces))
    assert start.operations == pytest.approx(operations, rel=0.02)
    assert start.seconds == pytest.approx(seconds, rel=0.1)
    assert start.size == pytest.approx(size, rel=0.02)


def test_a_hundred_surfaces_are_said_before_anybody_waits() -> None:
    said = slow_start(ModelConfig(), facts(surfaces=100))
    assert said.startswith("100 surfaces and 2 products have an expert each: before the first step, about 150 s of ")
    assert "4.4 GiB of memory for 121,000 operations." in said  # 1,700 + 102 * (930 + 3 * 80)
    assert said.endswith("compare --architecture=shared_bottom, whose graph does not grow.")


def test_few_domains_and_other_architectures_are_not_worth_a_word() -> None:
    assert slow_start(ModelConfig(), facts(surfaces=10)) == ""
    assert slow_start(ModelConfig(architecture="shared_bottom"), facts(surfaces=100)) == ""
