"""Figures hold what the rows hold and are written where the report looks for them."""

import dataclasses
import pathlib

import numpy as np

from mtmd_tf.evaluation import figures
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import CalibrationRow, FunnelRow, Row
from tests.mtmd_tf.funnel_rows import funnel_row


def _row(product: str, task: str, log_mae: float | None) -> Row:
    return Row(surface="home", product=product, task=task, exists=log_mae is not None, log_mae=log_mae)


def _point(surface: str, product: str, probability: float, label: float) -> CalibrationRow:
    return CalibrationRow(
        surface=surface, product=product, task="ctr", low=0.0, high=1.0, pairs=9, probability=probability, label=label
    )


def _cut(top: int, cut: int, recall: float | None) -> FunnelRow:
    return funnel_row(top, cut, recall=recall)


_MODEL = (
    _row("standard", "ctr", 0.3),
    _row("standard", "octr", 0.6),
    _row("shopping", "ctr", 0.5),
    _row("shopping", "octr", None),
)
_EVALUATION = Evaluation(
    run="demo",
    data="eval",
    clip=1e-6,
    rows=_MODEL,
    baseline=tuple(dataclasses.replace(row, log_mae=0.5 if row.exists else None) for row in _MODEL),
    calibration=(
        _point("home", "standard", 0.9, 0.8),
        _point("home", "all", 0.01, 0.02),
        _point("home", "all", 0.1, 0.1),
        _point("all", "all", 0.01, 0.02),
    ),
    funnel=(_cut(1, 1, 0.5), _cut(1, 2, 0.75), _cut(5, 2, 0.3), _cut(5, 5, 0.9), _cut(5, 9, None)),
)


def test_heat_map_is_labeled_cell_by_cell() -> None:
    axes = figures.heat_map(_EVALUATION).axes[0]
    assert [text.get_text() for text in axes.texts] == ["+40.0%", "-20.0%", "+0.0%", "N/A"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["home x standard", "home x shopping"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["ctr", "octr"]


def test_heat_map_colors_are_even_about_zero() -> None:
    image = figures.heat_map(_EVALUATION).axes[0].images[0]
    np.testing.assert_allclose(image.get_clim(), (-40.0, 40.0))


def test_calibration_curve_is_label_over_prediction_of_each_surface() -> None:
    axes = figures.calibration_curves(_EVALUATION).axes[0]
    np.testing.assert_allclose(axes.lines[0].get_xydata(), [[0.01, 0.02], [0.1, 0.1]])
    assert len(axes.lines) == 2  # one surface and the diagonal


def test_recall_curves_begin_where_the_cut_can_hold_the_top() -> None:
    panels = figures.recall_curves(_EVALUATION).axes
    assert [panel.get_title() for panel in panels] == ["ctr, top 1", "ctr, top 5"]
    np.testing.assert_allclose(panels[0].lines[0].get_xydata(), [[1, 0.5], [2, 0.75]])
    np.testing.assert_allclose(panels[1].lines[0].get_xydata(), [[5, 0.9]])


def test_every_figure_is_written_where_the_report_looks(tmp_path: pathlib.Path) -> None:
    paths = figures.draw(_EVALUATION, tmp_path)
    assert list(paths.values()) == ["figures/improvement.png", "figures/calibration.png", "figures/recall.png"]
    for path in paths.values():
        assert (tmp_path / path).read_bytes().startswith(b"\x89PNG")


def test_a_figure_without_data_is_not_written(tmp_path: pathlib.Path) -> None:
    paths = figures.draw(dataclasses.replace(_EVALUATION, funnel=(), calibration=()), tmp_path)
    assert list(paths.values()) == ["figures/improvement.png"]
    assert [path.name for path in (tmp_path / "figures").iterdir()] == ["improvement.png"]


def test_the_same_rows_give_the_same_bytes(tmp_path: pathlib.Path) -> None:
    for folder in ("a", "b"):
        figures.draw(_EVALUATION, tmp_path / folder)
    first, second = ((tmp_path / folder / "figures" / "recall.png").read_bytes() for folder in ("a", "b"))
    assert first == second
