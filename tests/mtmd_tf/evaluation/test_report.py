"""The report says what the rows hold, in a table that a person can read."""

import dataclasses
import re
from html import escape

import pytest

from mtmd_tf.evaluation.report import report
from mtmd_tf.evaluation.result import Breakdown, Evaluation
from mtmd_tf.metrics import FunnelRow, Row
from mtmd_tf.reporting.html import page
from tests.mtmd_tf.funnel_rows import funnel_row


def _row(surface: str, product: str, task: str, log_mae: float | None, **more: float) -> Row:
    return Row(surface=surface, product=product, task=task, exists=log_mae is not None, log_mae=log_mae, **more)


def _funnel(surface: str, top: int, cut: int, *, requests: int = 500) -> FunnelRow:
    return funnel_row(top, cut, surface=surface, requests=requests)


_MODEL = (
    _row("search", "standard", "ctr", 0.3, pairs=1200, kl=0.002, auc=0.75, calibration=1.02),
    _row("search", "shopping", "ctr", 0.6, pairs=100, kl=0.004),
    _row("search", "standard", "octr", 0.2),
    _row("search", "shopping", "octr", None),
    _row("home", "standard", "ctr", 0.45),
    _row("home", "shopping", "ctr", 0.45),
    _row("home", "standard", "octr", 0.25),
    _row("home", "shopping", "octr", None),
)
_MEAN = tuple(dataclasses.replace(row, log_mae=0.5 if row.exists else None, kl=0.008) for row in _MODEL)
_EVALUATION = Evaluation(
    run="demo", data="data/demo, split eval", clip=1e-6, rows=_MODEL, baseline=_MEAN, details={"checkpoint": "step 12"}
)


def _lines(text: str, start: str) -> list[list[str]]:
    return [
        [cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith(start)
    ]


def test_head_names_run_data_clip_and_pairs() -> None:
    text = report(_EVALUATION)
    assert text.startswith("# Evaluation of demo\n")
    for line in (
        "- data: data/demo, split eval",
        "- pairs: 1,200 with a label of ctr",
        "- LogMAE's clip: 1e-06",
        "- checkpoint: step 12",
    ):
        assert f"\n{line}\n" in text


def test_overview_counts_the_cells_that_are_better() -> None:
    assert "Better in 5 of 6 cells of surface x product x task: -20.0% to +60.0%, median +25.0%." in report(_EVALUATION)


def test_overview_is_slices_by_tasks_with_na_where_a_task_does_not_exist() -> None:
    lines = _lines(report(_EVALUATION), "| search ")
    assert lines[0] == ["search", "standard", "+40.0%", "+60.0%"]
    assert lines[1] == ["search", "shopping", "-20.0%", "N/A"]


def test_each_task_has_the_model_next_to_the_mean() -> None:
    section = report(_EVALUATION).split("## ctr\n")[1]
    assert _lines(section, "| surface")[0] == [
        "surface",
        "product",
        "LogMAE",
        "mean's",
        "better",
        "KL",
        "mean's KL",
        "KL better",
        "AUC",
    ]
    assert _lines(section, "| search ")[0] == [
        "search",
        "standard",
        "0.3000",
        "0.5000",
        "+40.0%",
        "0.00200",
        "0.00800",
        "+75.0%",
        "0.7500",
    ]


def test_every_measure_of_a_missing_task_is_na_and_of_missing_data_a_dash() -> None:
    section = report(_EVALUATION).split("## octr\n")[1]
    standard, shopping = _lines(section, "| home ")[:2]
    assert shopping[2:] == ["N/A"] * 7
    assert standard[2:] == ["0.2500", "0.5000", "+50.0%", "-", "0.00800", "-", "-"]


def test_the_highlighted_surface_is_listed_first() -> None:
    surfaces = [
        line[0] for line in _lines(report(_EVALUATION, highlight_surface="home"), "| ") if line[1] == "standard"
    ]
    assert surfaces[:2] == ["home", "search"]
    assert [line[0] for line in _lines(report(_EVALUATION), "| ") if line[1] == "standard"][:2] == ["search", "home"]


def test_refuses_an_unknown_surface() -> None:
    with pytest.raises(ValueError, match=r"surface 'hom' is not one of \['search', 'home'\]"):
        report(_EVALUATION, highlight_surface="hom")


def test_funnel_has_recall_next_to_chance_for_each_cut() -> None:
    rows = tuple(
        _funnel(surface, top, cut) for surface in ("search", "home", "all") for top in (1, 5) for cut in (2, 5)
    )
    section = report(dataclasses.replace(_EVALUATION, funnel=rows)).split("## Funnel\n")[1]
    assert _lines(section, "| surface") == [
        ["surface", "task", "K", "N = 2", "N = 5"],
        ["surface", "task", "requests", "Spearman", "N = 2", "N = 5"],
    ]
    assert _lines(section, "| search ") == [
        ["search", "ctr", "1", "75.0% / 25%", "75.0% / 25%"],
        ["search", "ctr", "5", "-", "75.0% / 25%"],  # 2 kept cannot hold 5
        ["search", "ctr", "600", "0.500", "12.5% / 50%", "12.5% / 50%"],
    ]


@pytest.mark.parametrize(
    "hostile", ["<script>alert(1)</script>", "![x](/etc/passwd)", "[x](javascript:alert(1))", "a|b"]
)
def test_a_category_is_text_in_the_report_and_on_its_page(hostile, tmp_path) -> None:
    row = _row("all", "all", "ctr", 0.3, pairs=9, group=hostile)
    breakdown = Breakdown(by="item/brand", rows=(row,), baseline=(row,))
    text = report(dataclasses.replace(_EVALUATION, breakdowns=(breakdown,)))
    html = page(text, folder=tmp_path)
    assert f"<td>{escape(hostile, quote=False)}</td>" in html
    assert not re.search(r"<script|<img|href=.javascript", html)


def test_funnel_has_hit_rates_where_there_are_events_and_a_part_by_ecpm_where_there_are_bids() -> None:
    hits = dataclasses.replace(_funnel("home", 1, 2), events=400, hit_rate=0.5, hit_rate_by_chance=0.125)
    few = dataclasses.replace(_funnel("home", 1, 5), events=99, hit_rate=0.75, hit_rate_by_chance=0.25)
    text = report(dataclasses.replace(_EVALUATION, funnel=(hits, few), ecpm_funnel=(_funnel("home", 1, 2),)))
    section, by_ecpm = text.split("## Funnel\n")[1].split("### Funnel by eCPM\n")
    assert _lines(section, "| home ")[-1] == ["home", "ctr", "50.0% / 12%", "~75.0% / 25%"]
    assert _lines(by_ecpm, "| home ")[0] == ["home", "ctr", "1", "75.0% / 25%"]
    assert "Hit rate" not in by_ecpm  # without events
    assert "eCPM" not in report(dataclasses.replace(_EVALUATION, funnel=(hits,)))


def test_funnel_is_left_out_where_no_request_has_anything_to_cut() -> None:
    alone = dataclasses.replace(_funnel("home", 1, 1, requests=0), ranked_requests=0, recall=None, score_loss=None)
    assert "Funnel" not in report(dataclasses.replace(_EVALUATION, funnel=(alone,)))
    some = (_funnel("home", 1, 1), dataclasses.replace(alone, product="shopping"))
    text = report(dataclasses.replace(_EVALUATION, funnel=some))
    assert "## Funnel\n" in text
    assert "shopping alone" not in text


def test_funnel_marks_what_few_requests_say() -> None:
    section = report(dataclasses.replace(_EVALUATION, funnel=(_funnel("home", 1, 2, requests=99),))).split(
        "## Funnel\n"
    )[1]
    assert _lines(section, "| home ")[0][-1] == "~75.0% / 25%"


def test_figures_are_shown_by_their_paths() -> None:
    assert "\n![Calibration](figures/calibration.png)\n" in report(
        _EVALUATION, figures={"Calibration": "figures/calibration.png"}
    )


def test_tables_fit_130_columns() -> None:
    funnel = tuple(_funnel(surface, 1, cut) for surface in ("related_pin", "search") for cut in (1, 2, 5, 10, 20, 50))
    text = report(dataclasses.replace(_EVALUATION, funnel=funnel))
    assert max(len(line) for line in text.splitlines()) <= 130


def test_warnings_stand_above_the_figures() -> None:
    text = report(dataclasses.replace(_EVALUATION, warnings=("home x shopping has no labeled training pair.",)))
    assert text.index("- **warning**: home x shopping has no") < text.index("## LogMAE against the training mean")
