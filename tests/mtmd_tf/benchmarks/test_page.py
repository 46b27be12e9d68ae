import pathlib

import pytest

from mtmd_tf.benchmarks.curves import Curve, Curves
from mtmd_tf.benchmarks.figures import Bench, Figure, Section
from mtmd_tf.benchmarks.page import BEGIN, END, between_marks, write
from mtmd_tf.config import ConfigError

CHECKOUT = pathlib.Path(__file__).parents[3]
CURVE = Curve(values=(1, 16), microseconds=(100.0, 109.0), stopped="no more memory")


def test_a_page_shows_the_folder_between_its_marks(tmp_path) -> None:
    folder, page = tmp_path / "results", tmp_path / "page.md"
    figure = Figure(name="fast", value=12.0, unit="times", target=10.0)
    Bench(rounds=3, sections={"training": Section(figures=(figure,), seconds=1.0)}).save(folder)
    Curves(rounds=3, curves={"surfaces": CURVE}).save(folder)
    page.write_text(f"# Speed\n\n{BEGIN}\nold\n{END}\n\nThe rest.\n")
    text = write(folder, page=page)
    once = page.read_text()
    assert "| fast " in text
    assert "| fast " in once
    assert "old" not in once
    assert once.endswith(f"{END}\n\nThe rest.\n")
    assert "![Cost of a pair in training](results/curves.png)" in once
    assert "- surfaces, microseconds a pair: 1: 100, 16: 109 (+9%); stopped: no more memory" in once
    assert (folder / "curves.png").stat().st_size > 0
    write(folder, page=page)
    assert page.read_text() == once


def test_a_page_without_a_place_and_a_folder_without_results_are_refused(tmp_path) -> None:
    with pytest.raises(ConfigError, match=r"page\.md has no place for the figures: they go between '<!-- figures"):
        between_marks("# Speed", "", name="page.md")
    with pytest.raises(ConfigError, match=r"has neither bench\.json nor curves\.json; python -m mtmd_tf\.jobs\.bench"):
        write(tmp_path)
