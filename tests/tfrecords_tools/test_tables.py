"""Tests of tfrecords_tools/tables.py."""

import pytest

from tfrecords_tools.schema_rules import SchemaError
from tfrecords_tools.tables import MOST_ROWS, in_units, require_rows, require_tokens, table_bytes


def test_a_row_is_its_weights_and_as_much_for_the_optimizer() -> None:
    assert table_bytes(1000, dim=16) == 1000 * 16 * 4 * 2


@pytest.mark.parametrize(
    ("size", "words"), [(0, "0.0 bytes"), (1023, "1,023.0 bytes"), (1024, "1.0 KiB"), (2**60, "1,024.0 PiB")]
)
def test_sizes_in_words(size: int, words: str) -> None:
    assert in_units(size) == words


def test_the_last_row_that_fits() -> None:
    require_rows(MOST_ROWS, "here")
    with pytest.raises(SchemaError, match=r"^here: 2,147,483,648 rows"):
        require_rows(MOST_ROWS + 1, "here")


def test_the_ends_of_int64_are_tokens_and_what_lies_beyond_is_none() -> None:
    require_tokens((2**63 - 1, 1 - 2**63), dtype="int64", where="here")
    for token in (2**63, -(2**63) - 1):
        with pytest.raises(SchemaError, match="an int64 is the rule"):
            require_tokens((token,), dtype="int64", where="here")
