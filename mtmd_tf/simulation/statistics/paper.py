"""The paper's online figures: Tables 2 to 5 and the overall change of section 1, in percent, as they are printed.

Table 2 prints the same figures for related pins and for search. One of the two rows is probably a slip; both are kept.
"""

from mtmd_tf.simulation.statistics.measures import RATES

OVERALL = "overall"

_MEASURES = tuple(measure.name for measure in RATES)  # the columns of every table below
_TABLES = {
    "2": """
        overall      -1.96  2.41   3.06  -      -      -
        home_feed    -2.95  3.62   3.29  4.77  -0.21   7.73
        related_pin  -1.60  2.07   3.07  2.32  -0.13   3.27
        search       -1.60  2.07   3.07  2.32  -0.13   3.27
    """,
    "3": """
        standard     -1.79  2.17   2.84  2.72  -0.01   4.46
        shopping     -2.12  2.99   3.73  2.93  -2.45   5.19
    """,
    "4": """
        click        -1.97  3.49   4.67  4.30   0.12   7.78
        conversion   -1.88  1.87   2.18  1.79  -0.71   3.07
    """,
    "5": """
        home_feed    -0.81  0.61   0.79  0.62  -2.81   0.65
        related_pin   0.02  0.43  -0.18  0.45  -6.15   0.22
        search        0.37 -0.18  -0.65 -0.17   4.37  -1.03
        standard     -0.08  0.15  -0.23  0.13  -3.86  -1.13
        shopping     -0.37  0.60   0.56  0.63  -1.86   0.87
    """,
}


def _read(text: str) -> dict[tuple[str, str], float]:
    figures = {}
    for name, *numbers in map(str.split, text.strip().splitlines()):
        for measure, number in zip(_MEASURES, numbers, strict=True):
            if number != "-":
                figures[name, measure] = float(number) / 100.0
    return figures


PAPER = {table: _read(text) for table, text in _TABLES.items()}  # {table: {(row, measure): relative change}}
