"""Whether a JSON value has the type that a dataclass declares for a field, and that type in words."""

import types
from typing import Any, get_args, get_origin

_WORDS = {str: "string", int: "integer", bool: "true or false", types.NoneType: "null"}


def fits(value: Any, hint: Any) -> bool:
    """Whether `value` is of `hint`: text is no list of letters, true is no 1, and 3.0 is no 3."""
    if isinstance(hint, types.UnionType):
        return any(fits(value, each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        return isinstance(value, list | tuple) and all(fits(each, get_args(hint)[0]) for each in value)
    return type(value) is hint


def in_words(hint: Any) -> str:
    """`hint` for people: `integer or null`, `[string, ...]`."""
    if isinstance(hint, types.UnionType):
        return " or ".join(in_words(each) for each in get_args(hint))
    if get_origin(hint) is tuple:
        return f"[{in_words(get_args(hint)[0])}, ...]"
    return _WORDS.get(hint, hint.__name__)
