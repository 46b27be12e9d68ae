"""How much better one model is than another, with its interval, as reports show it."""

from typing import Protocol


class Improved(Protocol):
    """What has an improvement with its 95% interval, percent."""

    @property
    def improvement(self) -> float:
        """Percent; above 0 the new model is better."""

    @property
    def low(self) -> float:
        """Lower end of the interval."""

    @property
    def high(self) -> float:
        """Upper end of the interval."""


def gain(cell: Improved | None, *, digits: int) -> str:
    """An improvement with its interval, percent."""
    if cell is None:
        return "N/A"
    return f"{cell.improvement:+.{digits}f}% [{cell.low:+.{digits}f}, {cell.high:+.{digits}f}]"
