"""Reads the items of one part, a range of a shard, and lists the records that cannot be read (design section 3)."""

import hashlib
from collections.abc import Sequence
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf.serving.embedding.failed_items import FailedItem
from mtmd_tf.serving.embedding.parts import Part
from tfrecords_tools.parsing import FAILURES, failing_records
from tfrecords_tools.printable import listed
from tfrecords_tools.recover import recover
from tfrecords_tools.requests import DataError

_FINGERPRINT_BYTES = 16
_ID = {"item/id": tf.io.FixedLenFeature([], tf.string)}
_NAMES = _ID | {"item/product": tf.io.FixedLenFeature([], tf.string)}


class PartItem(NamedTuple):
    """An item that can be read: its position in the shard, its serialized record, and a hash of it."""

    position: int
    item_id: str
    product: str
    record: bytes
    fingerprint: bytes


def read_items(part: Part, *, products: Sequence[str]) -> tuple[list[PartItem], list[FailedItem]]:
    """All items of a part in order, and each record that is corrupt, unparsable or of an unknown product.

    Raises:
        DataError: No such shard, or one with more records than the data set's manifest says.
    """
    recovered = recover(part.data / part.shard, first=part.first, count=part.items)
    if part.last and recovered.more:
        raise DataError(
            f"{part.data / part.shard} holds more than the {part.first + part.items} items that the data set's "
            "manifest says; build it again"
        )
    items, failures = [], []
    read = len(recovered.records)
    if read < part.items:
        failures.append(_failure(part, read, items=part.items - read, reason=recovered.end))
    why = {place: "the record is corrupt" for place, sound in enumerate(recovered.intact) if not sound}
    sound = [place for place in range(read) if place not in why]
    unparsable = failing_records([recovered.records[place] for place in sound], _parse) if sound else {}
    why |= {sound[number]: reason for number, reason in unparsable.items()}
    places = [place for place in range(read) if place not in why]
    parsed = _parse([recovered.records[place] for place in places])
    for place, own_id, own_product in zip(places, parsed["item/id"], parsed["item/product"], strict=True):
        product = own_product.decode(errors="replace")
        record = recovered.records[place]
        if product not in products:
            why[place] = f"unknown product {product!r}; the export has {listed(products)}"
        elif own_id.decode(errors="replace").encode() != own_id:
            why[place] = "its id is not UTF-8"
        else:
            fingerprint = hashlib.blake2b(record, digest_size=_FINGERPRINT_BYTES).digest()
            items.append(PartItem(part.first + place, own_id.decode(), product, record, fingerprint))
    for place, reason in why.items():
        failures.append(_failure(part, place, item_id=_id_of(recovered.records[place]), reason=reason))
    return items, sorted(failures, key=lambda failure: failure.record)


def _failure(part: Part, place: int, *, reason: str, item_id: str | None = None, items: int = 1) -> FailedItem:
    return FailedItem(shard=part.shard, record=part.first + place, items=items, item_id=item_id, reason=reason)


def _id_of(record: bytes) -> str | None:
    """What can be read of the id, though the record may be corrupt."""
    try:
        return tf.io.parse_example(tf.constant([record]), _ID)["item/id"].numpy()[0].decode(errors="replace")
    except FAILURES:
        return None


def _parse(records: Sequence[bytes]) -> dict:
    return {
        name: column.numpy()
        for name, column in tf.io.parse_example(tf.constant(list(records), tf.string), _NAMES).items()
    }
