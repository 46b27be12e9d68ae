"""Aligned Markdown tables, and what becomes a cell."""

from mtmd_tf.reporting.markdown import Lacking, cell, number, table


def test_names_stand_left_and_numbers_right() -> None:
    assert table([{"surface": "home", "KL": "0.10"}, {"surface": "a", "KL": "12.50"}], names=1) == (
        "| surface |    KL |\n| ------- | ----: |\n| home    |  0.10 |\n| a       | 12.50 |"
    )


def test_a_column_that_a_line_lacks_has_no_value_there() -> None:
    assert table([{"a": "x", "b": "1"}, {"a": "y"}], names=1).splitlines()[-1] == "| y   |   - |"


def test_without_rows_there_is_no_table() -> None:
    assert table([], names=1) == ""


def test_a_number_has_its_unit_and_no_number_has_none() -> None:
    assert (number(1.25, "+.1f", unit="%"), number(None, ".1f", unit="%")) == ("+1.2%", "-")


def test_a_cell_is_its_format_or_what_stands_for_no_value() -> None:
    row = {"kl": 0.5, "auc": None}
    assert cell("{0[kl]:.1f} nats of {1}", row, "a|b {0}") == "0.5 nats of a|b {0}"
    assert (cell("{0[auc]:.2f}", row), cell("{0[auc]:.2f?none}", row)) == ("-", "none")
    assert cell("{0[mae]:.2f}", row) == "-"


def test_an_item_that_lacks_all_values_says_the_same_of_each() -> None:
    assert cell("{0.model.kl:+.1f}%", Lacking("N/A")) == "N/A"
