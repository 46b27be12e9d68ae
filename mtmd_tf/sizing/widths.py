"""How wide the networks are: with the fourth root of the training pairs (docs/adr/0026)."""

from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import AVERAGED, COSINE, ModelConfig
from mtmd_tf.sizing.dense import dense_weights
from mtmd_tf.sizing.facts import Facts

WIDEST = 512  # the paper's first layer, for the logs of a platform
_NARROWEST = 32
_STEP = 16  # widths are multiples of it
_A_ROOT = 9.0  # width per fourth root of the training pairs: 96 at 16,000, 256 at 700,000, 512 from 10 million on
_WEIGHTS_A_PAIR = {
    COSINE: 128,
    AVERAGED: 160,
}  # dense weights per training pair, at most
_WIDEST_LAST = 128  # the paper's last layer: the dot product of two towers has no higher rank than it
_WIDEST_CROSSING = 32

NAMES = ("deep_units", "shallow_units", "router_units", "cross_projection")


def by_pairs(pairs: float) -> int:
    """The width of the first layer that so many training pairs teach, before its weights are counted."""
    return max(_NARROWEST, min(WIDEST, round(_A_ROOT * pairs**0.25 / _STEP) * _STEP))


def widths(
    facts: Facts, given: Mapping[str, Any], *, pairs: float, schedule: str
) -> tuple[ModelConfig, dict[str, str]]:
    """The architecture with every width, and why those that were not given are what they are.

    Args:
        facts: Facts of the data.
        given: Fields of ModelConfig that were said.
        pairs: Training pairs that teach.
        schedule: Schedule of the learning rate. With a cosine the last layer is a quarter of the first, as it was when
            the tables of docs/results were made (docs/adr/0050).

    Raises:
        ConfigError: What was said breaks a rule of ModelConfig.
    """
    wanted = by_pairs(pairs)
    most = _WEIGHTS_A_PAIR[schedule]
    width = wanted  # a narrower network is made only where it is needed: what was said may not fit it
    while dense_weights(model := _model(width, given, schedule), facts) > most * pairs and width > _NARROWEST:
        width -= _STEP
    reasons = _reasons(model, facts, wanted, width, pairs, most)
    if schedule == AVERAGED:
        reasons["deep_units"] += f"; the last as wide as the first, at most {_WIDEST_LAST}"
    return model, {name: why for name, why in reasons.items() if name not in given}


def _model(width: int, given: Mapping[str, Any], schedule: str) -> ModelConfig:
    last = min(width, _WIDEST_LAST) if schedule == AVERAGED else width // 4
    deep = given.get("deep_units", (width, width // 2, width // 4, last))
    first, last = (
        (deep[0], deep[-1]) if isinstance(deep, tuple) and deep else (width, width)
    )  # ModelConfig refuses others
    smaller = (max(1, first // 4), max(1, first // 8))
    plain: dict[str, Any] = {
        "deep_units": deep,
        "shallow_units": smaller,
        "router_units": smaller,
        "cross_projection": max(1, min(_WIDEST_CROSSING, last // 2)),
    }
    return ModelConfig(**{**plain, **given})


def _reasons(model: ModelConfig, facts: Facts, wanted: int, width: int, pairs: float, most: int) -> dict[str, str]:
    weights = dense_weights(model, facts)
    size = f"about {weights:,} dense weights, {weights / max(pairs, 1):.3g} a pair"
    if width == wanted:
        why = f"{_A_ROOT:g} x the fourth root of {pairs:,.0f} training pairs, from {_NARROWEST} to {WIDEST}; {size}"
    else:
        why = f"{wanted} by {pairs:,.0f} training pairs, narrowed to at most {most} weights a pair; {size}"
    return {
        "deep_units": why,
        "shallow_units": "a quarter and an eighth of the first of deep_units",
        "router_units": "a quarter and an eighth of the first of deep_units",
        "cross_projection": f"half of the last of deep_units, at most {_WIDEST_CROSSING}",
    }
