"""Tests of tfrecords_tools/logs/quotes.py."""

import pathlib

import pytest

from tests.malformed import refused
from tfrecords_tools.logs.quotes import require_doubled
from tfrecords_tools.requests import DataError


@pytest.mark.parametrize(
    "text",
    ['a,b\n1,"5"" nail"\n', 'a,b\n1,5" nail\n', 'a,b\n1,"x, ""y"" z"\n', "a,b\n1,2\n", 'a\n"two\nlines"\n'],
)
def test_doubled_quotes_and_quotes_in_plain_values_are_text(tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "log.csv").write_text(text, encoding="utf-8")
    require_doubled(tmp_path / "log.csv")


@pytest.mark.parametrize("value", [r'"5\" nail"', r'"say \"hi\""', '"two" words'])
def test_text_behind_a_closing_quote_is_refused_by_row(tmp_path: pathlib.Path, value: str) -> None:
    (tmp_path / "log.csv").write_text(f"a,b\n\n1,2\n1,{value}\n1,2\n", encoding="utf-8")
    message = r"log.csv, row 2: text stands behind a closing quote; a quote inside a value is doubled"
    with refused("log", value, DataError, match=message):
        require_doubled(tmp_path / "log.csv")


def test_a_value_too_long_for_this_look_is_left_to_the_reader(tmp_path: pathlib.Path) -> None:
    (tmp_path / "log.csv").write_text(f'a,b\n1,5" nail\n2,{"x" * 200_000}\n', encoding="utf-8")
    require_doubled(tmp_path / "log.csv")
