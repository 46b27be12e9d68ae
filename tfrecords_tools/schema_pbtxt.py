"""The schema as TensorFlow Metadata, with domains as environments, for TensorFlow Data Validation."""

import pathlib
from collections.abc import Sequence

from google.protobuf import text_format
from tensorflow_metadata.proto.v0 import schema_pb2

from tfrecords_tools.feature import SIDES
from tfrecords_tools.files import write_text
from tfrecords_tools.masks import words
from tfrecords_tools.schema import Feature, Schema
from tfrecords_tools.specs import column_dtype

FILE_NAME = "schema.pbtxt"
_TYPE = {"bytes": schema_pb2.BYTES, "int64": schema_pb2.INT, "float": schema_pb2.FLOAT}


def write(folder: pathlib.Path, *, schema: Schema, columns: Sequence[str], compact: bool = False) -> None:
    """Writes `schema.pbtxt` into `folder`."""
    write_text(
        folder / FILE_NAME, text_format.MessageToString(to_proto(schema, columns, compact=compact), as_utf8=True)
    )


def to_proto(schema: Schema, columns: Sequence[str], *, compact: bool = False) -> schema_pb2.Schema:
    """Every key of a request, in the environments `surface/<name>` and `product/<name>`.

    A key is in every record, also where its feature cannot exist; the environment says where it means something.

    Args:
        schema: The data set's schema.
        columns: The optional keys that the records hold.
        compact: Whether rows of an item table stand for the items' own keys.
    """
    proto = schema_pb2.Schema(
        default_environment=[*_environments("surface", schema), *_environments("product", schema)]
    )
    for key in ("request_id", "surface"):
        _add(proto, key, "bytes")
    _add(proto, "timestamp", "int64")
    several = {side: words(len(schema.features_of(side))) for side in SIDES}
    _add(proto, "query/mask", "int64", least=several["query"], most=several["query"])
    if compact:
        _add(proto, "item/part", "int64")
        _add(proto, "item/row", "int64", most=None)
    else:
        _add(proto, "item/id", "bytes", most=None)
        _add(proto, "item/product", "bytes", most=None)
        _add(proto, "item/mask", "int64", least=several["item"], most=None)
    if schema.features_of("cross"):
        _add(proto, "cross/mask", "int64", least=several["cross"], most=None)
    for feature in schema.features:
        if compact and feature.side == "item":
            continue
        _add_feature(proto, schema, feature)
    for column in columns:
        _add_column(proto, schema, column)
    return proto


def _add_feature(proto: schema_pb2.Schema, schema: Schema, feature: Feature) -> None:
    most = (feature.size or 1) if feature.side == "query" else None
    if feature.kind == "ragged":
        added = _add(proto, feature.key, feature.dtype, least=0, most=None)
        if feature.side == "item":
            _add(proto, f"item/lengths/{feature.name}", "int64", most=None)
    else:
        added = _add(proto, feature.key, feature.dtype, least=feature.size or 1, most=most)
    if feature.description:
        added.annotation.comment.append(feature.description)
    added.not_in_environment.extend(_outside(schema, feature.surfaces, feature.products))
    if feature.count_like:
        added.float_domain.min = 0.0
    if feature.vocabulary is not None and feature.dtype == "bytes":
        added.string_domain.value.extend(feature.vocabulary)
        added.distribution_constraints.min_domain_mass = 0.0  # other tokens share the out-of-vocabulary row


def _add_column(proto: schema_pb2.Schema, schema: Schema, column: str) -> None:
    added = _add(proto, column, column_dtype(schema, column), most=None)
    group, _, name = column.partition("/")
    if name:
        task = schema.task(name)
        if task.description:
            added.annotation.comment.append(task.description)
        added.not_in_environment.extend(_outside(schema, task.surfaces, task.products))
    if group == "label":
        added.float_domain.min, added.float_domain.max = 0.0, 1.0
    elif group == "event":
        added.int_domain.min, added.int_domain.max = -1, 1
    else:
        added.float_domain.min = 0.0


def _add(proto: schema_pb2.Schema, key: str, dtype: str, *, least: int = 1, most: int | None = 1) -> schema_pb2.Feature:
    feature = proto.feature.add(name=key, type=_TYPE[dtype])
    feature.presence.min_fraction = 1.0
    feature.presence.min_count = 1
    feature.value_count.min = least
    if most is not None:
        feature.value_count.max = most
    return feature


def _environments(what: str, schema: Schema) -> list[str]:
    return [f"{what}/{name}" for name in (schema.surfaces if what == "surface" else schema.products)]


def _outside(schema: Schema, surfaces: Sequence[str] | None, products: Sequence[str] | None) -> list[str]:
    """The environments of the domains in which something cannot exist."""
    limits = (("surface", schema.surfaces, surfaces), ("product", schema.products, products))
    return [
        f"{what}/{name}"
        for what, every, inside in limits
        for name in every
        if inside is not None and name not in inside
    ]
