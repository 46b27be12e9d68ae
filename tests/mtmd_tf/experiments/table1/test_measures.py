from mtmd_tf.experiments.table1 import measures as table1_measures
from tests.mtmd_tf.experiments.folders import a_record


def row(surface: str, *, kl: float | None, auc: float | None = None, product: str = "standard") -> dict:
    return {"surface": surface, "product": product, "task": "ctr", "kl": kl, "calibration": 1.0, "auc": auc}


def record(name: str, *rows: dict):
    return a_record(name, rows=rows)


ONE = [
    record("one0", row("home", kl=0.1, auc=0.7), row("search", kl=0.3), row("all", kl=0.2)),
    record("one1", row("home", kl=0.3, auc=0.8), row("search", kl=0.3), row("all", kl=0.2)),
]
MANY = [
    [record("home0", row("home", kl=0.2, auc=0.6), row("all", kl=9.0)), record("search0", row("search", kl=0.2))],
    [record("home1", row("home", kl=0.6, auc=0.7)), record("search1", row("search", kl=0.2))],
]


def test_the_seeds_mean_stands_against_the_seeds_mean():
    lines = table1_measures.side_by_side(ONE, MANY).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]
    even = "1.000 / 1.000"  # calibration
    assert cells == [
        ["home", "standard", "ctr", "0.200000 / 0.400000", "+50.0%", "+50.0, +50.0", even, "0.7500 / 0.6500"],
        ["search", "standard", "ctr", "0.300000 / 0.200000", "-50.0%", "-50.0, -50.0", even, "- / -"],
    ]


def test_the_conclusion_counts_slices_alone():
    assert table1_measures.summary(ONE, MANY) == (
        "KL, which all are trained by, is lower with one model in 1 of 2 cells (-50.0% to +50.0%, mean +0.0%); "
        "AUC against the events is higher in 1 of 1."
    )


def test_a_record_without_kl_is_not_measured():
    assert table1_measures.measured(ONE)
    assert not table1_measures.measured([*ONE, record("older", row("home", kl=None))])
