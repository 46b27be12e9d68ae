"""The parts of a schema as plain JSON types, and back."""

import dataclasses
import json
from typing import Any

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
