"""Holm's correction over the cells of a table: the chance of any false alarm among them stays below 5%."""

from collections.abc import Sequence


def holm(p_values: Sequence[float | None]) -> list[float | None]:
    """Adjusted p-values in the order they came; None stays None and does not count as a test."""
    from statsmodels.stats.multitest import multipletests  # half a second to import

    tested = [p for p in p_values if p is not None]
    adjusted = iter(multipletests(tested, method="holm")[1].tolist() if tested else ())
    return [None if p is None else next(adjusted) for p in p_values]
