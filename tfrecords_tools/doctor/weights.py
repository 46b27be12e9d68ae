"""Sampling weights that leave few pairs to learn from, where a training uses them."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, Finding
from tfrecords_tools.doctor.table import Table

_FEW = 0.1  # of the pairs


def examine(table: Table) -> Iterator[Finding]:
    """Of the pairs as they are sampled: Kish's effective number, and those that weigh nothing."""
    weight = table.requests.weight
    if weight is None or not weight.any():  # that all are 0, a training refuses
        return
    plain = weight.astype(np.float64)
    as_equal = plain.sum() ** 2 / (plain**2).sum()
    if as_equal < _FEW * len(plain):
        yield Finding(
            level=LOOK,
            about="weights",
            said=f"by their weights, {len(plain):,} pairs teach what {as_equal:,.0f} of equal weight would; the "
            f"largest weight is {plain.max() / plain.mean():,.0f} times the mean",
            advice="only --use_weights reads them: cut the largest ones, or train without",
            weight=1.0 - as_equal / len(plain),
        )
    if nothing := float((plain == 0).mean()):
        yield Finding(
            level=NOTE,
            about="weights",
            said=f"{nothing:.1%} of the pairs weigh 0",
            advice="with --use_weights nothing is learned of them, and nothing of a slice that has no others",
            weight=nothing,
        )
