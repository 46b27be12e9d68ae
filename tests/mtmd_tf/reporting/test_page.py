"""Pages from templates: placeholders, tables as they look, and what is left out."""

import dataclasses
import pathlib

import pytest
import setuptools  # noqa: F401 - distutils is its own since Python 3.12

from distutils.core import run_setup  # isort: skip

import mtmd_tf
from mtmd_tf.reporting.page import page


@dataclasses.dataclass(frozen=True)
class Row:
    task: str
    kl: float | None


ROWS = [Row("ctr", 0.25), Row("a|b {x}", None)]


def filled(folder: pathlib.Path, text: str, **values) -> str:
    (folder / "page.md").write_text(text)
    return page(folder / "page.md", **values)


def test_a_table_is_written_as_it_looks(tmp_path):
    text = "# Of {name}\n\n| task | {name} |\n| --- | --: |\n| {rows.task} | {rows.kl:.1f} nats |\n"
    assert filled(tmp_path, text, name="KL", rows=ROWS[:1]) == (
        "# Of KL\n\n| task |       KL |\n| ---- | -------: |\n| ctr  | 0.2 nats |\n"
    )


def test_cells_are_text_and_a_missing_value_is_a_dash_or_what_the_template_says(tmp_path):
    text = "| task | KL | {of} |\n| --- | --: | --: |\n| {rows.task} | {rows.kl:.2f} | {rows.kl:.2f?N/A} |"
    last = filled(tmp_path, text, rows=ROWS, of="AUC").splitlines()[-1]
    assert last == r"| a\|b {x} |    - |  N/A |"
    rows = [({"kl": 1.0}, "x"), ({}, "y")]
    text = "| name | KL |\n| --- | --- |\n| {rows[1]} | {rows[0][kl]:.0f?none} |"
    assert [line.split()[3] for line in filled(tmp_path, text, rows=rows).splitlines()[2:]] == ["1", "none"]


def test_a_title_that_names_an_attribute_makes_a_column_for_each_of_its_values(tmp_path):
    cells = [("home", "ctr", 1.0, 10), ("search", "ctr", 2.0, 20), ("search", "gctr", None, 30)]
    text = "| slice | KL {c[1]} | {c[1]} |\n| --- | --: | --: |\n| {c[0]} | {c[2]:.1f?none} | {c[3]} |"
    assert filled(tmp_path, text, c=cells).splitlines() == [
        "| slice  | KL ctr | KL gctr | ctr | gctr |",
        "| ------ | -----: | ------: | --: | ---: |",
        "| home   |    1.0 |    none |  10 |    - |",
        "| search |    2.0 |    none |  20 |   30 |",
    ]


def test_two_texts_for_one_cell_are_refused(tmp_path):
    text = "| slice | {c[1]} |\n| --- | --: |\n| {c[0]} | {c[2]} |"
    with pytest.raises(ValueError, match="two texts for one cell of the column 'ctr': '1', '2'"):
        filled(tmp_path, text, c=[("home", "ctr", 1), ("home", "ctr", 2)])


def test_a_table_stands_apart_from_its_lead_and_is_left_out_with_it(tmp_path):
    text = "# T\n\nThe lead of {name}:\n| task |\n| --- |\n| {rows.task} |\n\nAnother:\n{made}\n"
    assert filled(tmp_path, text, name="x", rows=ROWS[:1], made="| a |") == (
        "# T\n\nThe lead of x:\n\n| task |\n| ---- |\n| ctr  |\n\nAnother:\n\n| a |\n"
    )
    assert filled(tmp_path, text, name="x", rows=[], made="") == "# T\n"


def test_a_line_without_value_is_left_out_and_its_neighbors_stay(tmp_path):
    text = "- one\n{two}\n- three of {many}"
    assert filled(tmp_path, text, two="", many=3) == "- one\n- three of 3\n"
    assert filled(tmp_path, text, two="- two", many="") == "- one\n- two\n"


def test_a_heading_with_nothing_below_it_is_left_out(tmp_path):
    text = "# T\n\n## A\n\n### B\n\n{b}\n\n## C\n\n{c}\n\n## D\n\nalways"
    assert filled(tmp_path, text, b="", c=[]) == "# T\n\n## D\n\nalways\n"
    assert (
        filled(tmp_path, text, b="x", c=["y", "z"]) == "# T\n\n## A\n\n### B\n\nx\n\n## C\n\ny\n\nz\n\n## D\n\nalways\n"
    )
    assert filled(tmp_path, "# T\n\n## A\n\n{a}", a=None) == "# T\n"


def test_a_placeholder_and_its_value_must_both_be_there(tmp_path):
    with pytest.raises(
        ValueError, match=r"page.md: each placeholder needs a value and each value a placeholder: \['b'\]"
    ):
        filled(tmp_path, "{a}", a="x", b="y")
    with pytest.raises(ValueError, match=r"\['a'\]"):
        filled(tmp_path, "{a}")


ROOT = pathlib.Path(mtmd_tf.__file__).parent
TEMPLATES = sorted(ROOT.rglob("*.md"))


def test_every_template_is_filled_by_code_beside_it():
    for template in TEMPLATES:
        beside = [path.read_text() for path in template.parent.glob("*.py")]
        own = template.with_suffix(".py")
        assert (own.exists() and "with_suffix" in own.read_text()) or any(
            f'"{template.name}"' in code for code in beside
        ), template


def test_every_template_is_part_of_the_package(monkeypatch):
    monkeypatch.chdir(ROOT.parent)
    patterns = run_setup("setup.py", stop_after="init").package_data["mtmd_tf"]
    assert {path for pattern in patterns for path in ROOT.glob(pattern)} == set(TEMPLATES)
