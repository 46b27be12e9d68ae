"""What tells an event by itself is found in lists and vectors too: one token, one coordinate, or several together."""

import dataclasses

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import REQUESTS, SCHEMA, table
from tfrecords_tools.doctor.leaks import _by_numbers, _by_tokens, every_auc, examine
from tfrecords_tools.requests import Ragged
from tfrecords_tools.schema import Feature

SIZE = 3
WITH_MORE = dataclasses.replace(
    SCHEMA,
    features=(
        *SCHEMA.features,
        Feature(name="words", side="query", kind="ragged", dtype="bytes", hash_buckets=100),
        Feature(name="match", side="cross", kind="dense", dtype="float", size=SIZE),
    ),
)


def _found(change):
    def more(data):
        draw = np.random.default_rng(7)
        lengths = draw.integers(0, 4, REQUESTS)
        words = np.array([b"w%d" % n for n in draw.integers(0, 20, lengths.sum())], object)
        data["query"]["words"] = Ragged(words, lengths)
        data["cross"]["match"] = draw.normal(size=(len(data["owner"]), SIZE)).astype(np.float32)
        for side in ("query", "cross"):
            mask = data[f"{side}_mask"]
            data[f"{side}_mask"] = np.concatenate([mask, np.ones((len(mask), 1), bool)], axis=1)
        change(data)

    read = table(more, schema=WITH_MORE)
    return [each.said for each in examine(read, every_auc(read))]


def _lists(rows):
    tokens = [token for row in rows for token in row]
    return Ragged(np.array(tokens, object), np.array([len(row) for row in rows], np.int64))


def coordinate(data):
    data["cross"]["match"][:, 1] = data["event"]["ctr"]


def token(data):
    clicked = data["event"]["ctr"].reshape(REQUESTS, -1)
    data["event"]["ctr"] = np.repeat(clicked[:, 0], clicked.shape[1])
    data["event"]["gctr"][:] = 0
    words = [[b"bought", b"a"] if click else [b"a"] * (1 + n % 3) for n, click in enumerate(clicked[:, 0])]
    data["query"]["words"] = _lists(words)


def label(data):
    noise = np.random.default_rng(1).uniform(0, 0.01, len(data["owner"]))
    data["label"]["ctr"] = (data["label"]["ctr"] + noise).astype(np.float32)
    data["cross"]["match"][:, 2] = -data["label"]["ctr"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (coordinate, "cross/match alone tells event/ctr: AUC 1.000 by its value"),
        (token, "query/words alone tells event/ctr: AUC 1.000 by a token"),
        (label, "cross/match orders pairs as label/ctr does: rank correlation -1.000"),
    ],
)
def test_lists_and_vectors_that_hold_the_answer_are_found(change, said) -> None:
    assert said in _found(change)


def test_lists_and_vectors_of_chance_are_left_in_peace() -> None:
    assert _found(lambda data: None) == []


def test_the_token_that_tells_most_decides_and_no_row_tells_itself() -> None:
    """Token b'x' is in every positive; a token that occurs once has no rate but the average: 0 log odds."""
    positive = np.array([True, False] * 20)
    rows = [[b"x", b"u%d" % n] if hit else [b"u%d" % n] for n, hit in enumerate(positive)]
    told = _by_tokens(_lists(rows), positive, half=np.arange(40) % 4 < 2, known=np.ones(40, bool))
    assert np.all(told[positive] > 1)
    np.testing.assert_allclose(told[~positive], 0, atol=1e-6)


def test_a_vector_is_read_along_what_tells_the_other_half() -> None:
    positive = np.arange(40) % 2 == 0
    values = np.stack([np.full(40, 3.0), np.where(positive, 5.0, 4.0)], axis=1)
    told = _by_numbers(values, positive, half=np.arange(40) < 20, known=np.ones(40, bool))
    assert told[positive].min() > told[~positive].max()
    assert not _by_numbers(values, np.zeros(40, bool), half=np.arange(40) < 20, known=np.ones(40, bool)).any()
