"""How two schemas differ, in words: what tomorrow's logs have gained or lost."""

import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from tfrecords_tools import schema_json
from tfrecords_tools.printable import few
from tfrecords_tools.schema import FILE_NAME, Schema


def unlike(folder: pathlib.Path, other: Schema, *, fingerprint: str) -> str:
    """In brackets, how the schema in a data set's folder differs from another; nothing where it is not the data's.

    Args:
        folder: Folder of the data set.
        other: The other schema.
        fingerprint: Fingerprint of the schema that the data set was written with.
    """
    own = Schema.load(folder) if (folder / FILE_NAME).exists() else other
    return f" ({difference(own, other)})" if own.fingerprint() == fingerprint else ""


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
