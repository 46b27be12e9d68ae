"""The parts of a schema as plain JSON types, and back."""

import dataclasses
from typing import Any

from tfrecords_tools import json_types
from tfrecords_tools.schema_rules import require


def plain(value: Any) -> Any:
    """A dataclass as dictionaries and lists; what is at its default is left out."""
    if dataclasses.is_dataclass(value):
        return {
            field.name: plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    return [plain(item) for item in value] if isinstance(value, tuple) else value


def without_descriptions(value: Any) -> Any:
    """Plain JSON types without what is there for people alone."""
    if isinstance(value, dict):
        return {key: without_descriptions(item) for key, item in value.items() if key != "description"}
    return [without_descriptions(item) for item in value] if isinstance(value, list) else value


def build(cls: type, plain: Any) -> Any:
    """The inverse of `plain` for one dataclass, whose own parts are built already.

    Raises:
        SchemaError: Unknown or missing keys, or values of other types; it names the field.
    """
    require(isinstance(plain, dict), f"a {cls.__name__} is a JSON object; it is {plain!r}")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in plain:
        require(key in fields, f"no field {key!r} in {cls.__name__}; it has {list(fields)}")
    where = f"{cls.__name__} {plain.get('name', '')!r}"
    for key, field in fields.items():
        require(key in plain or field.default is not dataclasses.MISSING, f"{where} needs the field {key!r}")
    for key, value in plain.items():
        wanted = fields[key].type
        require(
            json_types.fits(value, wanted), f"{where}, field {key!r}: {json_types.in_words(wanted)}; it is {value!r}"
        )
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()})
