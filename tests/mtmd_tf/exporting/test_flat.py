"""Tests of mtmd_tf/exporting/flat.py, tokens.py and alignment.py: what the reader's indexer makes."""

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.exporting.alignment import Alignment
from mtmd_tf.exporting.flat import FlatIndexer
from mtmd_tf.features.batch import FlatSide, Side
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.indexing import SideIndexer
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.serving.rows import to_inputs, to_rows
from tests.drawn import Drawn
from tests.mtmd_tf.small import small_requests, small_schema, to_batch
from tfrecords_tools.feature import COMBINERS, KINDS
from tfrecords_tools.requests import Column, Ragged
from tfrecords_tools.schema import Feature, Schema, Task

LAYOUT = SideLayout("query", small_schema())  # fields: country, words, taste, age, visits


def flat(**inputs):
    dtypes = {"country": tf.string, "words": tf.string}
    return FlatIndexer(LAYOUT)({name: tf.constant(v, dtypes.get(name, tf.float32)) for name, v in inputs.items()})


def test_inputs_of_one_row_and_of_three_line_up_by_hand() -> None:
    inputs = [tf.constant([b"a", b"b", b"c"]), tf.constant([1.0]), tf.zeros([3, 2])]
    aligned = Alignment.of(inputs)
    assert int(aligned.rows) == 3
    assert aligned.own.numpy().tolist() == [3, 1, 3]
    assert aligned.width.numpy().tolist() == [1, 1, 2]
    assert aligned.index.numpy().tolist() == [[0, 3, 4], [1, 3, 5], [2, 3, 6]]
    assert aligned.part(1, 2).index.numpy().tolist() == [[0, 1], [0, 2], [0, 3]]


def test_an_input_without_rows_leaves_none() -> None:
    assert int(Alignment.of([tf.zeros([0]), tf.zeros([1, 2])]).rows) == 0


def test_two_rows_and_three_are_refused() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match=r"equally many rows, or one; they have.*2 3 1"):
        Alignment.of([tf.zeros([2]), tf.zeros([3]), tf.zeros([1])])


def test_tokens_by_hand() -> None:
    side = flat(country=[b"us", b"de"], words=[[b"red", b"", b"<empty>"]])
    hashed = int(tf.strings.to_hash_bucket_fast("red", 16))
    assert side.tokens.numpy()[:3].tolist() == [1, 2, 3 + hashed]  # fr, us, unknown; then 16 rows of words
    assert side.segment.numpy().tolist() == [0, 1, 2, -1, -1]  # two countries, one bag; what is no token counts nowhere
    assert side.index.numpy().tolist() == [[0, 2], [1, 2]]
    assert side.mask.numpy()[:, :2].tolist() == [[1, 1], [1, 1]]


def test_a_bag_that_is_present_and_empty_is_not_a_missing_one() -> None:
    side = flat(words=[[b"<empty>", b""], [b"", b""]])
    assert side.mask.numpy()[:, 1].tolist() == [1, 0]
    assert side.segment.numpy().tolist()[1:] == [-1] * 4


@pytest.mark.parametrize("admission", [False, True])
@pytest.mark.parametrize("name", ["query", "item"])
def test_the_reader_makes_the_same_fields(name: str, admission: bool) -> None:
    requests, schema = small_requests(40), small_schema()
    layout, batch = SideLayout(name, schema), to_batch(requests)
    columns, mask = (requests.query, requests.query_mask) if name == "query" else (requests.item, requests.item_mask)
    encoder = Encoder(layout, dim=4, admission=admission)
    if admission:
        encoder.stands_for.assign(np.arange(layout.table_rows) // 2)
    read = encoder(batch.query if name == "query" else batch.item)
    inputs = to_inputs(schema.features_of(name), to_rows(schema.features_of(name), columns, mask), where=name)
    served = encoder(FlatIndexer(layout)({feature: _tensor(own) for feature, own in inputs.items()}))
    np.testing.assert_array_equal(served.mask, read.mask)
    np.testing.assert_allclose(served.numbers, read.numbers, rtol=1e-6)
    here = read.mask[:, : read.embedded.shape[1], None]
    np.testing.assert_allclose(served.embedded * here, read.embedded * here, atol=1e-6)


TABLES = (
    {"dtype": "bytes", "vocabulary": ("us", "de")},
    {"dtype": "bytes", "hash_buckets": 7},
    {"dtype": "int64", "vocabulary": (7, -3)},
    {"dtype": "int64", "hash_buckets": 1},
)


@st.composite
def schemas(draw: st.DrawFn) -> Schema:
    """One to five query features of any kind, each on both surfaces or on one."""

    def feature(place: int) -> Feature:
        kind, table = draw(st.sampled_from(KINDS)), draw(st.sampled_from(TABLES))
        own = {
            "categorical": table,
            "ragged": {**table, "combiner": draw(st.sampled_from(COMBINERS))},
            "dense": {"dtype": "float", "size": draw(st.integers(1, 3))},
            "continuous": {"dtype": "float", "count_like": draw(st.booleans())},
        }[kind]
        surfaces = draw(st.sampled_from([None, ("home",), ("search",)]))
        return Feature(name=f"f{place}", side="query", kind=kind, surfaces=surfaces, **own)

    features = [feature(place) for place in range(draw(st.integers(1, 5)))]
    item = Feature(name="brand", side="item", kind="categorical", dtype="bytes", hash_buckets=2)
    surfaces, tasks = ("home", "search"), (Task(name="ctr"),)
    return Schema(name="any", surfaces=surfaces, products=("shop",), tasks=tasks, features=(*features, item))


@settings(max_examples=30)
@given(schema=schemas(), rows=st.integers(1, 6), seed=st.integers(0, 10**6))
def test_both_indexers_agree_on_any_rows_of_any_schema(schema: Schema, rows: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    texts = (b"us", b"de", "\u00e9".encode(), b"0001us", b"7")
    drawn = Drawn(random=random, texts=texts, least=-5, numbers=lambda shape: random.gamma(1.0, 3.0, shape))
    features, layout = schema.features_of("query"), SideLayout("query", schema)
    columns = {feature.name: drawn.column(feature, rows) for feature in features}
    present = drawn.mask(schema, "query", random.integers(0, 2, rows))
    read = SideIndexer(layout)({name: _tensor(column) for name, column in columns.items()}, tf.constant(present))
    inputs = to_inputs(features, to_rows(features, columns, present), where="query")
    served = FlatIndexer(layout)({name: _tensor(own) for name, own in inputs.items()})
    np.testing.assert_array_equal(served.mask, read.mask)
    np.testing.assert_allclose(served.numbers, read.numbers, rtol=1e-6)
    for row, place in np.argwhere(read.mask.numpy()[:, : len(layout.features) - read.numbers.shape[1]]):
        np.testing.assert_allclose(_served(served, layout, row, place), _read(read, layout, row, place), rtol=1e-6)


def _read(side: Side, layout: SideLayout, row: int, place: int) -> list[float]:
    """One present field of one row: its table rows and the factor of their sum, or its vector."""
    kinds = [len(layout.of_kind(kind)) for kind in ("categorical", "ragged")]
    if place < kinds[0]:
        return [int(side.tokens[row, place]), 1.0]
    if place < sum(kinds):
        rows = side.bags[place - kinds[0]][row].numpy().tolist()
        return [*rows, 1.0 / max(len(rows), 1) if layout.features[place].combiner == "mean" else 1.0]
    return side.vectors[place - sum(kinds)][row].numpy().tolist()


def _served(side: FlatSide, layout: SideLayout, row: int, place: int) -> list[float]:
    """The same field of a flat side."""
    tokens = side.index.shape[1]
    if place < tokens:
        mine = side.segment.numpy() == int(side.index[row, place])
        return [*side.tokens.numpy()[mine].tolist(), float(side.scale[row, place])]
    before = sum(len(vector) for vector in side.vectors[: place - tokens])
    return side.vectors[place - tokens][int(side.vector_index[row, place - tokens]) - before].numpy().tolist()


def _tensor(column: Column) -> tf.Tensor | tf.RaggedTensor:
    if isinstance(column, Ragged):
        return tf.RaggedTensor.from_row_lengths(_tensor(column.values), column.lengths)
    return tf.constant(column.tolist(), tf.string if column.dtype == object else tf.as_dtype(column.dtype))
