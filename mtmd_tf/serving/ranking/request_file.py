"""One request from a JSON file: `{"surface": "search", "query": {"age": 30, "words": ["red", "shoe"]}}`."""

import json
import pathlib
from typing import Any, NamedTuple

from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.user_errors import user_message

_KEYS = ("surface", "query", "request_id")
_RULE = 'a request is {"surface": name, "query": {feature: value}}'


class QueryRequest(NamedTuple):
    """One request's query side: its id, its surface, and the features that are present."""

    request_id: str
    surface: str
    features: dict[str, Any]


def read_request(path: str | pathlib.Path) -> QueryRequest:
    """Reads a request; a feature that is null or left out is missing.

    Raises:
        ServingError: Not such a file; it says the rule and what came.
    """
    path = pathlib.Path(path)
    try:
        plain = json.loads(path.read_text(encoding="utf-8-sig"), object_pairs_hook=_each_key_once)
    except OSError as error:
        raise ServingError(user_message(error)) from error
    except json.JSONDecodeError as error:
        raise _error(path, f"no JSON from line {error.lineno}, column {error.colno} on") from error
    except UnicodeDecodeError as error:
        raise _error(path, f"not UTF-8 from byte {error.start} on") from error
    except RecursionError as error:
        raise _error(path, "its lists are too deep") from error
    except ValueError as error:  # a key twice, or a number of thousands of digits
        raise _error(path, str(error)) from error
    return _checked(path, plain)


def _checked(path: pathlib.Path, plain: Any) -> QueryRequest:
    if not isinstance(plain, dict):
        raise _error(path, f"it holds {plain!r:.80}")
    unknown = sorted(set(plain) - set(_KEYS))
    if unknown:
        raise _error(path, f"no key {unknown[0]!r}; it has {list(_KEYS)}")
    for key in ("surface", "query"):
        if key not in plain:
            raise _error(path, f"it has no {key}")
    surface, query, request_id = plain["surface"], plain["query"], plain.get("request_id", path.name)
    if not isinstance(surface, str):
        raise _error(path, f"surface: a name; it is {surface!r:.80}")
    if not isinstance(query, dict):
        raise _error(path, f"query: features by name; it is {query!r:.80}")
    if isinstance(request_id, bool) or not isinstance(request_id, str | int):
        raise _error(path, f"request_id: text; it is {request_id!r:.80}")
    return QueryRequest(str(request_id), surface, query)


def _each_key_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """JSON lets a key come twice and Python keeps the last; which of them is meant, only their writer knows."""
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise ValueError(f"the key {next(name for name in names if names.count(name) > 1)!r} comes twice")
    return found


def _error(path: pathlib.Path, what: str) -> ServingError:
    return ServingError(f"{path}: {_RULE}; {what}")
