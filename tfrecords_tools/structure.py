"""JSON as dataclasses by cattrs, and strictly: text is no list of letters, true is no 1 (docs/adr/0038)."""

import dataclasses
import json
import pathlib
import types
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, Union, get_args, get_origin, get_type_hints

import cattrs
from cattrs import cols
from cattrs.errors import AttributeValidationNote, BaseValidationError, IterableValidationNote
from cattrs.gen import make_dict_structure_fn

from tfrecords_tools.files import write_text

T = TypeVar("T")
Hook = Callable[[Any, Any], Any]

_WORDS = {str: "string", int: "integer", float: "number", bool: "true or false", types.NoneType: "null"}
_INFINITE = ("inf", "-inf", "nan")  # JSON has no number for them: a string says it
_MOST_LETTERS = 80  # of a value in an error


class StructureError(ValueError):
    """JSON of another structure than a dataclass has; one line names the field, the rule and the value."""


def structure(plain: Any, kind: type[T]) -> T:
    """JSON's types as a value of `kind`, a dataclass; its `__post_init__` checks what types cannot say.

    A field that is left out is at its default.

    Raises:
        StructureError: An unknown or a missing field, or a value of another type: the first of them.
    """
    return _CONVERTER.structure(plain, kind)


def plain(value: Any) -> Any:
    """The inverse of `structure`: dictionaries and lists, every field by its name."""
    return _CONVERTER.unstructure(value)


def save(path: pathlib.Path, value: Any) -> None:
    """Writes a dataclass as a JSON file that `load` reads, whole or not at all."""
    write_text(path, json.dumps(plain(value), indent=1) + "\n")


def load(path: pathlib.Path, kind: type[T], *, what: str, raises: type[Exception], rule: str = "") -> T:
    """Reads a JSON file of one dataclass.

    Args:
        path: File to read.
        kind: The dataclass.
        what: Name of such a file, for the error: `record of a finished run`.
        raises: The error to raise.
        rule: For people, what to do about another file.

    Raises:
        raises: No such file, no JSON, or JSON of another structure; one line names the file.
    """
    try:
        return structure(json.loads(path.read_text(encoding="utf-8")), kind)
    except (OSError, ValueError, RecursionError) as error:
        raise raises(f"{path} is no {what}: {error}{rule and '; '}{rule}") from error


def type_words(hint: Any) -> str:
    """A type for people: `integer or null`, `[string, ...]`, `{name: number}`."""
    arguments = get_args(hint)
    if _is_union(hint):
        return " or ".join(type_words(each) for each in arguments)
    if get_origin(hint) in (tuple, list):
        return f"[{type_words(arguments[0])}, ...]"
    if cols.is_mapping(hint):
        return f"{{name: {type_words(arguments[1] if arguments else Any)}}}"
    return "anything" if hint is Any else _WORDS.get(hint) or hint.__name__


class _UnfitError(ValueError):
    """A value of another type than its field's, which whoever knows the field says."""


def _to_dataclass(kind: Any, converter: cattrs.Converter) -> Hook:
    fields = {field.name: field for field in dataclasses.fields(kind)}
    hints, called = get_type_hints(kind), kind.__name__.lstrip("_")
    inner = make_dict_structure_fn(kind, converter)
    needed = [name for name, own in fields.items() if own.default is own.default_factory is dataclasses.MISSING]

    def hook(plain: Any, _: Any) -> Any:
        if not isinstance(plain, dict):
            raise StructureError(f"{called} is a JSON object; it is {_brief(plain)}")
        for name in plain:
            if name not in fields:
                raise StructureError(f"no field {name!r} in {called}; it has {list(fields)}")
        subject = f"{called} {plain['name']!r}" if "name" in plain else called
        for name in needed:
            if name not in plain:
                raise StructureError(f"{subject} needs the field {name!r}")
        try:
            return inner(plain, kind)
        except BaseValidationError as group:
            steps, error = _first(group)
        if not isinstance(error, StructureError | _UnfitError):
            raise error from None  # a class's own error, which names itself
        name, *steps = steps
        if isinstance(error, StructureError):
            raise StructureError(f"{_path([name, *steps])}{error}") from None
        rule = type_words(hints[name])
        raise StructureError(f"{subject}, field {name!r}: {rule}; it is {_brief(plain[name])}") from None

    return hook


def _first(error: BaseException) -> tuple[list[Any], BaseException]:
    """The steps to the first of the errors that cattrs has gathered, and that error."""
    steps: list[Any] = []
    while isinstance(error, BaseValidationError):
        error = error.exceptions[0]
        for note in getattr(error, "__notes__", ()):
            if isinstance(note, AttributeValidationNote):
                steps.append(note.name)
            elif isinstance(note, IterableValidationNote):
                steps.append(note.index)
    return steps, error


def _path(steps: list[Any]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)[1:] + ": "


def _brief(value: Any) -> str:
    said = repr(value)
    return said if len(said) <= _MOST_LETTERS else f"{said[:_MOST_LETTERS]}..."


def _exactly(*kinds: type) -> Hook:
    def hook(value: Any, _: Any) -> Any:
        if type(value) in kinds or (float in kinds and type(value) is int):
            return value
        if float in kinds and value in _INFINITE:
            return float(value)
        raise _UnfitError

    return hook


def _only(kinds: type | tuple[type, ...], inner: Hook) -> Hook:
    def hook(value: Any, hint: Any) -> Any:
        if not isinstance(value, kinds):
            raise _UnfitError
        return inner(value, hint)

    return hook


def _to_mapping(hint: Any, converter: cattrs.Converter) -> Hook:
    inner = cols.mapping_structure_factory(hint, converter, structure_to=dict)
    if get_args(hint)[:1] == (int,):  # a JSON object has names alone
        return _only(Mapping, lambda value, _: inner({int(name): each for name, each in value.items()}, hint))
    return _only(Mapping, inner)


def _to_list(hint: Any, converter: cattrs.Converter) -> Hook:
    return _only(list, cols.list_structure_factory(hint, converter))


def _to_tuple(hint: Any, converter: cattrs.Converter) -> Hook:
    return _only((list, tuple), cols.homogenous_tuple_structure_factory(hint, converter))


def _is_union(hint: Any) -> bool:
    return isinstance(hint, types.UnionType) or get_origin(hint) is Union


def _is_plain_union(hint: Any) -> bool:
    return _is_union(hint) and all(each in _WORDS for each in get_args(hint))


def _is_list(hint: Any) -> bool:
    return get_origin(hint) is list


def _is_tuple(hint: Any) -> bool:
    return get_origin(hint) is tuple and get_args(hint)[-1] is Ellipsis


def _converter() -> cattrs.Converter:
    converter = cattrs.Converter()
    for kind in (str, int, float, bool):
        converter.register_structure_hook(kind, _exactly(kind))
    converter.register_structure_hook_factory(_is_plain_union, lambda hint: _exactly(*get_args(hint)))
    converter.register_structure_hook_factory(cols.is_mapping)(_to_mapping)
    converter.register_structure_hook_factory(_is_list)(_to_list)
    converter.register_structure_hook_factory(_is_tuple)(_to_tuple)
    converter.register_structure_hook_factory(dataclasses.is_dataclass)(_to_dataclass)
    return converter


_CONVERTER = _converter()
