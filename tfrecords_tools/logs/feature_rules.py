"""The rules that the schema sets for a value, held while file and row of each value are known."""

import pathlib
from collections.abc import Iterator, Mapping

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tfrecords_tools.checks import COUNT_LIKE, kept_tokens, no_task, only_where
from tfrecords_tools.dtypes import ARROW_TYPES
from tfrecords_tools.logs.location import Location
from tfrecords_tools.schema import Feature, Schema, Task
from tfrecords_tools.tables import RESERVED_TOKENS

Columns = Mapping[str, pa.ChunkedArray]


def require_rules(columns: Columns, schema: Schema, *, path: pathlib.Path, rows: np.ndarray) -> None:
    """Refuses values that exist where the schema says that there is none, and those that their feature cannot have.

    Args:
        columns: Typed columns of a file by name, some or all, with the surface and the product where a log has them.
        schema: Schema that names the features and tasks.
        path: Path of the file.
        rows: `[rows]`, the number of each row in the file, from 1.

    Raises:
        DataError: The first such value of a column; it names file, row, column, rule and value.
    """
    for name, own, rule in _limited(schema):
        if name in columns:
            location = Location(path=path, column=name, rows=rows)
            for elsewhere in _elsewhere(own, columns, schema):
                location.refuse(pc.and_(_given(name, columns[name]), elsewhere), rule, columns[name])
    for feature in schema.features:
        if feature.key in columns:
            _require_kind(feature, columns[feature.key], Location(path=path, column=feature.key, rows=rows))


def _require_kind(feature: Feature, column: pa.ChunkedArray, location: Location) -> None:
    if feature.kind == "dense":
        lengths = pc.list_value_length(column)
        wrong = pc.not_equal(lengths, feature.size)
        if pc.any(wrong).as_py():
            came = lengths.filter(wrong)[0].as_py()
            location.refuse(wrong, f"a vector of {feature.size:,} numbers is the rule; it has {came:,}")
    if feature.count_like:
        location.refuse(pc.less(column, 0.0), COUNT_LIKE, column)
    if feature.dtype in RESERVED_TOKENS:
        kept = pa.array(RESERVED_TOKENS[feature.dtype], ARROW_TYPES[feature.dtype])
        if feature.kind == "ragged":
            lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy()
            location = location.take(np.repeat(np.arange(len(column)), lengths))
            column = pc.list_flatten(column)
        location.refuse(pc.is_in(column, value_set=kept), kept_tokens(feature.dtype), column)


def _limited(schema: Schema) -> Iterator[tuple[str, Feature | Task, str]]:
    """The columns of features and tasks that exist in some domains alone: name, where they exist, rule."""
    own: list[tuple[str, Feature | Task, str]] = [(each.key, each, only_where(each)) for each in schema.features]
    own += [(f"{kind}/{task.name}", task, no_task(kind)) for task in schema.tasks for kind in ("label", "event")]
    return (each for each in own if each[1].surfaces is not None or each[1].products is not None)


def _elsewhere(own: Feature | Task, columns: Columns, schema: Schema) -> Iterator[pa.ChunkedArray]:
    """For each side that limits it, `[rows]`: whether a row is of another domain; unknown names are refused later."""
    for column, domains, limit in (
        ("surface", schema.surfaces, own.surfaces),
        ("item/product", schema.products, own.products),
    ):
        if limit is not None and column in columns:
            others = [name.encode() for name in domains if name not in limit]
            yield pc.is_in(columns[column], value_set=pa.array(others, pa.binary()))


def _given(name: str, column: pa.ChunkedArray) -> pa.ChunkedArray:
    """`[rows]`: whether there is a value; an event of -1 was not observed."""
    there = pc.is_valid(column)
    return pc.and_(there, pc.fill_null(pc.not_equal(column, -1), False)) if name.startswith("event/") else there
