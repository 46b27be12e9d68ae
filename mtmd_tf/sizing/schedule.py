"""How long and how fast to train, how often to evaluate, by the size of the data (docs/adr/0026)."""

import math
from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import AVERAGED, COSINE, TrainConfig
from mtmd_tf.sizing.facts import Facts

NAMES = (
    "held_out_days",
    "batch_requests",
    "epochs",
    "schedule",
    "learning_rate",
    "embedding_learning_rate",
    "warmup_steps",
    "eval_every",
    "patience",
)

_HELD_OUT_SHARE, _HELD_OUT_PAIRS, _MOST_HELD_OUT = 0.07, 3000, 0.2  # of the training pairs; pairs; share at most
_HARDLY_ANY = 0.1  # of the share that is wanted: too few to stop by, so that more partitions are held out
_FEWEST_REQUESTS, _MOST_REQUESTS, _STEPS_A_PASS = 16, 1024, 8
_EPOCHS, _EPOCHS_RISE, _MOST_EPOCHS = 2, 0.37, 20  # of items that are seen once; with a power of how often they are
_FEWEST_STEPS, _MOST_PASSES = {COSINE: 200, AVERAGED: 500}, 50  # small slices learn nothing for 100 steps and more
_RATE, _RATE_WIDTH, _RATE_REQUESTS, _LEAST_RATE, _MOST_RATE = 1e-3, 256, 64, 5e-4, 2e-3
_TABLE_RATE, _TABLE_PAIRS, _MOST_TABLE_RATE = 0.02, 300_000, 0.05
_LEAST_TABLE_RATE = {COSINE: 0.01, AVERAGED: 0.005}  # one that is too low takes steps, which an open end has
_WARMUP, _WARMUP_SHARE = 100, 10
_EVALUATIONS, _PATIENCE = 12, 5


def held_out(facts: Facts) -> int:
    """The fewest last partitions with enough pairs to stop early by; one stays to train on wherever there are two."""
    everything = sum(
        facts.partition_pairs
    )  # of all slices, so that one model and those of its slices hold out the same
    share = max(_HELD_OUT_SHARE, min(_HELD_OUT_PAIRS / max(everything, 1), _MOST_HELD_OUT))
    few = max(1, int(_MOST_HELD_OUT * facts.partitions))  # a long partition must not take most of a short log
    days = next((n for n in range(1, few) if facts.held_out_share(n) >= share), few)
    while facts.held_out_share(days) < share * _HARDLY_ANY and days + 1 < facts.partitions:  # of a day that was cut off
        days += 1
    return days


def share_trained(facts: Facts, given: Mapping[str, Any]) -> float:
    """The share of the training pairs that is learned from: not those held out, and of the others a sample."""
    return given.get("sample_share", 1.0) * (1.0 - facts.held_out_share(given.get("held_out_days", held_out(facts))))


def named(given: Mapping[str, Any]) -> tuple[str, str]:
    """The schedule that follows from the fields of TrainConfig that are given, and why."""
    if {"epochs", "patience"} & set(given):
        return COSINE, "epochs or patience were said"
    return AVERAGED, "longer than the epochs where that lowers the held-out loss"


def schedule(facts: Facts, given: Mapping[str, Any], *, width: int) -> tuple[TrainConfig, dict[str, str]]:
    """The training with every setting, and why those that were not given are what they are.

    Args:
        facts: Facts of the data.
        given: Fields of TrainConfig that were said; they break no rule.
        width: Width of the first layer of the networks.
    """
    values, why = dict(given), dict[str, str]()

    def settle(name: str, value: Any, reason: str) -> None:
        if name not in given:
            values[name], why[name] = value, reason

    days = held_out(facts)
    settle("held_out_days", days, f"{facts.held_out_share(days):.0%} of the pairs in {facts.partitions} partitions")
    share = share_trained(facts, values)
    pairs, requests = share * facts.pairs, share * facts.requests
    settle("batch_requests", *_batch(pairs, requests, facts.candidates))
    batch = values["batch_requests"]
    pass_steps = max(1, math.ceil(requests / batch))
    settle("schedule", *named(given))
    settle("epochs", *_epochs(facts.repeats, pass_steps, fewest_steps=_FEWEST_STEPS[values["schedule"]]))
    steps = values["epochs"] * pass_steps
    if given.get("max_steps"):
        steps = min(steps, given["max_steps"])
    rate = _RATE * math.sqrt(max(batch / _RATE_REQUESTS, 1.0) * _RATE_WIDTH / width)
    rate = min(max(rate, _LEAST_RATE), _MOST_RATE)
    settle(
        "learning_rate", _short(rate), f"{_RATE:g} for a width of {_RATE_WIDTH} and {_RATE_REQUESTS} requests a step"
    )
    least = _LEAST_TABLE_RATE[values["schedule"]]
    rate = min(max(_TABLE_RATE * math.sqrt(pairs / _TABLE_PAIRS), least), _MOST_TABLE_RATE)
    settle("embedding_learning_rate", _short(rate), f"with the root of {pairs:,.0f} pairs")
    settle("warmup_steps", min(_WARMUP, steps // _WARMUP_SHARE), f"a tenth of {steps:,} steps, at most {_WARMUP}")
    every = max(1, min(pass_steps, steps // _EVALUATIONS))
    settle("eval_every", every, f"{_EVALUATIONS} evaluations on the held-out partitions, or one a pass if that is more")
    settle("patience", *_patience(values["schedule"], steps=steps, eval_every=values["eval_every"]))
    return TrainConfig(**values), why


def _batch(pairs: float, requests: float, candidates: float) -> tuple[int, str]:
    wanted = math.sqrt(max(pairs, 1.0)) / max(candidates, 1.0)
    most = max(1, min(_MOST_REQUESTS, int(requests / _STEPS_A_PASS)))
    batch = max(1, min(max(round(wanted), _FEWEST_REQUESTS), most))
    return batch, f"about the root of {pairs:,.0f} pairs, {candidates:.3g} a request; {_FEWEST_REQUESTS} at least"


def _epochs(repeats: float, pass_steps: int, *, fewest_steps: int) -> tuple[int, str]:
    """Items that a pass shows once are known by heart after a few; those that it shows often can be seen longer."""
    by_repeats = min(round(_EPOCHS * (1.0 + repeats) ** _EPOCHS_RISE), _MOST_EPOCHS)
    by_steps = min(math.ceil(fewest_steps / pass_steps), _MOST_PASSES)
    steps = f"{pass_steps:,} steps each, {max(by_repeats, by_steps) * pass_steps:,} in all"
    if by_steps > by_repeats:
        return by_steps, f"{by_repeats} by how often a pass shows an item ({repeats:.3g}), more to take steps: {steps}"
    return by_repeats, f"a pass shows an item {repeats:.3g} times: {steps}"


def _patience(schedule: str, *, steps: int, eval_every: int) -> tuple[int, str]:
    if schedule == AVERAGED:
        return 0, "the held-out loss of averaged weights says by itself when to end"
    patience = max(1, round(_PATIENCE / _EVALUATIONS * steps / eval_every)) if eval_every else _PATIENCE
    return patience, "evaluations without a gain; the best weights are kept anyway"


def _short(number: float) -> float:
    return float(f"{number:.3g}")
