"""Converts requests and items between plain Python values and the inputs of a signature."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.score_features import term_of
from mtmd_tf.serving.missing import EMPTY, MISSING
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.dtypes import NUMPY_TYPES
from tfrecords_tools.printable import listed
from tfrecords_tools.requests import Column, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema

Row = Mapping[str, Any]  # feature name to value: a token, a number, or a list of either; None and left out: missing

_LONGEST_VALUE = 80  # of what a message quotes


def to_rows(features: Sequence[Feature], columns: Mapping[str, Column], mask: np.ndarray) -> list[dict[str, Any]]:
    """Columns of a record block to one dict a row, of the features that are present.

    Args:
        features: Features of one side, in mask order.
        columns: Columns of rows, by feature.
        mask: `[rows, features]` bool.
    """
    rows: list[dict[str, Any]] = [{} for _ in range(len(mask))]
    for bit, feature in enumerate(features):
        column = columns[feature.name]
        offsets = np.concatenate([[0], np.cumsum(column.lengths)]) if isinstance(column, Ragged) else np.empty(0)
        for row in np.flatnonzero(mask[:, bit]):
            ragged = isinstance(column, Ragged)
            value = column.values[offsets[row] : offsets[row + 1]] if ragged else column[row]
            rows[row][feature.name] = value.tolist() if isinstance(value, np.ndarray | np.generic) else value
    return rows


def pair_numbers(schema: Schema, requests: Requests, names: Sequence[str]) -> dict[str, np.ndarray]:
    """`{name: [pairs]}` float32 of the named cross features, which are numbers; NaN where missing."""
    mask, bits = requests.cross_mask, [feature.name for feature in schema.features_of("cross")]
    if mask is None:
        return {}
    return {name: np.where(mask[:, bits.index(name)], requests.cross[name], np.float32("nan")) for name in names}


def pair_term(spec: RankerSpec, requests: Requests) -> dict[str, np.ndarray]:
    """`{task: [pairs]}`, what an export's score features add to the logits; `[1]` zeros where it has none."""
    numbers = pair_numbers(spec.schema, requests, [feature.name for feature in spec.score_features])
    return term_of(spec.score_features, [task.name for task in spec.tasks], list(numbers.values()) or None)


def to_inputs(features: Sequence[Feature], rows: Sequence[Row], *, where: str) -> dict[str, np.ndarray]:
    """Dictionaries, one for each row, to the inputs of a signature, `{feature: [rows, ...]}`.

    Args:
        features: Features of the signature.
        rows: Text may be str or bytes.
        where: Name of the domain in errors, such as `surface search`.

    Raises:
        ServingError: A feature that does not exist there, or a value of another type or size.
    """
    names = [feature.name for feature in features]
    for row in rows:
        if not isinstance(row, Mapping):
            raise ServingError(f"the features on {where}: {{name: value}}; it is {row!r:.80}")
        unknown = sorted(set(row) - set(names), key=str)
        if unknown:
            raise ServingError(f"no feature {unknown[0]!r} on {where}; it has {listed(names)}")
    return {feature.name: _column(feature, [row.get(feature.name) for row in rows]) for feature in features}


def _column(feature: Feature, values: list[Any]) -> np.ndarray:
    missing = MISSING[feature.dtype]
    if feature.kind == "ragged":
        lists = [_tokens(feature, value) for value in values]
        width = max([1, *map(len, lists)])
        lists = [tokens + [missing] * (width - len(tokens)) for tokens in lists]
        return _array(feature, lists, shape=(len(values), width))
    if feature.dtype == "float":
        return _numbers(feature, values)
    return _array(feature, [missing if v is None else _token(feature, v) for v in values], shape=(len(values),))


def number_column(feature: Feature, values: Sequence[Any] | np.ndarray) -> np.ndarray:
    """`[rows]` float32, or `[rows, size]` of a dense feature, NaN where missing; an array is checked at once.

    Raises:
        ServingError: A value that the log's own rules refuse; it names the feature.
    """
    if isinstance(values, np.ndarray) and values.dtype.kind in "fiu" and values.ndim == 1 and feature.size is None:
        with np.errstate(over="ignore"):  # above 3.4e38: infinite, which is refused
            return _in_bounds(feature, values, values.astype(np.float32, copy=False))
    return _numbers(feature, list(values))


def _numbers(feature: Feature, values: list[Any]) -> np.ndarray:
    """`[rows]`, or `[rows, size]` of a dense feature; refuses what the log's own rules refuse."""
    for value in values:
        if value is not None:
            _require_numbers(feature, value)
    missing: Any = MISSING["float"] if feature.size is None else [MISSING["float"]] * feature.size
    shape = (len(values),) if feature.size is None else (len(values), feature.size)
    array = _array(feature, [missing if value is None else value for value in values], shape=shape)
    return _in_bounds(feature, values, array)


def _in_bounds(feature: Feature, values: Sequence[Any] | np.ndarray, array: np.ndarray) -> np.ndarray:
    if np.isinf(array).any():
        raise ServingError(f"{feature.key}: a finite number of at most 3.4e38; it is {_first(values, array, np.isinf)}")
    if feature.count_like and (array < 0).any():
        raise ServingError(
            f"{feature.key}: count_like, so at least 0; it is {_first(values, array, lambda own: own < 0)}"
        )
    if feature.size is not None:
        absent = np.isnan(array).sum(axis=1)
        if ((absent > 0) & (absent < feature.size)).any():
            raise ServingError(f"{feature.key}: {feature.size} numbers, or none; some of them are not a number (NaN)")
    return array


def _require_numbers(feature: Feature, value: Any) -> None:
    """A number is neither text nor true or false, though NumPy would make one of either."""
    parts = [value] if feature.size is None else value
    if isinstance(parts, np.ndarray):
        kinds = {parts.dtype.type}
    elif isinstance(parts, list | tuple):
        kinds = set(map(type, parts))
    else:
        raise ServingError(f"{feature.key}: a list of {feature.size} numbers; it is {value!r}")
    if not all(issubclass(kind, int | float | np.integer | np.floating) and kind is not bool for kind in kinds):
        raise ServingError(f"{feature.key}: {'a number' if feature.size is None else 'numbers only'}; it is {value!r}")


def _first(values: Sequence[Any] | np.ndarray, array: np.ndarray, wrong: Callable[[np.ndarray], np.ndarray]) -> str:
    """The first value that is wrong, as it was given."""
    place = tuple(np.argwhere(wrong(array))[0].tolist())
    value = values[place[0]] if len(place) == 1 else values[place[0]][place[1]]
    return repr(value.item() if isinstance(value, np.generic) else value)


def _tokens(feature: Feature, value: Any) -> list[Any]:
    if value is None:
        return []
    if not isinstance(value, list | tuple | np.ndarray):
        raise ServingError(f"{feature.key}: a list of tokens{_or_none(value)}; it is {value!r}")
    return [_token(feature, token) for token in value] or [EMPTY[feature.dtype]]


def _token(feature: Feature, value: Any) -> Any:
    value = utf8(value, what=feature.key) if isinstance(value, str) and feature.dtype == "bytes" else value
    if feature.dtype == "bytes" and not isinstance(value, bytes):
        raise ServingError(f"{feature.key}: text{_or_none(value)}; it is {value!r}")
    if feature.dtype == "int64" and (isinstance(value, bool) or not isinstance(value, int | np.integer)):
        raise ServingError(f"{feature.key}: a whole number{_or_none(value)}; it is {value!r}")
    if feature.dtype != "float" and value in (MISSING[feature.dtype], EMPTY[feature.dtype]):
        raise ServingError(
            f"{feature.key}: {value!r} is kept for what is missing or empty; leave the feature out instead"
        )
    return value


def _or_none(value: Any) -> str:
    """What else a category may be, where a table of pandas had NaN for one that is missing."""
    return ", or None where it is missing" if isinstance(value, float | np.floating) and value != value else ""


def utf8(text: str, *, what: str) -> bytes:
    """The bytes of a text.

    Raises:
        ServingError: Half of a pair of surrogates, as JSON's escapes and file systems may bring, has none.
    """
    try:
        return text.encode()
    except UnicodeEncodeError as error:
        raise ServingError(f"{what}: text that UTF-8 can hold; it is {text!r:.80}") from error


def _array(feature: Feature, values: list[Any], *, shape: tuple[int, ...]) -> np.ndarray:
    array = np.empty(shape, NUMPY_TYPES[feature.dtype])
    try:
        with np.errstate(over="ignore"):  # a number beyond float32 becomes infinite, and is refused as that
            array[...] = np.array(values, dtype=NUMPY_TYPES[feature.dtype]).reshape(shape)
    except (TypeError, ValueError, OverflowError) as error:
        row = f"{shape[1]} numbers a row" if feature.size is not None else f"one {feature.dtype} a row that fits"
        raise ServingError(f"{feature.key}: {row}; it is {_short(values)}") from error
    return array


def _short(values: list[Any]) -> str:
    text = repr(values[0] if len(values) == 1 else values)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]} ..."
