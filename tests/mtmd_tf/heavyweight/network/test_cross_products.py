import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.reading import DataSet
from mtmd_tf.heavyweight.network import cross_products
from mtmd_tf.heavyweight.network.cross_products import CrossProducts


@pytest.fixture(scope="module")
def data(labeled) -> DataSet:
    return DataSet.open(labeled)


@pytest.fixture(scope="module")
def batch(data):
    return next(data.batches("train", batch_requests=30, cross=True))


@pytest.fixture(scope="module")
def layer(data) -> CrossProducts:
    """Every weight is another number."""
    layer = CrossProducts(data.schema, units=2)
    layer.table.assign(tf.random.stateless_normal(layer.table.shape, [1, 2]))
    return layer


def _fields(side, layout: SideLayout, row: int) -> list[tuple[int, int]]:
    """`(rows, code)` of the small categorical fields, code -1 where absent."""
    found = []
    for place, feature in enumerate(layout.of_kind("categorical")):
        if feature.table_rows <= 500:
            code = int(side.tokens[row, place]) - layout.table_offsets[feature.name]
            found.append((feature.table_rows, code if side.mask[row, place] else -1))
    return found


def test_it_adds_up_the_weight_of_each_pair_of_categories(data, batch, layer):
    """Against two loops over the fields that keep count of where each table begins."""
    schema, table, wanted = data.schema, layer.table.numpy(), []
    for pair, request in enumerate(batch.request.numpy()):
        query = [(1, 0), (len(schema.surfaces), int(batch.surface[request]))]
        query += _fields(batch.query, SideLayout("query", schema), request)
        item = [(1, 0), (len(schema.products), int(batch.product[pair]))]
        item += _fields(batch.item, SideLayout("item", schema), pair)
        begin, total = 0, np.zeros(2)
        for query_rows, asked in query:
            for item_rows, shown in item:
                if asked >= 0 and shown >= 0:
                    total += table[begin + asked * item_rows + shown]
                begin += query_rows * item_rows
        assert begin == len(table)
        wanted.append(total)
    np.testing.assert_allclose(layer(batch), wanted, atol=1e-4)


def test_what_is_absent_changes_nothing(batch, layer):
    absent = batch.item._replace(mask=tf.zeros_like(batch.item.mask))
    moved = absent._replace(tokens=tf.reverse(absent.tokens, axis=[0]))
    np.testing.assert_array_equal(layer(batch._replace(item=absent)), layer(batch._replace(item=moved)))


def test_large_tables_take_no_part(data, batch, monkeypatch):
    """Fields with more rows than the limit may change without a trace; the rest may not."""
    layouts = {side: SideLayout(side, data.schema) for side in ("query", "item")}
    sizes = sorted({f.table_rows for layout in layouts.values() for f in layout.of_kind("categorical")})
    assert len(sizes) > 1
    monkeypatch.setattr(cross_products, "LARGE", sizes[0])
    layer = CrossProducts(data.schema, units=2)
    layer.table.assign(tf.random.stateless_normal(layer.table.shape, [1, 2]))
    for side, layout in layouts.items():
        for place, feature in enumerate(layout.of_kind("categorical")):
            rows = getattr(batch, side)
            tokens = rows.tokens.numpy()
            tokens[:, place] = layout.table_offsets[feature.name] + (tokens[:, place] + 1) % 2
            same = np.array_equal(layer(batch._replace(**{side: rows._replace(tokens=tokens)})), layer(batch))
            assert same == (feature.table_rows > sizes[0]), feature.name


def test_the_penalty_is_the_sum_of_sizes(data):
    layer = CrossProducts(data.schema, units=2)
    layer.table[3, 1].assign(-2.0)
    layer.table[5, 0].assign(0.5)
    assert float(layer.penalty()) == 2.5
