"""A diagnosis for a terminal."""

from collections.abc import Iterator

from tfrecords_tools.doctor.examine import Diagnosis
from tfrecords_tools.doctor.finding import LEVELS, SERIOUS
from tfrecords_tools.printable import printable

_SHORT = 3


def conclusion(diagnosis: Diagnosis) -> str:
    """How many findings of each level, in one line."""
    counts = {level: sum(finding.level == level for finding in diagnosis.findings) for level in LEVELS}
    said = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "nothing found"
    return f"{diagnosis.folder}: {said}; looked at {diagnosis.looked}"


def whole(diagnosis: Diagnosis) -> str:
    """Every finding with what to do, the worst first."""
    lines = []
    for finding in diagnosis.findings:
        lines += [f"{finding.level:<8} {finding.about:<11} {printable(finding.said)}", f"{'':<20} -> {finding.advice}"]
    return "\n".join([*lines, conclusion(diagnosis)])


def short(diagnosis: Diagnosis, *, known: frozenset[str] = frozenset()) -> Iterator[str]:
    """The first few serious findings, a line each, less the subjects `known`, and where there is more.

    Args:
        diagnosis: The diagnosis to print.
        known: Subjects of which the caller has spoken.
    """
    serious = [each for each in diagnosis.findings if each.level == SERIOUS and each.about not in known]
    for finding in serious[:_SHORT]:
        yield f"{finding.about}: {printable(finding.said)}: {finding.advice}"
    if left := len(diagnosis.findings) - len(serious[:_SHORT]):
        what = "more findings" if serious else "findings"
        yield f"{left} {what}, from a part of the data: python -m tfrecords_tools doctor {diagnosis.folder}"
