"""Texts that a person reads otherwise are found, in Parquet too, where a log's writer may have put numbers as text."""

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import table
from tfrecords_tools.doctor.finding import LOOK
from tfrecords_tools.doctor.texts import _looks, examine


def _found(change):
    return [(each.level, each.said) for each in examine(table(change))]


def test_words_that_say_nothing_is_there_are_found() -> None:
    def as_text(data):
        data["item"]["brand"] = np.where(np.arange(2400) % 4 == 0, b"nan", data["item"]["brand"]).astype(object)

    assert (LOOK, "25% of the values of item/brand say that none is there, such as 'nan'") in _found(as_text)


def test_whole_numbers_with_a_point_are_found() -> None:
    def doubles(data):
        data["item"]["brand"] = np.array([b"%d.0" % (len(b) + n % 5) for n, b in enumerate(data["item_id"])], object)

    ((level, said),) = _found(doubles)[:1]
    assert level == LOOK
    assert said.startswith("100% of the values of item/brand are whole numbers with .0 behind, such as '")


def test_ids_that_came_from_doubles_are_found() -> None:
    """A file of another writer had whole numbers: item 7 and item 7.0 would be two."""

    def doubles(data):
        ids = data["item_id"]
        data["item_id"] = np.array([i + b".0" if n % 4 else i for n, i in enumerate(_digits(ids))], object)

    assert any(said.startswith("75% of the values of item/id are whole numbers with .0") for _, said in _found(doubles))


def _digits(ids):
    return [b"%d" % int.from_bytes(i[-4:], "big") for i in ids]


def test_ids_that_look_alike_are_found() -> None:
    def padded(data):
        ids = data["item_id"]
        data["item_id"] = np.where(np.arange(len(ids)) % 5 == 0, np.array([i + b"\xc2\xa0" for i in ids], object), ids)

    ((_, said),) = _found(padded)
    assert "40 values of item/id differ from another in capitals, blanks, signs that nobody sees or Unicode" in said
    assert "\\xa0" in said


@pytest.mark.parametrize(
    "text", ["Zürich", "zu\u0308rich", " ZÜRICH ", "zürich\u200b", "zü\u00adrich", "\ufeffzürich", "zürich\u00a0"]
)
def test_texts_that_look_alike_are_one(text) -> None:
    assert _looks(text.encode()) == "zürich"


def test_other_texts_are_not_and_bytes_that_are_no_text_are_looked_at() -> None:
    assert _looks(b"zurich") != _looks("zürich".encode())
    assert _looks(b"\xff\xfe") == "\\xff\\xfe"
