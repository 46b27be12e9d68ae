"""Tests of tfrecords_tools/checks.py."""

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from tests.tfrecords_tools.tiny import tiny_items, tiny_requests, tiny_schema
from tfrecords_tools.checks import check_candidates, check_items, check_requests
from tfrecords_tools.requests import DataError, Ragged, Requests


def _set(path: str, row: int, value: object) -> Callable[[Requests], Requests]:
    def change(requests: Requests) -> Requests:
        field, _, name = path.partition(".")
        column = getattr(requests, field)
        (column[name] if name else column)[row] = value
        return requests

    return change


def _replace(**fields: object) -> Callable[[Requests], Requests]:
    return lambda requests: dataclasses.replace(requests, **fields)


def test_requests_that_obey_pass() -> None:
    check_requests(tiny_schema(), tiny_requests())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (_set("query.age", 0, np.nan), r"^request r0, query/age: finite where the mask says present; it is nan$"),
        (_set("item.image", 3, np.inf), r"^request r2, candidate a, item/image: finite where .*; it is \[inf inf\]$"),
        (_set("query.visits", 2, -1), r"^request r2, query/visits: count_like, so at least 0; it is -1.0$"),
        (_set("cross.seen", 7, -2), r"^request r3, candidate d, cross/seen: count_like, so at least 0; it is -2.0$"),
        (
            _set("query.country", 1, b""),
            r"^request r1, query/country: b'' and b'<empty>' are kept for what is missing or empty: .*; it is ''$",
        ),
        (
            _set("item.brand", 3, -(2**63)),
            r"^request r2, candidate a, item/brand: -9223372036854775808 and -4611686018427387904 are kept for .*; "
            r"it is -9223372036854775808$",
        ),
        (
            _set("cross.bought", 4, -(2**62)),
            r"^request r2, candidate b, cross/bought: .* are kept for .*; it is -4611686018427387904$",
        ),
        (_set("surface", 1, 2), r"^request r1, surface: an index into \['home', 'search'\]; it is 2$"),
        (_set("product", 4, -1), r"^request r2, candidate b, item/product: an index into .*; it is -1$"),
        (
            _set("label.ctr", 5, 1.5),
            r"^request r2, candidate d, label/ctr: a probability in \[0, 1\], or none: .* NaN in a record; it is 1.5$",
        ),
        (
            _set("label.gctr", 1, 0.5),
            r"^request r0, candidate b, label/gctr: NaN, as the task does not exist .*; it is 0.5$",
        ),
        (
            _set("event.ctr", 0, 2),
            r"^request r0, candidate a, event/ctr: 1, 0, or not observed: empty in a log, -1 in a record; it is 2$",
        ),
        (
            _set("event.gctr", 5, 0),
            r"^request r2, candidate d, event/gctr: -1, as the task does not exist .*; it is 0$",
        ),
        (_set("weight", 0, np.inf), r"^request r0, candidate a, weight: finite and at least 0; it is inf$"),
        (
            _set("query_mask", (0, 3), True),
            r"^request r0, query/words: absent outside surfaces \['search'\], as the schema says: leave it .*schema$",
        ),
        (
            _set("item_mask", (2, 2), True),
            r"^request r1, candidate c, item/discount: absent outside products \['shopping'\], as the schema says",
        ),
        (
            _set("cross_mask", (0, 1), True),
            r"^request r0, candidate a, cross/bought: absent outside products \['shopping'\], as the schema says",
        ),
        (_set("request_id", 3, b"r0"), r"^request r0, request_id: unique in the data set$"),
        (
            _set("request_id", 3, b"\xff3"),
            r"^request \\xff3, request_id: text in UTF-8, not empty, .*; it is '\\\\xff3'$",
        ),
        (_set("item_id", 1, b"b\0"), r"^request r0, candidate b\\x00, item/id: text in UTF-8, .*; it is 'b\\x00'$"),
        (_set("lengths", 1, 0), r"^request r1, lengths: at least one candidate; it is 0$"),
        (_set("lengths", 1, 3), r"^item_id: 10 values, as there are 10 pairs \(the sum of lengths\); it has 8$"),
        (_replace(bid=np.ones(3, np.float32)), r"^bid: 8 values, as there are 8 pairs; it has 3$"),
        (_replace(query_mask=np.ones((4, 4), bool)), r"^query/mask: bool \[4, 5\], .*; it is bool \[4, 4\]$"),
        (_replace(cross_mask=None), r"^cross/mask: bool \[8, 2\], .*; it is None$"),
        (_set("query.country", 0, "fr"), r"^query/country: bytes values; it holds mixed$"),
        (_replace(weight=np.ones(8)), r"^weight: float32 values; it holds float64$"),
        (_replace(label={"cvr": np.ones(8, np.float32)}), r"^task 'cvr' is not one of \['ctr', 'gctr'\]$"),
        (_replace(cross={}), r"^cross: the schema's features are \['seen', 'bought'\]; it has \[\]$"),
    ],
)
def test_a_broken_rule_names_row_field_and_rule(change: Callable[[Requests], Requests], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        check_requests(tiny_schema(), change(tiny_requests()))


def test_an_item_is_a_candidate_of_a_request_once() -> None:
    requests = tiny_requests()
    check_candidates(requests)
    requests.item_id[4] = b"a"
    with pytest.raises(DataError, match=r"^request r2, item/id: an item is a candidate once; it is 'a'$"):
        check_candidates(requests)


def test_a_value_under_a_false_mask_may_be_anything() -> None:
    requests = tiny_requests()
    requests.query["age"][2] = np.nan
    check_requests(tiny_schema(), requests)


@pytest.mark.parametrize("token", [b"", b"<empty>"])
def test_a_reserved_token_in_a_list_names_the_row_that_holds_it(token: bytes) -> None:
    requests = tiny_requests()
    requests.query["words"].values[2] = token  # the one word of r3
    with pytest.raises(DataError, match=rf"^request r3, query/words: .* are kept for .*; it is {token.decode()!r}$"):
        check_requests(tiny_schema(), requests)


def test_a_reserved_token_under_a_false_mask_is_a_placeholder() -> None:
    requests = tiny_requests()
    requests.query["country"][1] = b""
    requests.query_mask[1, 0] = False
    check_requests(tiny_schema(), requests)


def test_ragged_tokens_must_add_up() -> None:
    requests = tiny_requests()
    requests.query["words"] = Ragged(requests.query["words"].values[:2], requests.query["words"].lengths)
    with pytest.raises(DataError, match=r"query/words tokens: 3 values, .* \(the sum of its lengths\); it has 2"):
        check_requests(tiny_schema(), requests)


def test_a_dense_feature_has_its_size() -> None:
    requests = tiny_requests()
    requests.query["taste"] = np.zeros((4, 3), np.float32)
    with pytest.raises(DataError, match=r"query/taste: shape \[4, 2\]; it is \[4, 3\]"):
        check_requests(tiny_schema(), requests)


def test_an_item_stands_in_the_corpus_once() -> None:
    items = tiny_items()
    items.item_id[3] = b"a"
    with pytest.raises(DataError, match=r"item a, item/id: unique in the item corpus"):
        check_items(tiny_schema(), items)


def test_an_item_obeys_the_rules_of_its_features() -> None:
    items = tiny_items()
    items.item["price"][1] = -1
    with pytest.raises(DataError, match=r"item b, item/price: count_like, so at least 0; it is -1.0"):
        check_items(tiny_schema(), items)
