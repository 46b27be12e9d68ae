"""The arms of an experiment, as the command line names them (paper section 3.3)."""

import dataclasses
from collections.abc import Sequence

from mtmd_tf.config import ConfigError

RANDOM, ORACLE, EXPORTS = "random", "oracle", "exports"
_GRAMMAR = (
    "an arm is NAME=EXPORT:EMBEDDINGS (several, one a slice, separated by commas), NAME=random or NAME=oracle; "
    "random and oracle may stand alone"
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm and its lightweight ranker.

    Attributes:
        name: As tables show it.
        kind: `random`, `oracle` (the heavyweight ranker itself) or `exports`.
        exports: Folders of an export and of its item embeddings; several where each has slices of its own.
    """

    name: str
    kind: str
    exports: tuple[tuple[str, str], ...] = ()

    @property
    def source(self) -> str:
        """The part of the text behind the name."""
        return ",".join(":".join(pair) for pair in self.exports) or self.kind


def arms_named(texts: Sequence[str]) -> tuple[Arm, ...]:
    """The arms of an experiment, the control first.

    Raises:
        ConfigError: Fewer than one arm, a name that comes twice, or what is no arm.
    """
    arms = tuple(_arm(text) for text in texts)
    if not arms:
        raise ConfigError(f"give at least one --arm; {_GRAMMAR}.")
    for number, arm in enumerate(arms):
        if arm.name in [other.name for other in arms[:number]]:
            raise ConfigError(
                f"--arm: the name {arm.name!r} comes twice; give one of them another: OTHER={arm.source}."
            )
    return arms


def _arm(text: str) -> Arm:
    name, equals, source = text.partition("=")
    source = source if equals else name
    if not name or not source:
        raise ConfigError(f"--arm={text!r}: {_GRAMMAR}.")
    if source in (RANDOM, ORACLE):
        return Arm(name=name, kind=source)
    pairs = [tuple(pair.split(":")) for pair in source.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs) or not equals:
        raise ConfigError(f"--arm={text!r}: {_GRAMMAR}.")
    return Arm(name=name, kind=EXPORTS, exports=tuple((export, embeddings) for export, embeddings in pairs))
