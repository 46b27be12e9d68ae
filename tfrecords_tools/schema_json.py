"""The parts of a schema as plain JSON types, and back."""

import dataclasses
import json
from typing import Any

from tfrecords_tools import json_types
from tfrecords_tools.schema_rules import SchemaError, require


def parse(content: bytes) -> Any:
    """JSON in UTF-8, whatever the locale; a byte order mark is fine, as editors of text put one.

    Raises:
        SchemaError: Other text, or a key that comes twice in one object, of which JSON would keep the last.
    """
    try:
        return json.loads(content.decode("utf-8-sig"), object_pairs_hook=_object)
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise SchemaError(
            f"line {line} is not UTF-8 (byte {content[error.start]:#x}); save the file as UTF-8"
        ) from error
    except json.JSONDecodeError as error:
        raise SchemaError(f"not JSON: line {error.lineno}, column {error.colno}: {error.msg}") from error
    except SchemaError:
        raise
    except ValueError as error:
        raise SchemaError("not a schema: a number has thousands of digits") from error
    except RecursionError as error:
        raise SchemaError("not a schema: lists or objects within each other without end") from error


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    for key in found:
        times = sum(name == key for name, _ in pairs)
        require(times == 1, f"the key {key!r} comes {times} times in one object; once is the rule")
    return found


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
