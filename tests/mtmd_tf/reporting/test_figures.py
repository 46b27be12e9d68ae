"""The common parts of figures."""

import pytest
from matplotlib.figure import Figure

from mtmd_tf.reporting.figures import log_x


@pytest.mark.parametrize(
    ("at", "labels"),
    [
        ([3028, 1, 3028], ["1", "3,028"]),
        ([0.25, 1e4, 1e5, 1e8], ["250m", "10,000", "100k", "100M"]),
        ([], ["1", "2", "5", "10", "20"]),
    ],
)
def test_ticks_of_a_logarithmic_axis_are_numbers_as_people_write_them(at, labels):
    figure = Figure()
    axes = figure.subplots()
    log_x(axes, at)
    axes.set_xlim(min(at, default=1), max(at, default=30))
    figure.draw_without_rendering()
    low, high = axes.get_xlim()
    assert [tick.label1.get_text() for tick in axes.xaxis.get_major_ticks() if low <= tick.get_loc() <= high] == labels
    assert not axes.xaxis.get_minor_ticks()
