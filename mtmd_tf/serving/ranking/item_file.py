"""Bids or candidates from a CSV or Parquet file with one row an item; the rules are those of the same columns of a log.

| column | rule |
|---|---|
| `item_id` | text or whole numbers, never empty, each once |
| `bid` | a number, finite, at least 0: US dollars for the event whose probability the utility multiplies it with |
| `cross/<name>` | a number of the pair, by which the export scores; empty where missing; the column may be left out |

A CSV is UTF-8 with a line of column names; every value is read as it is written (an item may be called `007` or `NA`).
"""

import pathlib
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from absl import logging

from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.rows import number_column
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.bids import ADVICE, dear
from tfrecords_tools.feature import Feature
from tfrecords_tools.printable import listed
from tfrecords_tools.user_errors import user_message

ITEM_ID, BID = "item_id", "bid"


def read_candidates(
    path: str | pathlib.Path, *, numbers: Sequence[Feature] = ()
) -> tuple[list[str], dict[str, np.ndarray]]:
    """The items of a file, of the column `item_id`, and `{name: [items] float32}` of those of `numbers` that it has.

    Other columns are refused, for nobody would read them.

    Args:
        path: The file.
        numbers: Score features of the export.

    Raises:
        ServingError: Not such a file, or a row that breaks a rule; it names the row.
    """
    path = pathlib.Path(path)
    columns = _read(path, (ITEM_ID,), optional=[feature.key for feature in numbers])
    item_ids = _item_ids(path, columns[ITEM_ID])
    here = [feature for feature in numbers if feature.key in columns]
    return item_ids, {feature.name: _cross_numbers(path, feature, columns[feature.key], item_ids) for feature in here}


def read_bids(path: str | pathlib.Path, items: ScoringIndex) -> np.ndarray:
    """`[items]` float32: bids in US dollars, from a file of the columns `item_id` and `bid`, in the index's order.

    Raises:
        ServingError: Not such a file, a row that breaks a rule, an item without a bid, or one that has no embedding.
    """
    path = pathlib.Path(path)
    columns = _read(path, (ITEM_ID, BID))
    item_ids = _item_ids(path, columns[ITEM_ID])
    bids = _placed(items, item_ids, _numbers(path, columns[BID], item_ids))
    without = np.flatnonzero(np.isnan(bids))
    if len(without):
        item = items.item_id[without[0]].decode()
        raise ServingError(f"{path} has no bid of item {item!r}; every one of {items.items:,} items needs one")
    if said := dear(bids):
        logging.warning("%s: %s; %s", path, said, ADVICE)
    return bids


def align_bids(items: ScoringIndex, item_ids: Sequence[str], bid: np.ndarray) -> np.ndarray:
    """`[items]` float32 bids in the index's order; NaN where none is given.

    Args:
        items: Index that holds the items.
        item_ids: Ids of some of them.
        bid: `[len(item_ids)]` bids in US dollars for the event whose probability the utility multiplies them with.

    Raises:
        ServingError: An item that comes twice or has no embedding, or a bid that is not finite or below 0.
    """
    require_once(item_ids, what="bids")
    require_bids(np.asarray(bid), item_ids)
    return _placed(items, item_ids, bid)


def _placed(items: ScoringIndex, item_ids: Sequence[str], bid: np.ndarray) -> np.ndarray:
    bids = np.full(items.items, np.nan, np.float32)
    bids[items.find(item_ids)] = bid
    return bids


def require_bids(bids: np.ndarray, item_ids: Sequence[str] | np.ndarray) -> None:
    """Refuses bids, `[items]` in US dollars, that break a log's rule; `item_ids` names their items.

    Raises:
        ServingError: One is not finite or below 0; it names the item.
    """
    if len(bids) and not (bids.min() >= 0 and bids.max() < np.inf):  # two passes, and no array of flags
        place = int(np.flatnonzero(~(np.isfinite(bids) & (bids >= 0)))[0])
        item = item_ids[place]
        name = item.decode() if isinstance(item, bytes) else item
        raise ServingError(f"bid: finite and at least 0; it is {bids[place]:g} (item {name})")


def require_once(item_ids: Sequence[str], *, what: str) -> None:
    """Refuses an item that comes twice.

    Raises:
        ServingError: It names the item.
    """
    if len(set(item_ids)) < len(item_ids):
        seen: set[str] = set()
        twice = next(item for item in item_ids if item in seen or seen.add(item))  # type: ignore[func-returns-value]
        raise ServingError(f"{what}: item {twice} comes twice")


def _read(path: pathlib.Path, columns: tuple[str, ...], *, optional: Sequence[str] = ()) -> dict[str, list[Any]]:
    kind = "Parquet" if path.suffix == ".parquet" else "CSV in UTF-8"
    try:
        if path.suffix == ".parquet":
            table = pq.ParquetFile(path).read()
            names, found = table.column_names, {name: table[name].to_pylist() for name in set(table.column_names)}
        else:
            import pandas as pd  # half a second, which a ranker without such a file need not wait for

            frame = pd.read_csv(path, dtype=str, keep_default_na=False, na_values=[], encoding="utf-8-sig")
            if not isinstance(frame.index, pd.RangeIndex):  # pandas takes what has no name for names of rows
                raise ServingError(f"{path}: its rows have more values than the {len(frame.columns)} named columns")
            names, found = list(frame.columns), {name: frame[name].tolist() for name in frame.columns}
    except OSError as error:
        raise ServingError(user_message(error) if error.filename else f"{path} cannot be read as {kind}") from error
    except (ValueError, pa.ArrowException) as error:
        if isinstance(error, ServingError):
            raise
        raise ServingError(f"{path} is no {kind} of the columns {' and '.join(columns)}") from error
    if sorted(name for name in names if name not in optional) != sorted(columns) or len(set(names)) < len(names):
        may = f" and may have {', '.join(optional)}" if optional else ""
        raise ServingError(f"{path} must have the columns {' and '.join(columns)}{may}; it has {listed(names)}")
    return found


def _item_ids(path: pathlib.Path, values: list[Any]) -> list[str]:
    for row, value in enumerate(values, start=1):
        if isinstance(value, bool) or not isinstance(value, str | int) or value == "":
            came = "empty" if value in ("", None) else repr(value)
            raise ServingError(f"{path}, row {row}: {ITEM_ID}: text or a whole number; it is {came}")
    item_ids = [str(value) for value in values]
    require_once(item_ids, what=str(path))
    return item_ids


def _numbers(path: pathlib.Path, values: list[Any], item_ids: list[str]) -> np.ndarray:
    single = _single(values)
    for place in np.flatnonzero(np.isnan(single)).tolist():
        came = "empty" if values[place] in ("", None) else values[place]
        raise ServingError(f"{path}: bid: a number; it is {came} (item {item_ids[place]})")
    try:
        require_bids(single, item_ids)
    except ServingError as error:
        raise ServingError(f"{path}: {error}") from error
    return single


def _cross_numbers(path: pathlib.Path, feature: Feature, values: list[Any], item_ids: list[str]) -> np.ndarray:
    """`[items]` float32, NaN where nothing stands."""
    single = _single(values)
    for place in np.flatnonzero(np.isnan(single)).tolist():
        value = values[place]
        if value not in ("", None) and not (isinstance(value, float) and np.isnan(value)):
            raise ServingError(f"{path}: {feature.key}: a number or empty; it is {value} (item {item_ids[place]})")
    try:
        return number_column(feature, single)
    except ServingError as error:
        raise ServingError(f"{path}: {error}") from error


def _single(values: list[Any]) -> np.ndarray:
    """`[rows]` float32, NaN for what is no number."""
    import pandas as pd

    plain = [None if isinstance(value, bool) else value for value in values]
    numbers = pd.to_numeric(pd.Series(plain, dtype=object), errors="coerce").to_numpy(np.float64)
    with np.errstate(over="ignore"):  # above 3.4e38: infinite, which is refused
        return numbers.astype(np.float32)
