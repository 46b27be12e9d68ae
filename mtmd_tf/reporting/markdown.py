"""Markdown tables that are aligned, so that they also read well in a terminal."""

from collections.abc import Sequence

from mtmd_tf.reporting.literal import literal


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[str]], *, names: int) -> str:
    """A GitHub Markdown table; the first `names` columns are names and stand left, the others are numbers, right.

    Every cell is text: what it holds is shown as it is, whatever it would mean in Markdown or HTML.

    Raises:
        ValueError: A row with more or fewer cells than the header.
    """
    for row in rows:
        if len(row) != len(header):
            raise ValueError(
                f"a table of {len(header)} columns {list(header)} was given a row of {len(row)}: {list(row)}"
            )
    header, rows = [literal(cell) for cell in header], [[literal(cell) for cell in row] for row in rows]
    widths = [max(3, *(len(row[column]) for row in (header, *rows))) for column in range(len(header))]
    rule = ["-" * width if column < names else "-" * (width - 1) + ":" for column, width in enumerate(widths)]
    lines = [
        [
            cell.ljust(width) if column < names else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ]
        for row in (header, rule, *rows)
    ]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
