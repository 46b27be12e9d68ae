"""The report's section on the models of one slice, where these have been trained (paper Table 1)."""

import pathlib

FILE_NAME = "over_slices.md"  # in a run's folder: the section's text
HEADING = "## Against one model a slice"

_NEXT = "\n\n## "


def with_section(report: str, folder: pathlib.Path) -> str:
    """A run's report with the section that its folder holds, before all others and once; without one, as it is."""
    path = folder / FILE_NAME
    return with_text(report, path.read_text(encoding="utf-8")) if path.exists() else report


def with_text(report: str, text: str) -> str:
    """The report with a section of this text in the place of an earlier one, or before all others."""
    head, found, rest = report.partition(f"\n\n{HEADING}\n")
    if found:  # of an earlier table
        rest = rest.partition(_NEXT)[2]
    else:
        head, _, rest = report.partition(_NEXT)
    section = f"{HEADING}\n\n{text.strip()}"
    return f"{head}\n\n{section}{_NEXT}{rest}" if rest else f"{head.rstrip()}\n\n{section}\n"
