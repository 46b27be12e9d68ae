"""Fields, mask bits and table rows of the small schema, counted by hand."""

import pytest

from mtmd_tf.features.layout import SideLayout
from tests.mtmd_tf.small import small_schema

QUERY = SideLayout("query", small_schema())
ITEM = SideLayout("item", small_schema())


def names(features) -> list[str]:
    return [feature.name for feature in features]


def test_fields_stand_by_kind_and_then_in_schema_order():
    assert names(QUERY.features) == ["country", "words", "taste", "age", "visits"]
    assert names(ITEM.features) == ["brand", "tags", "image", "price", "discount"]


def test_each_field_knows_its_bit_in_the_records_mask():
    # the schema's order is age, country, visits, words, taste
    assert QUERY.mask_bits == (1, 3, 4, 0, 2)


def test_tables_lie_one_after_another():
    # 2 countries and the unknown one, then 16 hash buckets
    assert QUERY.table_offsets == {"country": 0, "words": 3}
    assert QUERY.table_rows == 19


def test_of_kind():
    assert names(QUERY.of_kind("continuous")) == ["age", "visits"]
    assert QUERY.of_kind("ragged") == (QUERY.features[1],)


@pytest.mark.parametrize(
    ("layout", "domain", "fields"),
    [
        (QUERY, "search", (0, 1, 2, 3, 4)),
        (QUERY, "home_feed", (0, 2, 3, 4)),
        (ITEM, "standard", (0, 1, 2, 3)),
        (ITEM, "shopping", (0, 1, 2, 3, 4)),
    ],
)
def test_a_domain_has_the_fields_that_can_exist_there(layout, domain, fields):
    assert layout.fields_of(domain) == fields


def test_the_shallow_experts_fields_are_the_descriptors():
    assert QUERY.descriptors_of("search") == (0,)


def test_a_domain_has_the_tasks_of_its_slices():
    assert ITEM.tasks_of("standard") == QUERY.tasks_of("search") == {"ctr", "gctr", "octr"}
    assert ITEM.tasks_of("shopping") == {"ctr", "gctr"}
