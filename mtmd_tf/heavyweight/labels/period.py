"""Which days the heavyweight ranker learns from, and which days it may label (paper section 2.2)."""

import dataclasses
from collections.abc import Collection, Sequence

from mtmd_tf.config import ConfigError
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.partition import Partition, span

_NEEDED = 3
_TO_TRAIN = 2
_THIN = 0.1  # of the pairs that as many days have on average


@dataclasses.dataclass(frozen=True, kw_only=True)
class Period:
    """The days of a data set, cut in order of time: learn, held out, label.

    Attributes:
        learn: The earliest training days.
        held_out: The training days after them: they end the training and calibrate its result.
        label: Every later training day, and all days of the other splits.
    """

    learn: tuple[str, ...]
    held_out: tuple[str, ...]
    label: tuple[str, ...]

    def __post_init__(self) -> None:
        require_unseen(self.label, seen=self.seen)

    @property
    def seen(self) -> tuple[str, ...]:
        """The days that have shaped the ranker in any way."""
        return self.learn + self.held_out

    @classmethod
    def cut(
        cls, manifest: Manifest, *, share: float, held_out: int = 0, first_day: str = "", last_day: str = ""
    ) -> "Period":
        """Gives the ranker the first `share` of the training days, two at least, of which it holds the last out.

        Args:
            manifest: Manifest of the data set.
            share: Share of the days, in (0, 1).
            held_out: Days; 0 takes a sixth of the ranker's days.
            first_day: Earlier days are left out; empty for none.
            last_day: Later days are left out; empty for none.

        Raises:
            ConfigError: No day would be left to learn from, to hold out or to label.
        """

        def within(split: str) -> tuple[str, ...]:
            return tuple(day for day in manifest.days(split) if first_day <= day and (not last_day or day <= last_day))

        days = within("train")
        if (first_day or last_day) and len(days) < _NEEDED:
            raise ConfigError(
                f"--first_day={first_day} and --last_day={last_day} leave {manifest.partition.words(len(days))} of the "
                f"training split, {span(manifest.days('train'))}; a ranker needs {_NEEDED}: choose others."
            )
        _require_three(days, manifest.partition)
        mine = max(round(share * len(days)), 2 if share > 0.0 else 0)  # a share of a short log is less than it needs
        held_out = held_out or max(1, round(mine / 6))
        if not held_out < mine < len(days):
            raise ConfigError(
                f"ranker_share={share:g} of {len(days)} training days is {mine}, {held_out} of them held out; "
                f"at least one day must be left to learn from and one to label."
            )
        others = [day for split in manifest.splits if split != "train" for day in within(split)]
        return cls(learn=days[: mine - held_out], held_out=days[mine - held_out : mine], label=(*days[mine:], *others))


def require_splits(period: Period, manifest: Manifest, *, eval_from: str) -> None:
    """Refuses days to label that leave the labeled data set without a training day or a later day to measure on.

    Args:
        period: The days.
        manifest: Manifest of the data set.
        eval_from: First day of the labeled data set's split eval; empty: each day stays in its split.

    Raises:
        ConfigError: A split would be empty; it says what to do.
    """
    train = _to_train_on(period, manifest, eval_from=eval_from)
    if len(train) == len(period.label) and (eval_from or any(manifest.days("eval"))):
        raise ConfigError(
            f"of the days to label, {span(period.label)}, none would be in the split eval; give --eval_from=DAY, one "
            "of these, or a later --last_day."
        )
    if not train:
        raise ConfigError(
            f"of the days to label, {span(period.label)}, none would be in the split train; give a later --eval_from."
        )


def untrainable(period: Period, manifest: Manifest, *, eval_from: str) -> str:
    """A sentence where the labeled days are too few to train on; or empty. Arguments as of `require_splits`."""
    train, partition = _to_train_on(period, manifest, eval_from=eval_from), manifest.partition
    if len(train) >= _TO_TRAIN:
        return ""
    finer = f"convert the log with --partition={partition.next_finer}, or" if partition.next_finer else "convert"
    return (
        f"Of the split train {partition.words(len(train))} ({', '.join(train)}) will be labeled, and train.py needs "
        f"{_TO_TRAIN}, one of them to stop early by: {finer} a longer one."
    )


def _to_train_on(period: Period, manifest: Manifest, *, eval_from: str) -> list[str]:
    """The days to label that come into the split train."""
    return [day for day in period.label if day < eval_from or (not eval_from and day in manifest.days("train"))]


def thin(period: Period, manifest: Manifest) -> str:
    """A sentence where the days to learn from or to hold out have far fewer pairs than as many others; or empty."""
    pairs = dict.fromkeys(manifest.days("train"), 0)
    for shard in manifest.shards("train"):
        pairs[shard.day] += shard.pairs
    whole = sum(pairs.values())
    learned, held = (sum(pairs[day] for day in days) for days in (period.learn, period.held_out))
    shares = ((learned, len(period.learn)), (held, len(period.held_out)))
    if all(count * len(pairs) >= _THIN * whole * days for count, days in shares):
        return ""
    finer = manifest.partition.next_finer
    cut = f", or cut the log anew (convert --partition={finer})" if finer else ""
    return (
        f"The ranker learns from {learned:,} pairs and holds {held:,} out, of {whole:,} in the training split, as its "
        f"{manifest.partition.plural} are of unequal size: raise --ranker_share{cut}."
    )


def _require_three(days: Sequence[str], partition: Partition) -> None:
    if len(days) < _NEEDED:
        finer = partition.next_finer
        way = f"convert the log with --partition={finer}, or a longer one" if finer else "convert a longer log"
        raise ConfigError(
            f"the training split has {partition.words(len(days))} ({', '.join(days) or 'none'}); a ranker needs "
            f"{_NEEDED}, one to learn from, one to stop early by and one to label: {way}."
        )


def require_unseen(days: Collection[str], *, seen: Collection[str]) -> None:
    """Refuses to score a day that the ranker has learned from.

    Raises:
        ConfigError: There is one; it names the first.
    """
    both = sorted(set(days) & set(seen))
    if both:
        raise ConfigError(
            f"day {both[0]} shaped the heavyweight ranker ({len(both)} such days); it must not be labeled by it."
        )
