"""A file is read in one go: none is long, and half of them fit on two screens."""

import pathlib
import statistics

CHECKOUT = pathlib.Path(__file__).parents[1]
FILES = [path for root in ("mtmd_tf", "tfrecords_tools") for path in sorted((CHECKOUT / root).rglob("*.py"))]


def lines(path: pathlib.Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def test_no_file_is_above_230_lines_and_the_median_is_at_most_110() -> None:
    longest = {str(path.relative_to(CHECKOUT)): lines(path) for path in FILES if lines(path) > 230}
    assert longest == {}, "give a part of it a file of its own"
    assert statistics.median(map(lines, FILES)) <= 110
