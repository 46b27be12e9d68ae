"""Does one model pay here? Table 1 in one sentence (paper Table 1)."""

import pathlib
from collections.abc import Sequence
from statistics import fmean

from mtmd_tf.experiments.table1.comparison import FILE_NAME, Cell, Table1
from mtmd_tf.metrics import ALL

_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve")


def sentence(table: Table1) -> str:
    """In how many cells the one model is better, by how much, and which slices do better with their own.

    KL decides, because all are trained by it. A slice is to be kept apart where the mean of its tasks' improvements is
    below 0 and one task's whole interval is.
    """
    cells = [cell for cell in table.cells if cell.surface != ALL]
    models = len(table.replaced[0])
    many = _NUMBERS[models] if models < len(_NUMBERS) else f"{models}"
    better, mean = sum(_gain(cell) > 0 for cell in cells), fmean(_gain(cell) for cell in cells)
    measure = "KL" if _of_kl(cells) else "LogMAE"
    told = f"better than your {many} in {better} of {len(cells)} cells by {measure}, {mean:+.1f}% on average"
    if measure == "KL":
        log_mae = [cell.improvement for cell in cells]
        told += f" (by LogMAE in {sum(gain > 0 for gain in log_mae)}, {fmean(log_mae):+.1f}%)"
    seeds = "" if len(table.seeds) > 1 else "; of one seed, so try more before you rely on it"
    if mean <= 0:
        return f"One model does not pay here: it is {told}; keep your {many}{seeds}."
    apart = kept_apart(cells)
    advice = f"; keep {_listed(apart)} apart" if apart else ""
    return f"One model is {told}{advice}{seeds}."


def of_folder(folder: pathlib.Path) -> str:
    """The sentence of the Table 1 in a folder of results; raises ConfigError where there is none."""
    return sentence(Table1.load(folder / FILE_NAME))


def kept_apart(cells: Sequence[Cell]) -> list[tuple[str, str]]:
    """The (surface, product) that do better with their own model."""
    slices = dict.fromkeys((cell.surface, cell.product) for cell in cells)
    of_slice = {place: [cell for cell in cells if (cell.surface, cell.product) == place] for place in slices}
    return [
        place
        for place, here in of_slice.items()
        if fmean(_gain(cell) for cell in here) < 0 and any(_high(cell) < 0 for cell in here)
    ]


def _of_kl(cells: Sequence[Cell]) -> bool:
    return all(cell.kl for cell in cells)


def _gain(cell: Cell) -> float:
    return cell.kl["improvement"] if cell.kl else cell.improvement


def _high(cell: Cell) -> float:
    return cell.kl["high"] if cell.kl else cell.high


def _listed(places: Sequence[tuple[str, str]]) -> str:
    [*most, last] = [f"`{surface} x {product}`" for surface, product in places]
    return f"{', '.join(most)} and {last}" if most else last
