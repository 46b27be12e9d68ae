"""Every rule that a request or an item must obey before it is written (docs/data-contract.md)."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from tfrecords_tools.ids import RULE as ID_RULE
from tfrecords_tools.ids import readable, repeated_within, wrong_ids
from tfrecords_tools.printable import listed, shown
from tfrecords_tools.requests import Column, DataError, Items, Ragged, Requests
from tfrecords_tools.schema import Feature, Schema
from tfrecords_tools.tables import RESERVED_TOKENS

Name = Callable[[int], str]  # what an error calls a row

_PROBABILITY = "a probability in [0, 1], or none: empty in a log, NaN in a record"
_EVENT = "1, 0, or not observed: empty in a log, -1 in a record"
COUNT_LIKE = "count_like, so at least 0"


def check_requests(schema: Schema, requests: Requests) -> None:
    """Checks a whole block at once.

    Raises:
        DataError: The first rule broken: request, candidate, field, rule and value.
    """
    of_request: Name = lambda row: f"request {readable(requests.request_id[row])}"  # noqa: E731
    rows = len(requests.request_id)
    for field in ("request_id", "timestamp", "surface", "lengths"):
        _require_rows(field, getattr(requests, field), rows, "requests")
    _require_type("request_id", requests.request_id, "bytes")
    _refuse(wrong_ids(requests.request_id), of_request, "request_id", ID_RULE, requests.request_id)
    for field in ("timestamp", "surface", "lengths"):
        _require_type(field, getattr(requests, field), "int64")
    _refuse(pd.Series(requests.request_id).duplicated().to_numpy(), of_request, "request_id", "unique in the data set")
    _refuse(requests.lengths < 1, of_request, "lengths", "at least one candidate", requests.lengths)
    _require_index("surface", requests.surface, schema.surfaces, of_request)
    owner = requests.owner
    pairs = len(owner)
    for field in ("item_id", "product"):
        _require_rows(field, getattr(requests, field), pairs, "pairs (the sum of lengths)")
    _require_type("item/id", requests.item_id, "bytes")
    _require_type("product", requests.product, "int64")
    of_pair: Name = lambda row: f"{of_request(owner[row])}, candidate {readable(requests.item_id[row])}"  # noqa: E731
    _refuse(wrong_ids(requests.item_id), of_pair, "item/id", ID_RULE, requests.item_id)
    _require_index("item/product", requests.product, schema.products, of_pair)
    domains = {"query": requests.surface, "item": requests.product}
    _check_side(schema, "query", requests.query, requests.query_mask, domains["query"], of_request)
    _check_side(schema, "item", requests.item, requests.item_mask, domains["item"], of_pair)
    slices = requests.surface[owner] * len(schema.products) + requests.product
    if schema.features_of("cross"):
        _check_side(schema, "cross", requests.cross, requests.cross_mask, slices, of_pair)
    _check_tasks(schema, requests, slices, of_pair)


def check_candidates(requests: Requests) -> None:
    """Checks that no request has an item twice, as a log joined to a table with doubled rows has.

    Raises:
        DataError: The first that has.
    """
    again = repeated_within(requests.item_id, requests.lengths)
    owner = requests.owner
    name: Name = lambda row: f"request {readable(requests.request_id[owner[row]])}"  # noqa: E731
    _refuse(again, name, "item/id", "an item is a candidate once", requests.item_id)


def check_items(schema: Schema, items: Items) -> None:
    """Checks the item corpus.

    Raises:
        DataError: The first rule broken: item, field, rule and value.
    """
    of_item: Name = lambda row: f"item {readable(items.item_id[row])}"  # noqa: E731
    _require_type("item/id", items.item_id, "bytes")
    _refuse(wrong_ids(items.item_id), of_item, "item/id", ID_RULE, items.item_id)
    _require_rows("product", items.product, len(items.item_id), "items")
    _refuse(pd.Series(items.item_id).duplicated().to_numpy(), of_item, "item/id", "unique in the item corpus")
    _require_index("item/product", items.product, schema.products, of_item)
    _check_side(schema, "item", items.item, items.item_mask, items.product, of_item)


def _check_side(
    schema: Schema, side: str, columns: dict[str, Column], mask: np.ndarray | None, domain: np.ndarray, name: Name
) -> None:
    features = schema.features_of(side)
    wanted = (len(domain), len(features))
    if mask is None or mask.shape != wanted or mask.dtype != bool:
        came = None if mask is None else f"{mask.dtype} {list(mask.shape)}"
        raise DataError(f"{side}/mask: bool {list(wanted)}, a row each and the schema's features; it is {came}")
    if set(columns) != {feature.name for feature in features}:
        raise DataError(f"{side}: the schema's features are {[f.name for f in features]}; it has {sorted(columns)}")
    for bit, feature in enumerate(features):
        present = mask[:, bit]
        _refuse(present & ~_can_exist(schema, feature)[domain], name, feature.key, only_where(feature))
        _check_column(feature, columns[feature.name], present, name)


def _check_column(feature: Feature, column: Column, present: np.ndarray, name: Name) -> None:
    if isinstance(column, Ragged) != (feature.kind == "ragged"):
        raise DataError(f"{feature.key}: a {feature.kind} feature; it is a {type(column).__name__}")
    values = column.values if isinstance(column, Ragged) else column
    _require_type(feature.key, values, feature.dtype)
    if isinstance(column, Ragged):
        _require_rows(feature.key, column.lengths, len(present), "rows")
        _require_rows(f"{feature.key} tokens", values, int(column.lengths.sum()), "tokens (the sum of its lengths)")
        owner = np.repeat(np.arange(len(present)), column.lengths)
        _refuse_reserved(feature, values, owner, present[owner], name)
        return
    shape = (len(present), feature.size) if feature.size else (len(present),)
    if values.shape != shape:
        raise DataError(f"{feature.key}: shape {list(shape)}; it is {list(values.shape)}")
    if feature.dtype in RESERVED_TOKENS:
        _refuse_reserved(feature, values, np.arange(len(present)), present, name)
    else:
        wide = present if feature.size is None else present[:, None]
        _refuse(wide & ~np.isfinite(values), name, feature.key, "finite where the mask says present", values)
    if feature.count_like:
        _refuse(present & (values < 0), name, feature.key, COUNT_LIKE, values)


def _refuse_reserved(feature: Feature, tokens: np.ndarray, owner: np.ndarray, present: np.ndarray, name: Name) -> None:
    """Tokens of the rows `owner`, `present` where the mask says so."""
    kept = RESERVED_TOKENS[feature.dtype]
    bad = present & ((tokens == kept[0]) | (tokens == kept[1]))
    _refuse(bad, lambda at: name(owner[at]), feature.key, kept_tokens(feature.dtype), tokens)


def _check_tasks(schema: Schema, requests: Requests, slices: np.ndarray, name: Name) -> None:
    for kind, columns in (("label", requests.label), ("event", requests.event)):
        for task, column in columns.items():
            key = f"{kind}/{task}"
            exists = np.array([schema.task(task).exists_in(surface=s, product=p) for s, p in schema.slices])[slices]
            _require_rows(key, column, len(slices), "pairs")
            if kind == "label":
                _require_type(key, column, "float")
                given = ~np.isnan(column)
                _refuse(given & ~((column >= 0) & (column <= 1)), name, key, _PROBABILITY, column)
            else:
                _require_type(key, column, "int64")
                given = column != -1
                _refuse(~np.isin(column, (-1, 0, 1)), name, key, _EVENT, column)
            _refuse(given & ~exists, name, key, no_task(kind), column)
    for key in ("weight", "bid"):
        if (column := getattr(requests, key)) is not None:
            _require_rows(key, column, len(slices), "pairs")
            _require_type(key, column, "float")
            _refuse(~(np.isfinite(column) & (column >= 0)), name, key, "finite and at least 0", column)


def _can_exist(schema: Schema, feature: Feature) -> np.ndarray:
    """One bool per surface (query), product (item) or slice (cross)."""
    if feature.side == "cross":
        return np.array([feature.exists_in(surface=s, product=p) for s, p in schema.slices])
    which = "surface" if feature.side == "query" else "product"
    return np.array([feature.exists_in(**{which: domain}) for domain in schema.domains_of(feature.side)])


def only_where(feature: Feature) -> str:
    """The rule of a feature that exists in some surfaces or products alone."""
    limits = {"surfaces": feature.surfaces, "products": feature.products}
    where = " and ".join(f"{kind} {list(names)}" for kind, names in limits.items() if names is not None)
    return f"absent outside {where}, as the schema says: leave it empty there, or change the schema"


def no_task(kind: str) -> str:
    """The rule of a label or an event in a slice where its task does not exist."""
    empty = "NaN" if kind == "label" else "-1"
    return f"{empty}, as the task does not exist in this slice: leave it empty there, or change the schema"


def kept_tokens(dtype: str) -> str:
    """The rule of tokens that no record holds."""
    kept = RESERVED_TOKENS[dtype]
    of_what = "what is missing or empty: leave it empty in a log, and mask it in a record"
    return f"{kept[0]!r} and {kept[1]!r} are kept for {of_what}"


def _refuse(bad: np.ndarray, name: Name, field: str, rule: str, values: np.ndarray | None = None) -> None:
    if bad.any():
        row = int(np.argmax(bad.reshape(len(bad), -1).any(axis=1)))
        came = "" if values is None else f"; it is {shown(values[row])}"
        raise DataError(f"{name(row)}, {field}: {rule}{came}")


def _require_rows(field: str, column: np.ndarray, rows: int, of: str) -> None:
    if len(column) != rows:
        raise DataError(f"{field}: {rows} values, as there are {rows} {of}; it has {len(column)}")


def _require_index(field: str, column: np.ndarray, names: tuple[str, ...], name: Name) -> None:
    rule = f"an index into {listed(names)}"
    _refuse((column < 0) | (column >= len(names)), name, field, rule, column)


def _require_type(field: str, values: np.ndarray, dtype: str) -> None:
    wanted = {"bytes": "bytes", "int64": "int64", "float": "float32"}[dtype]
    came = str(values.dtype)
    if dtype == "bytes":
        came = "bytes" if values.dtype.kind == "S" else pd.api.types.infer_dtype(values, skipna=False)
    if came != wanted and came != "empty":
        raise DataError(f"{field}: {wanted} values; it holds {came}")
