"""Settings of a heavyweight ranker's training that follow from its days: batch, epochs and warm-up."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from mtmd_tf.config import HeavyweightTrainConfig, arguments
from mtmd_tf.features.reading import DataSet

_BATCH_PAIRS, _STEPS_A_PASS = 640, 8
_FEWEST_STEPS, _MOST_EPOCHS, _PATIENCE, _ACCUMULATOR = 200, 50, 8, 1e-6  # of few pairs


def settled(train: HeavyweightTrainConfig, data: DataSet, days: Sequence[str]) -> HeavyweightTrainConfig:
    """The settings with what follows from these days, the ranker's own; prints what that is."""
    found = climbing_in_time(for_few_pairs(train, data, days), data, days)
    if chosen := [flag for flag in arguments(found) if flag not in arguments(train)]:
        print(f"Settings that follow from the ranker's days (say one to change it): {' '.join(chosen)}", flush=True)
    return found


def for_few_pairs(train: HeavyweightTrainConfig, data: DataSet, days: Sequence[str]) -> HeavyweightTrainConfig:
    """The same where these days have many pairs; else what is at its default suits few (docs/adr/0046).

    Six passes are then a few steps, in which tables do not move with an accumulator of .1, two evaluations without a
    gain mean nothing, and patience can end the training before a warm-up of 100 steps does.
    """
    pairs = sum(shard.pairs for shard in data.manifest.shards("train", days=days))
    if pairs >= _BATCH_PAIRS * _STEPS_A_PASS:
        return train
    epochs = max(train.epochs, min(-(-_FEWEST_STEPS // _steps_of_a_pass(train, data, days)), _MOST_EPOCHS))
    own = {"epochs": epochs, "patience": _PATIENCE, "embedding_accumulator": _ACCUMULATOR}
    longer = _unless_said(train, **own)
    return _unless_said(longer, warmup_steps=min(train.warmup_steps, _steps(longer, data, days) // 10))


def _unless_said(train: HeavyweightTrainConfig, **own: Any) -> HeavyweightTrainConfig:
    """The settings with these where they are at their default."""
    default = HeavyweightTrainConfig()
    return dataclasses.replace(
        train, **{name: value for name, value in own.items() if getattr(train, name) == getattr(default, name)}
    )


def climbing_in_time(train: HeavyweightTrainConfig, data: DataSet, days: Sequence[str]) -> HeavyweightTrainConfig:
    """The same, with a warm-up of a tenth of all steps where it would outlast them."""
    steps = _steps(train, data, days)
    return train if steps > train.warmup_steps else dataclasses.replace(train, warmup_steps=steps // 10)


def batch_requests(data: DataSet, days: Sequence[str]) -> int:
    """Requests that bring about 640 pairs, or fewer where a pass over these days would have less than 8 steps."""
    candidates = data.manifest.pairs("train") / data.manifest.requests("train")
    return max(1, min(round(_BATCH_PAIRS / candidates), _requests(data, days) // _STEPS_A_PASS))


def _steps(train: HeavyweightTrainConfig, data: DataSet, days: Sequence[str]) -> int:
    steps = train.epochs * _steps_of_a_pass(train, data, days)
    return min(steps, train.max_steps or steps)


def _steps_of_a_pass(train: HeavyweightTrainConfig, data: DataSet, days: Sequence[str]) -> int:
    return -(-_requests(data, days) // (train.batch_requests or batch_requests(data, days)))


def _requests(data: DataSet, days: Sequence[str]) -> int:
    return sum(shard.requests for shard in data.manifest.shards("train", days=days))
