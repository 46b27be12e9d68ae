"""A diagnosis for a terminal."""

from collections import Counter
from collections.abc import Iterator

from tfrecords_tools.doctor.examine import Diagnosis
from tfrecords_tools.doctor.finding import LEVELS, SERIOUS
from tfrecords_tools.printable import printable

_SHORT = 3
_SAME = 10  # findings of one level and subject: of a log of hundreds of columns, more would bury the others


def conclusion(diagnosis: Diagnosis) -> str:
    """How many findings of each level, in one line."""
    counts = {level: sum(finding.level == level for finding in diagnosis.findings) for level in LEVELS}
    said = ", ".join(f"{count} {level}" for level, count in counts.items() if count) or "nothing found"
    return f"{diagnosis.folder}: {said}; looked at {diagnosis.looked}"


def whole(diagnosis: Diagnosis) -> str:
    """Findings with what to do, the worst first; of those that are not serious, some of each subject."""
    lines, seen = [], Counter[tuple[str, str]]()
    for finding in diagnosis.findings:
        seen[finding.level, finding.about] += 1
        if finding.level == SERIOUS or seen[finding.level, finding.about] <= _SAME:
            lines.append(f"{finding.level:<8} {finding.about:<11} {printable(finding.said)}")
            lines.append(f"{'':<20} -> {finding.advice}")
    for (level, about), count in seen.items():
        if level != SERIOUS and count > _SAME:
            lines.append(f"{level:<8} {about:<11} {count - _SAME:,} more findings such as these: --html=FILE has all")
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
        what = ("more " if serious else "") + ("findings" if left > 1 else "finding")
        yield f"{left} {what}, from a part of the data: python -m tfrecords_tools doctor {diagnosis.folder}"
