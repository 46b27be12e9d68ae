"""What `make bench` measures: figures beside their targets, and the machine, as JSON and as tables (section 2.2)."""

import dataclasses
import pathlib
from collections.abc import Mapping

from mtmd_tf.config import ConfigError
from mtmd_tf.reporting.markdown import NO_VALUE
from mtmd_tf.reporting.page import passage
from tfrecords_tools import structure

FILE_NAME = "bench.json"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Machine:
    """What everything else is measured against.

    Attributes:
        processor: Name of the processor.
        cores: Cores that this process may use.
        instructions: Instruction sets for vectors and matrices that the processor has.
        float32: FLOPs a second of a large float32 matrix product, all cores.
        bfloat16: FLOPs a second of the same product in bfloat16.
        bandwidth: Bytes a second that all cores read from memory.
    """

    processor: str
    cores: int
    instructions: tuple[str, ...]
    float32: float
    bfloat16: float
    bandwidth: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Figure:
    """One line of the table.

    Attributes:
        name: What is measured.
        value: Measured value; None where it could not be measured, and `note` says why.
        unit: Unit of the value.
        target: Value to reach; None for a figure that informs.
        at_most: Whether the value is to be at most the target, else at least.
        note: What the figure is measured on, or why it is missing.
    """

    name: str
    value: float | None
    unit: str
    target: float | None = None
    at_most: bool = False
    note: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times better than its target the value is; 1 and more meets it."""
        if self.value is None or self.target is None or not self.value:
            return None
        return self.target / self.value if self.at_most else self.value / self.target

    @property
    def met(self) -> str:
        """`yes`, `no`, or nothing to meet."""
        if self.target is None:
            return NO_VALUE
        return "not measured" if self.ratio is None else "yes" if self.ratio >= 1.0 else "no"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Section:
    """Figures that were measured together.

    Attributes:
        figures: Figures in the order of the table.
        seconds: Seconds that the section took.
    """

    figures: tuple[Figure, ...]
    seconds: float


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bench:
    """One run of the benchmark, as far as it has come.

    Attributes:
        rounds: Rounds in which what is compared took turns.
        machine: The machine; None until it is measured.
        sections: `{section: its figures}`.
    """

    rounds: int
    machine: Machine | None = None
    sections: Mapping[str, Section] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, folder: pathlib.Path) -> "Bench":
        """Reads a folder's JSON.

        Raises:
            ConfigError: No such file, or another one; it names the file.
        """
        return structure.load(folder / FILE_NAME, cls, what="benchmark of this version", raises=ConfigError)

    def save(self, folder: pathlib.Path) -> None:
        """Writes the folder's JSON, whole or not at all."""
        folder.mkdir(parents=True, exist_ok=True)
        structure.save(folder / FILE_NAME, self)

    def text(self) -> str:
        """The machine and the table in Markdown."""
        figures = [figure for section in self.sections.values() for figure in section.figures]
        probe = [_probe(self.machine)] if self.machine else []
        return passage(
            pathlib.Path(__file__).with_suffix(".md"),
            machine=_machine(self.machine) if self.machine else "",
            rounds=self.rounds,
            minutes=sum(section.seconds for section in self.sections.values()) / 60,
            rows=[(figure, _value(figure.value), _target(figure)) for figure in (*probe, *figures)],
        )


def _machine(machine: Machine) -> str:
    return (
        f"{machine.processor}, {machine.cores} cores, {', '.join(machine.instructions)}; large matrix products: "
        f"{machine.float32 / 1e9:,.0f} GFLOP/s in float32, {machine.bfloat16 / 1e9:,.0f} in bfloat16; memory: "
        f"{machine.bandwidth / 1e9:.1f} GB/s."
    )


def _probe(machine: Machine) -> Figure:
    """Whether training could gain by bfloat16."""
    ratio = machine.bfloat16 / machine.float32
    note = "no gain: float32 is right here" if ratio <= 1 else "training, in float32, leaves this unused"
    return Figure(name="matrix peak, bfloat16 / float32", value=ratio, unit="times", note=note)


def _target(figure: Figure) -> str:
    return NO_VALUE if figure.target is None else f"{'at most' if figure.at_most else 'at least'} {figure.target:g}"


def _value(value: float | None) -> str:
    return NO_VALUE if value is None else f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
