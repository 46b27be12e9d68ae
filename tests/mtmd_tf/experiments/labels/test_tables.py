import dataclasses

from mtmd_tf.experiments.labels import tables as ranker_tables
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality
from mtmd_tf.heavyweight.labels.sizes import SizeRow
from mtmd_tf.metrics import Row
from tests.mtmd_tf.experiments.folders import COMPARISON, LABELS


def row(**changes) -> LabelRow:
    return dataclasses.replace(LABELS, **changes)


def quality(*rows: LabelRow, **more) -> Quality:
    return Quality(split="eval", rows=rows, **more)


def lines(text: str, *, after: str = "") -> list[str]:
    """The lines of the first table behind the first line that begins so, the header and the rule among them."""
    found = text[text.index(f"\n{after}") if after else 0 :].partition("\n|")[2]
    return [f"|{line}" for line in found.partition("\n\n")[0].split("\n|")]


def cells(line: str) -> list[str]:
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_the_table_has_a_line_for_each_slice_and_one_for_all():
    rows = [row(surface=surface, product=product) for surface in ("home", "all") for product in ("standard", "all")]
    assert lines(ranker_tables.of_split(quality(*rows, row(task="gctr", events=0))))[2:] == [
        "| home    | standard | ctr  | 1,200 |     0.2500 | 0.7500 |         1.000 | 0.90 to 1.10 |     |",
        "| all     | all      | ctr  | 1,200 |     0.2500 | 0.7500 |         1.000 | 0.90 to 1.10 |     |",
    ]


def test_a_calibration_that_is_off_for_sure_is_marked():
    off = row(calibration=1.3, calibration_low=1.2, calibration_high=None, miscalibrated=True)
    assert lines(ranker_tables.of_split(quality(off)))[2].endswith(" 1.300 |  1.20 to any | off |")


CELLS = (
    row(),
    row(product="shopping", calibration=1.04),
    row(surface="search", calibration=1.2),  # its interval holds 1: too few events
    row(surface="search", product="shopping", calibration=1.2, miscalibrated=True),
    row(surface="all", product="all", calibration=1.1),
    row(surface="feed", pairs=0, events=0),
)


def test_the_summary_counts_cells_of_slice_and_task():
    assert ranker_tables.calibration_summary(quality(*CELLS)) == (
        "Label / event is within 5% of 1 in 2 of 4 cells, significantly off in 1, and in 1 too few events came to say."
    )


def test_calibration_is_counted_split_by_split_and_task_by_task():
    other = [dataclasses.replace(cell, task="gctr", calibration=1.0, miscalibrated=False) for cell in CELLS]
    found = lines(ranker_tables.of_splits([quality(*CELLS, *other)], []), after="## Calibration")
    assert cells(found[0])[4:] == ["slices", "within 5%", "significantly off", "too few events"]
    assert [cells(line) for line in found[2:]] == [
        ["eval", "ctr", "1.100", "0.90 to 1.10", "4", "2", "1", "1"],
        ["eval", "gctr", "1.000", "0.90 to 1.10", "4", "4", "0", "0"],
    ]


def test_what_is_off_for_sure_is_named():
    none = row(task="gctr", calibration=None, miscalibrated=True)
    assert ranker_tables.off_cells([quality(*CELLS, none)]) == (
        "Significantly off: ctr of search x shopping on eval (1.20), gctr of home x standard on eval (no event)."
    )
    assert ranker_tables.off_cells([quality(row())]) == "No slice is significantly off."


def test_auc_of_all_slices_together():
    found = lines(ranker_tables.of_splits([quality(*CELLS)], []))
    assert [cells(line) for line in found[2:]] == [["eval", "ctr", "1,200", "300", "0.7500"]]


def test_a_comparison_says_what_the_correction_was_worth_where_it_is_known():
    known = ranker_tables.comparison_table([COMPARISON]).splitlines()
    assert cells(known[0])[4:8] == ["ranker AUC", "not corrected", "LightGBM AUC", "difference"]
    assert cells(known[2]) == (
        ["eval", "ctr", "1,200", "300", "0.7500", "0.7400", "0.7450", "+0.0050", "-0.0010 to +0.0110", "ahead"]
    )
    unknown = ranker_tables.comparison_table([dataclasses.replace(COMPARISON, uncorrected=None)]).splitlines()
    assert cells(unknown[2])[4:8] == ["0.7500", "N/A", "0.7450", "+0.0050"]


def test_the_truth_tables_have_every_measure():
    measures = {"label_mean": 0.25, "mae": 0.125, "log_mae": 0.5, "kl": 0.0625, "calibration": 1.5}
    home = Row(surface="home", product="standard", task="ctr", exists=True, pairs=40, **measures)
    everywhere = dataclasses.replace(home, surface="all", product="all", pairs=80)
    split = quality(truth=(home, everywhere))
    [of_home, of_all] = ranker_tables.truth_table(split).splitlines()[2:]
    assert [float(cell) for cell in cells(of_home)[3:]] == [40, 0.25, 0.125, 0.5, 0.0625, 1.5]
    assert cells(of_all)[:4] == ["all", "all", "ctr", "80"]


def test_labels_near_the_truth_are_counted():
    home = Row(surface="home", product="standard", task="ctr", exists=True, pairs=40, label_mean=0.25, mae=0.125,
               log_mae=0.5, kl=0.0625, calibration=1.04)  # fmt: skip
    rows = [home, dataclasses.replace(home, surface="search", calibration=0.9)]
    rows += [dataclasses.replace(home, surface="all", product="all", pairs=80, calibration=0.97)]
    [line] = lines(ranker_tables.of_splits([quality(truth=tuple(rows))], []), after="## Distance")[2:]
    assert cells(line) == ["eval", "ctr", "80", "0.2500", "0.1250", "0.500", "0.06250", "0.970", "2", "1"]


def test_the_table_of_sizes_says_whether_rare_events_are_as_rare_as_their_labels():
    size = SizeRow(task="ctr", low=1e-3, pairs=12_345, label=40.04, event=133, calibration=0.3011)
    [line] = lines(ranker_tables.of_split(quality(sizes=(size,))), after="By the size")[2:]
    assert cells(line) == ["ctr", "1e-03 to 1e-02", "12,345", "40.0", "133", "0.30"]
