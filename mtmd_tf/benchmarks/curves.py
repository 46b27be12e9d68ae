"""A pair's training cost as curves over what it may depend on, the points of a curve in turn (paper section 2.2)."""

import dataclasses
import os
import pathlib
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence

from matplotlib.figure import Figure as Drawing

from mtmd_tf.benchmarks.names import CURVES
from mtmd_tf.benchmarks.synthetic import Size, batch_of, model_of
from mtmd_tf.benchmarks.training_speed import steps_of, take_turns
from mtmd_tf.config import ConfigError, ModelConfig
from mtmd_tf.reporting import figures
from tfrecords_tools import structure
from tfrecords_tools.tables import in_units, table_bytes

FILE_NAME, DRAWING = "curves.json", "curves.png"
_LABELS = {
    "surfaces": "surfaces",
    "tasks": "tasks",
    "candidates": "candidates a request",
    "fields": "fields of both sides",
    "pairs": "pairs a step",
    "skew": "skew s of surfaces, 1 / rank^s",
    "vocabulary": "rows of a table",
}
_COPIES = 1.6  # a table and its optimizer while they are made: the initial values stand beside the variable


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curve:
    """The cost of a pair at each value of one size, all others as in `Size`.

    Attributes:
        values: Values of the size.
        microseconds: Median time of a training step, divided by its pairs.
        stopped: Why larger values were not measured; empty where all were.
    """

    values: tuple[float, ...]
    microseconds: tuple[float, ...]
    stopped: str = ""

    @property
    def rise(self) -> float:
        """Percent that the last value costs more than the first."""
        return 100 * (self.microseconds[-1] / self.microseconds[0] - 1)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Curves:
    """All curves of a folder.

    Attributes:
        rounds: Rounds in which the points of a curve took turns.
        curves: `{size: its curve}`.
    """

    rounds: int
    curves: Mapping[str, Curve]

    @classmethod
    def load(cls, folder: pathlib.Path) -> "Curves":
        """Reads a folder's JSON.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(folder / FILE_NAME, cls, what="curves of this version", raises=ConfigError)

    def save(self, folder: pathlib.Path) -> None:
        """Writes JSON and the drawing, each whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        structure.save(folder / FILE_NAME, self)
        figures.save_figure(drawing(self.curves), folder / DRAWING)


def measure_curve(name: str, *, rounds: int, values: Sequence[float] = (), config: ModelConfig | None = None) -> Curve:
    """Trains a model at each value, all in turn.

    Args:
        name: Name of the size, one of `CURVES`.
        rounds: Times that each point is measured.
        values: Other values than those of `CURVES`.
        config: Another architecture than the paper's sizes.
    """
    steps: dict[str, Callable[[int], float]] = {}
    stopped, points = "", tuple(values or CURVES[name])
    for value in points:
        size = dataclasses.replace(Size(), **{name: type(getattr(Size(), name))(value)})
        stopped = _too_large(size, config or ModelConfig())
        if stopped:
            break
        model = model_of(size, config=config)
        steps[str(value)] = steps_of(model, [batch_of(size, model, seed=seed) for seed in range(2)])
    times = take_turns(steps, rounds=rounds, progress=name)
    return Curve(
        values=points[: len(times)],
        microseconds=tuple(round(1e6 * statistics.median(each), 2) for each in times.values()),
        stopped=stopped,
    )


def drawing(curves: Mapping[str, Curve]) -> Drawing:
    """A panel for each curve: microseconds a pair."""
    figure, axes = figures.panels(len(curves), across=min(len(curves), 4))
    for number, (axis, (name, curve)) in enumerate(zip(axes, curves.items(), strict=True)):
        axis.plot(curve.values, curve.microseconds, marker="o", color=figures.color(0))
        if name != "skew":
            figures.log_x(axis, curve.values)
        axis.set_ylim(0, 1.1 * max(curve.microseconds))
        axis.set_xlabel(_LABELS[name])
        axis.set_title(name, **figures.TITLE)
        if number % 4 == 0:
            axis.set_ylabel("microseconds a pair")
        figures.plain(axis)
    return figure


def lines(curves: Mapping[str, Curve]) -> Iterable[str]:
    """A line of text for each curve."""
    for name, curve in curves.items():
        points = ", ".join(
            f"{value:g}: {cost:.0f}" for value, cost in zip(curve.values, curve.microseconds, strict=True)
        )
        stopped = f"; stopped: {curve.stopped}" if curve.stopped else ""
        yield f"{_LABELS[name]}, microseconds a pair: {points} ({curve.rise:+.0f}%){stopped}"


def _free() -> int:
    """Bytes that a process can have now; what files are cached in counts, where the system says so."""
    path = pathlib.Path("/proc/meminfo")
    if path.exists():
        known = dict(line.split(":") for line in path.read_text(encoding="utf-8").splitlines())
        return 1024 * int(known["MemAvailable"].split()[0])
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_AVPHYS_PAGES")


def _too_large(size: Size, config: ModelConfig) -> str:
    """Why the size's table does not fit into the memory that is free now; empty if it does."""
    needed = int(_COPIES * table_bytes(size.vocabulary, dim=config.dim))
    free = _free()
    if needed <= free:
        return ""
    return f"{size.vocabulary:,} rows need {in_units(needed)} while they are made, and {in_units(free)} are free"
