"""Aligned Markdown tables, and what becomes a cell."""

from mtmd_tf.reporting.markdown import lines, number, table


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


def test_lines_are_written_as_the_table_looks() -> None:
    rows = [({"kl": 0.5, "auc": None}, "ctr"), ({"kl": 1.25}, "a|b {0}")]
    assert lines("task | KL | AUC", "{1} | {0[kl]:.1f} nats | {0[auc]:.2f}", rows, none="N/A") == [
        {"task": "ctr", "KL": "0.5 nats", "AUC": "N/A"},
        {"task": "a|b {0}", "KL": "1.2 nats", "AUC": "N/A"},
    ]
