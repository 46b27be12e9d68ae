"""The arms of an experiment, as the command line names them (paper section 3.3)."""

import dataclasses
from collections.abc import Sequence

from mtmd_tf.config import STORAGES, ConfigError

RANDOM, ORACLE, EXPORTS = "random", "oracle", "exports"
_GRAMMAR = (
    "an arm is NAME=EXPORT:EMBEDDINGS (several, one a slice, separated by commas), NAME=random or NAME=oracle; "
    "random and oracle may stand alone"
)
_FAULTS = "storage=int8, shards=NUMBER, missing=ITEM_FEATURE, stale=EMBEDDINGS+EMBEDDINGS, approximate"
_HEAVYWEIGHT = "heavyweight="


@dataclasses.dataclass(frozen=True, kw_only=True)
class Faults:
    """What an arm serves otherwise than it should; as it should by default.

    Attributes:
        storage: Storage of the item embeddings, one of `STORAGES`.
        shards: The cut takes the best of each of so many shards of the ads, instead of the best of all.
        missing: An item feature that the item embeddings are made without; "" for none.
        stale: Folders of embeddings by older exports; an ad's embedding is of one of them. Empty for the arm's own.
        approximate: Only candidates that the approximate index finds are scored.
    """

    storage: str = "float32"
    shards: int = 1
    missing: str = ""
    stale: tuple[str, ...] = ()
    approximate: bool = False

    def __str__(self) -> str:
        said = {"storage": self.storage, "shards": self.shards, "missing": self.missing, "stale": "+".join(self.stale)}
        default = {"storage": "float32", "shards": 1, "missing": "", "stale": ""}
        named = [f";{name}={value}" for name, value in said.items() if value != default[name]]
        return "".join(named) + (";approximate" if self.approximate else "")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """One arm and its lightweight ranker.

    Attributes:
        name: As tables show it.
        kind: `random`, `oracle` (the heavyweight ranker itself) or `exports`.
        exports: Folders of an export and of its item embeddings; several where each has slices of its own.
        faults: What it serves otherwise than it should.
        heavyweight: Run, and towers, of a heavyweight ranker of its own (`heavyweight_named`); empty for none.
    """

    name: str
    kind: str
    exports: tuple[tuple[str, str], ...] = ()
    faults: Faults = Faults()
    heavyweight: str = ""

    @property
    def source(self) -> str:
        """The part of the text behind the name."""
        own = f";{_HEAVYWEIGHT}{self.heavyweight}" if self.heavyweight else ""
        return (",".join(":".join(pair) for pair in self.exports) or self.kind) + str(self.faults) + own


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


def heavyweight_named(text: str) -> tuple[str, str]:
    """Folders of a run of `jobs.label` and of the export whose towers are its features, the latter empty for none.

    Raises:
        ConfigError: Neither `RUN` nor `RUN:EXPORT`.
    """
    run, colon, export = text.partition(":")
    if not run or ":" in export or (colon and not export):
        raise ConfigError(f"heavyweight {text!r}: it is RUN, a run of jobs.label, or RUN:EXPORT with its towers.")
    return run, export


def _arm(text: str) -> Arm:
    named, *parts = text.split(";")
    heavyweights = [part.removeprefix(_HEAVYWEIGHT) for part in parts if part.startswith(_HEAVYWEIGHT)]
    if len(heavyweights) > 1:
        raise ConfigError(f"--arm={text!r}: heavyweight comes twice; an arm has one.")
    for each in heavyweights:
        heavyweight_named(each)
    found = _served(text, named, [part for part in parts if not part.startswith(_HEAVYWEIGHT)])
    return dataclasses.replace(found, heavyweight="".join(heavyweights))


def _served(text: str, named: str, faults: Sequence[str]) -> Arm:
    """The arm with the heavyweight ranker of the simulation."""
    name, equals, source = named.partition("=")
    source = source if equals else name
    if not name or not source:
        raise ConfigError(f"--arm={text!r}: {_GRAMMAR}.")
    if source in (RANDOM, ORACLE):
        if faults:
            raise ConfigError(f"--arm={text!r}: {source} has no embeddings, so nothing of {_FAULTS}.")
        return Arm(name=name, kind=source)
    pairs = [tuple(pair.split(":")) for pair in source.split(",")]
    if any(len(pair) != 2 or not all(pair) for pair in pairs) or not equals:
        raise ConfigError(f"--arm={text!r}: {_GRAMMAR}.")
    found = _faults(text, faults)
    if len(pairs) > 1 and found.stale:
        raise ConfigError(f"--arm={text!r}: stale is for an arm of one export; this one has {len(pairs)}.")
    exports = tuple((export, embeddings) for export, embeddings in pairs)
    return Arm(name=name, kind=EXPORTS, exports=exports, faults=found)


def _faults(text: str, parts: Sequence[str]) -> Faults:
    values: dict[str, str | int | bool | tuple[str, ...]] = {}
    for part in parts:
        name, _, value = part.partition("=")
        match name:
            case "storage" if value in STORAGES:
                values[name] = value
            case "shards" if value.isdecimal() and int(value) > 0:
                values[name] = int(value)
            case "missing" if value:
                values[name] = value
            case "stale" if all(value.split("+")):
                values[name] = tuple(value.split("+"))
            case "approximate" if part == name:
                values[name] = True
            case _:
                raise ConfigError(f"--arm={text!r}: {part!r} is none of {_FAULTS}; storages are {list(STORAGES)}.")
    if values.get("missing") and values.get("stale"):
        raise ConfigError(f"--arm={text!r}: missing makes the embeddings again, so it cannot be had with stale.")
    if values.get("approximate") and (values.get("missing") or values.get("stale")):
        raise ConfigError(f"--arm={text!r}: the approximate index is of the arm's own embeddings; leave the rest out.")
    return Faults(**values)  # type: ignore[arg-type]
