"""Features that are absent or always the same within a domain where they could exist."""

from collections.abc import Iterator

import numpy as np

from tfrecords_tools.doctor.finding import LOOK, NOTE, Finding
from tfrecords_tools.doctor.measures import row_codes
from tfrecords_tools.doctor.table import Table
from tfrecords_tools.printable import few
from tfrecords_tools.requests import Ragged, column_take

_RARE = 0.02
_ENOUGH = 50  # present rows, from which always the same says something


def examine(table: Table) -> Iterator[Finding]:
    """Domain by domain; a feature that is so everywhere is said once."""
    schema = table.schema
    for feature in schema.features:
        values, present = table.column(feature)
        side = "product" if feature.side == "item" else "surface"
        domain = table.requests.product if side == "product" else table.requests.surface[table.requests.owner]
        names = schema.products if side == "product" else schema.surfaces
        exists = table.exists(feature)
        found: dict[str, list[str]] = {"absent": [], "rare": [], "constant": [], "flag": []}
        here = [(name, exists & (domain == index)) for index, name in enumerate(names)]
        here = [(name, rows) for name, rows in here if rows.any()]
        for name, rows in here:
            kind = _kind(values, present, rows)
            if kind:
                found[kind].append(name)
        for kind, where in found.items():
            if not where:
                continue
            place, level = f"on {side} {few(where)}", LOOK if kind == "absent" else NOTE
            if len(where) == len(here):
                everywhere = np.logical_or.reduce([rows for _, rows in here])
                same = _kind(values, present, everywhere) == kind  # a value of its own on each side tells them apart
                place = "everywhere" if same else f"on each {side}, and not the same on all"
                level = LOOK if same and kind in ("absent", "constant") else level
            yield _finding(feature.key, kind, place, level=level, share=len(where) / len(here))


def _kind(values: np.ndarray | Ragged, present: np.ndarray, rows: np.ndarray) -> str:
    share = present[rows].mean()
    if share == 0:
        return "absent"
    if share < _RARE:
        return "rare"
    here = np.flatnonzero(rows & present)
    if len(here) < _ENOUGH or row_codes(column_take(values, here)).any():
        return ""
    return "constant" if share > 1 - _RARE else "flag"


def _finding(key: str, kind: str, place: str, *, level: str, share: float) -> Finding:
    said, advice = {
        "absent": (
            f"{key} is never present {place}",
            "repair the column, or say in the schema where it can exist; a tower learns its default alone",
        ),
        "rare": (f"{key} is present in less than {_RARE:.0%} of the pairs {place}", "see that no join lost it"),
        "constant": (
            f"{key} has one value alone {place}",
            "it tells nothing there: leave it out, or look whether a filter or a default took its values",
        ),
        "flag": (
            f"{key} has one value alone {place}, or is missing",
            "a tower learns whether it is there: keep it if that means something, as 1 or empty does for yes and no",
        ),
    }[kind]
    return Finding(level=level, about="constants", said=said, advice=advice, weight=share)
