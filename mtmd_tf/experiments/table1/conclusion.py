"""Table 1 in one sentence: whether one model is better than those it replaces, and where not (paper Table 1)."""

import math
from collections.abc import Sequence
from statistics import fmean

from mtmd_tf.experiments.measures.improvement import Improvement
from mtmd_tf.experiments.table1.comparison import Cell, Table1
from mtmd_tf.reporting.literal import listed

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def conclusion(table: Table1) -> str:
    """In how many cells the one model is better, by how much, and which slices do better with their own.

    KL decides, because all are trained by it. A slice is better served by its own model where the mean of its tasks'
    improvements is below 0 and one task's whole interval is.
    """
    cells = [cell for cell in table.of_slices if not math.isnan(cell.kl.value)]
    if not cells:
        return f"Nothing says whether one model pays: no error is above 0 in {len(table.of_slices)} cells."
    models = len(table.replaced[0])
    number = _NUMBERS[models] if models < len(_NUMBERS) else f"{models}"
    many = f"your {number}" if models > 1 else "your one model of a slice"
    kl, log_mae = table.means["kl"], table.means["log_mae"]
    better, by_log_mae = sum(c.kl.value > 0 for c in cells), sum(c.improvement.value > 0 for c in cells)
    told = (
        f"better than {many} in {better} of {len(cells)} cells by KL, {kl:.1f} on average (by LogMAE in {by_log_mae}, "
        f"{log_mae:.1f})"
    )
    seeds = "" if len(table.seeds) > 1 else "; of one seed, so try more before you rely on it"
    if idle := len(table.of_slices) - len(cells):
        told += f", without {idle} where your own model has no error"
    if table.left_out:
        told += f"; {len(table.left_out)} more slices have no model of their own to compare with"
    if kl.value <= 0:
        return f"One model does not pay here: it is {told}; keep {many}{seeds}."
    separate = listed([f"`{surface} x {product}`" for surface, product in better_separate(cells)])
    return f"One model is {told}{f'; keep {separate} apart' if separate else ''}{seeds}."


def better_separate(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """The (surface, product) that their own models serve better."""
    found: dict[tuple[str, str], list[Improvement]] = {}
    for cell in cells:
        found.setdefault((cell.surface, cell.product), []).append(cell.kl)
    return [
        place
        for place, here in found.items()
        if fmean(each.value for each in here) < 0 and any(each.significantly_worse for each in here)
    ]
