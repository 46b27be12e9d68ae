"""Aligned Markdown tables."""

import pytest

from mtmd_tf.reporting.markdown import markdown_table


def test_names_stand_left_and_numbers_right() -> None:
    assert markdown_table(["surface", "KL"], [["home", "0.10"], ["a", "12.50"]], names=1) == (
        "| surface |    KL |\n| ------- | ----: |\n| home    |  0.10 |\n| a       | 12.50 |"
    )


def test_refuses_a_row_of_another_length() -> None:
    with pytest.raises(ValueError, match=r"a table of 2 columns \['a', 'b'\] was given a row of 1: \['x'\]"):
        markdown_table(["a", "b"], [["x"]], names=1)
