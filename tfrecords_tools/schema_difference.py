"""How two schemas differ, in words: what tomorrow's logs have gained or lost."""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from tfrecords_tools import schema_json
from tfrecords_tools.printable import few
from tfrecords_tools.schema import FILE_NAME, Schema


def refusal(folder: pathlib.Path, other: Schema, *, fingerprint: str, of: str = "") -> str:
    """That a data set has another schema than what is used with it: both, how they differ, and what to do.

    Args:
        folder: Folder of the data set, in which its schema may be.
        other: The other schema.
        fingerprint: Fingerprint of the schema that the data set was written with.
        of: What has the other schema, such as `the export exports/hf`; empty: nothing but the data set itself.
    """
    own = Schema.load(folder) if (folder / FILE_NAME).exists() else other
    how = f" ({difference(own, other)})" if own.fingerprint() == fingerprint else ""
    rule = "use the schema that the data set was written with, or build the data set again"
    if of:
        rule = f"{of} goes with data of its own schema alone: train and export on data of this one"
    return (
        f"{folder} was written with the schema {fingerprint}, but schema {other.name!r} is {other.fingerprint()}{how}; "
        f"{rule}"
    )


def difference(data: Schema, other: Schema) -> str:
    """What tells a data set's schema from another, such as `item/color in the data alone`; empty of equal ones."""
    return few(list(_differing(_parts(data), _parts(other))))


def _differing(data: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[str]:
    yield from (f"{name} in the data alone" for name in data if name not in other)
    yield from (f"{name} not in the data" for name in other if name not in data)
    both = [name for name in data if name in other]
    for name in both:
        fields = [key for key in {**data[name], **other[name]} if data[name].get(key) != other[name].get(key)]
        if fields:
            yield f"{name} with another {' and another '.join(fields)}"
    if both != [name for name in other if name in data]:
        yield "the same names in another order"


def _parts(schema: Schema) -> dict[str, dict[str, Any]]:
    """Each name of a schema, with what is said of it."""
    plain = schema_json.without_descriptions(schema.to_dict())
    parts = {"the schema": {key: value for key, value in plain.items() if not isinstance(value, list)}}
    parts |= {f"surface {name}": {} for name in schema.surfaces}
    parts |= {f"product {name}": {} for name in schema.products}
    parts |= {f"task {task['name']}": task for task in plain["tasks"]}
    return parts | {f"{feature['side']}/{feature['name']}": feature for feature in plain["features"]}
