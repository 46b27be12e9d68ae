"""The distance of each domain's parts from what the domains share, which shows where domains differ (docs/adr/0028)."""

import math
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from mtmd_tf.evaluation.inspection_rows import DistanceRow
from mtmd_tf.sharing import deviations
from mtmd_tf.towers import Tower


def distances(model: Any) -> tuple[DistanceRow, ...]:
    """The distance of every part of every domain from its base; empty where domains share no base."""
    found = []
    for side in ("query", "item"):
        tower = getattr(model, f"{side}_tower", None)
        if not isinstance(tower, Tower) or tower.base is None:
            continue
        for domain, expert in tower.experts.items():
            for part, layers in expert.parts().items():
                share = _distance([weight for layer in layers for weight in deviations(layer)])
                found.append(DistanceRow(side=side, domain=domain, part=part, distance=share))
    return tuple(found)


def _distance(weights: Sequence[Any]) -> float:
    moved = base = 0.0
    for weight in weights:
        shared = weight.base()
        moved += float(tf.reduce_sum(tf.square(weight.deviation(shared))))
        base += float(tf.reduce_sum(tf.square(shared)))
    return math.sqrt(moved / base) if base else 0.0
