"""What each user did in an experiment, read from its `users.parquet` and checked."""

import dataclasses
import pathlib
from collections import Counter
from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from mtmd_tf.simulation.statistics.measures import COLUMNS, COUNTS, OUTBOUND_PRODUCT, PRE
from mtmd_tf.simulation.statistics.moments import Moments
from tfrecords_tools.requests import DataError

PARTS = ("surface", "product", "goal")  # what a table can be split by
TEST_PERIOD, PRE_PERIOD = "test", "pre"
SUMS = (*COLUMNS, *(PRE + name for name in COLUMNS))  # columns of a user's sums
_TEXTS = ("arm", "period", *PARTS)
NEEDED = ("user", *_TEXTS, *COUNTS)  # columns of users.parquet that are read


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class UserTable:
    """The rows of an experiment, one for each user, period, surface, product and goal with an impression.

    Attributes:
        users: `[users]` int64 ids, sorted, of those that have a row.
        arm: `[users]` each one's arm.
        assigned: `{arm: number of users}`, those without a row among them.
        user_index: `[rows]` index of the row's user in `users`.
        periods: `[rows]` period of the row.
        parts: `{surface, product or goal: [rows]}`.
        values: `[rows, columns]` float64, the columns those of `COLUMNS`.
    """

    users: np.ndarray
    arm: np.ndarray
    assigned: Mapping[str, int]
    user_index: np.ndarray
    periods: np.ndarray
    parts: Mapping[str, np.ndarray]
    values: np.ndarray

    @classmethod
    def of(
        cls, frame: pd.DataFrame, *, assigned: Mapping[str, int] = MappingProxyType({}), said_by: str = "users"
    ) -> "UserTable":
        """The table of a frame with the columns of `users.parquet`.

        Args:
            frame: The rows.
            assigned: `{arm: number of users}` as the design has it; empty counts those with a row.
            said_by: For people, the file that the rows are from.

        Raises:
            DataError: A missing column, a count below 0 or not finite, an unknown arm or period, a user of two arms,
                more users than were assigned.
        """
        _require_columns(frame, NEEDED, said_by=said_by)
        _require_values(frame, said_by=said_by)
        users, user_index = np.unique(frame["user"].to_numpy(np.int64), return_inverse=True)
        arms = frame["arm"].to_numpy(object)
        arm = np.empty(len(users), object)
        arm[user_index] = arms
        if (arm[user_index] != arms).any():
            user = users[user_index[np.flatnonzero(arm[user_index] != arms)[0]]]
            raise DataError(f"{said_by}: user {user} is in two arms; a user belongs to one, simulate again")
        counted = dict(sorted(Counter(arm.tolist()).items()))
        assigned = dict(assigned) or counted
        for name, count in counted.items():
            if name not in assigned:
                raise DataError(f"{said_by}: unknown arm {name!r}; the arms of the run are {sorted(assigned)}")
            if count > assigned[name]:
                raise DataError(f"{said_by}: arm {name!r} has {count} users of {assigned[name]} assigned")
        parts = {name: frame[name].to_numpy(object) for name in PARTS}
        counts = frame[list(COUNTS)].to_numpy(np.float64)
        outbound = np.where(parts["product"] == OUTBOUND_PRODUCT, counts[:, COUNTS.index("impressions")], 0.0)
        return cls(
            users=users,
            arm=arm,
            assigned=assigned,
            user_index=user_index,
            periods=frame["period"].to_numpy(object),
            parts=parts,
            values=np.column_stack([counts, outbound]),
        )

    @classmethod
    def read(cls, path: pathlib.Path, *, assigned: Mapping[str, int] = MappingProxyType({})) -> "UserTable":
        """The table of a file.

        Raises:
            DataError: As `of`, or no such file, or one that is no Parquet.
        """
        return cls.of(read_frame(path, columns=NEEDED), assigned=assigned, said_by=str(path))

    def names(self, part: str) -> list[str]:
        """The values of a part in the test period, such as the surfaces, sorted."""
        return sorted(set(self.parts[part][self.periods == TEST_PERIOD]))

    def sums(self, cell: Mapping[str, str] = MappingProxyType({})) -> np.ndarray:
        """`[users, columns]` sums of each user within a cell, such as `{"surface": "search"}`; columns as in `SUMS`."""
        inside = np.ones(len(self.user_index), bool)
        for part, name in cell.items():
            inside &= self.parts[part] == name
        halves = []
        for period in (TEST_PERIOD, PRE_PERIOD):
            rows = inside & (self.periods == period)
            users, values = self.user_index[rows], self.values[rows]
            half = [np.bincount(users, weights=column, minlength=len(self.users)) for column in values.T]
            halves.append(np.stack(half, axis=1))
        return np.concatenate(halves, axis=1)

    def moments(self, cell: Mapping[str, str] = MappingProxyType({})) -> dict[str, Moments]:
        """`{arm: moments over all its users}` of what they did within a cell."""
        sums = self.sums(cell)
        return {
            arm: Moments.of(sums[self.arm == arm], columns=SUMS, users=max(users, 2))
            for arm, users in self.assigned.items()
        }


def read_frame(path: pathlib.Path, *, columns: Sequence[str]) -> pd.DataFrame:
    """A frame that a simulation left.

    Args:
        path: File to read.
        columns: Columns that it must have.

    Raises:
        DataError: No such file, one that is no Parquet, or one that lacks a column.
    """
    if not path.is_file():
        raise DataError(f"{path} is not there; simulate first: python -m mtmd_tf.jobs.simulate")
    try:
        frame = pq.ParquetFile(path).read().to_pandas()
    except (pa.ArrowException, ValueError) as error:
        raise DataError(f"{path} is no Parquet file, or is cut off or damaged: simulate again") from error
    _require_columns(frame, columns, said_by=str(path))
    return frame


def _require_columns(frame: pd.DataFrame, columns: Sequence[str], *, said_by: str) -> None:
    missing = [name for name in columns if name not in frame.columns]
    if missing:
        raise DataError(f"{said_by} lacks the column {missing[0]!r}; it must have {', '.join(columns)}")


def _require_values(frame: pd.DataFrame, *, said_by: str) -> None:
    empty = [name for name in _TEXTS if frame[name].isna().any()]
    if empty:
        raise DataError(f"{said_by}: a row without {empty[0]}; simulate again")
    if not pd.api.types.is_integer_dtype(frame["user"]):
        raise DataError(f"{said_by}: user must be a whole number, it is {frame['user'].dtype}")
    for name in COUNTS:
        values = pd.to_numeric(frame[name], errors="coerce").to_numpy(np.float64)
        bad = np.flatnonzero(~(np.isfinite(values) & (values >= 0.0)))
        if len(bad):
            raise DataError(f"{said_by}, row {bad[0]}: {name} must be 0 or more, it is {frame[name].iloc[bad[0]]}")
    odd = sorted(set(frame["period"]) - {TEST_PERIOD, PRE_PERIOD})
    if odd:
        raise DataError(f"{said_by}: unknown period {odd[0]!r}; it is {PRE_PERIOD!r} or {TEST_PERIOD!r}")
