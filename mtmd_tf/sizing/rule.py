"""One rule for all settings that follow from the data; a given setting is never changed (docs/adr/0026)."""

import dataclasses
from collections.abc import Collection, Mapping
from typing import Any

from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.sizing import schedule, widths
from mtmd_tf.sizing.facts import Facts

AUTO = frozenset((*widths.NAMES, *schedule.NAMES))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Sized:
    """Complete settings.

    Attributes:
        model: Configuration of the architecture.
        train: Configuration of the training.
        reasons: `{setting: why}` of those that the rule chose.
    """

    model: ModelConfig
    train: TrainConfig
    reasons: Mapping[str, str]

    def __str__(self) -> str:
        """For people, a line each."""
        lines = [f"  --{name}={_text(self._value(name))}  {why}" for name, why in self.reasons.items()]
        if not lines:
            return "Every setting was said."
        return "\n".join(["Settings that follow from the data (say one to change it):", *lines])

    def _value(self, name: str) -> Any:
        return getattr(self.model if name in widths.NAMES else self.train, name)


def sized(facts: Facts, *, model: Mapping[str, Any], train: Mapping[str, Any]) -> Sized:
    """Chooses the settings that are not given.

    Args:
        facts: Facts of the data.
        model: Fields of ModelConfig that are given.
        train: Fields of TrainConfig that are given.

    Raises:
        ConfigError: A given setting breaks a rule.
    """
    TrainConfig(**train)  # what breaks a rule must not be counted with
    pairs = schedule.share_trained(facts, train) * facts.pairs
    ends_by = train.get("schedule", schedule.named(train)[0])
    chosen, wide = widths.widths(facts, model, pairs=pairs, schedule=ends_by)
    trained, why = schedule.schedule(facts, train, width=chosen.deep_units[0])
    return Sized(model=chosen, train=trained, reasons={**wide, **why})


def said(config: ModelConfig | TrainConfig, names: Collection[str]) -> dict[str, Any]:
    """The fields of a complete configuration that the rule must not change: `names`, and those it never sets."""
    plain = {field.name: getattr(config, field.name) for field in dataclasses.fields(config)}
    return {name: value for name, value in plain.items() if name in names or name not in AUTO}


def _text(value: Any) -> str:
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    return value if isinstance(value, str) else f"{value:g}"
