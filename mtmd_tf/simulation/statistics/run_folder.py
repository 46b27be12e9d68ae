"""A finished simulation as its folder holds it: arms, settings, users, and the frames beside them (docs/funnel.md)."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

import pandas as pd

from mtmd_tf.simulation.statistics.user_table import NEEDED, TEST_PERIOD, UserTable, read_frame
from tfrecords_tools.digests import read_with_digest
from tfrecords_tools.requests import DataError

_AGAIN = "simulate again: python -m mtmd_tf.jobs.simulate"
_KEYS = ("arms", "users", "arm_share", "settings", "periods", "requests")
_COLUMNS = {
    "ticks": ("day", "tick", "arm", "requests", "impressions", "clicks", "spend", "budget_left"),
    "stages": ("arm", "stage", "requests", "candidates_in", "candidates_kept", "recall_1", "recall_10", "recall_50")
    + ("seconds",),
    "advertisers": ("arm", "day", "advertiser", "budget", "spend", "impressions"),
}


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class RunFolder:
    """What run.json says, and where the frames are.

    Attributes:
        path: Folder of the simulation.
        sources: `{arm: what ranks in it}`, the control first.
        users: `{arm: users assigned to it}`.
        shares: `{arm: share of the users by design}`.
        settings: Settings of the simulation.
        periods: `pre` or `test` of each day.
        requests: Requests of each day.
        said: All of run.json.
    """

    path: pathlib.Path
    sources: Mapping[str, str]
    users: Mapping[str, int]
    shares: Mapping[str, float]
    settings: Mapping[str, Any]
    periods: tuple[str, ...]
    requests: tuple[int, ...]
    said: Mapping[str, Any]

    @classmethod
    def read(cls, folder: str | pathlib.Path) -> "RunFolder":
        """Reads a folder's run.json.

        Raises:
            DataError: No finished simulation; a run.json that is damaged, changed or lacks a key; two arms of one name.
        """
        path = pathlib.Path(folder) / "run.json"
        if not path.is_file():
            raise DataError(f"{folder} holds no finished simulation, {path.name} is missing; {_AGAIN}")
        said = read_with_digest(path, raises=DataError, rule=_AGAIN)
        missing = [key for key in _KEYS if key not in said]
        if missing:
            raise DataError(f"{path} lacks {missing[0]!r}; {_AGAIN}")
        names = [arm["name"] for arm in said["arms"]]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise DataError(f"{path}: two arms have the name {twice[0]!r}; give each a name of its own and {_AGAIN}")
        for key in ("users", "arm_share"):
            if set(said[key]) != set(names):
                raise DataError(f"{path}: {key!r} is of the arms {sorted(said[key])}, not of {sorted(names)}; {_AGAIN}")
        return cls(
            path=pathlib.Path(folder),
            sources={arm["name"]: str(arm["source"]) for arm in said["arms"]},
            users=said["users"],
            shares=said["arm_share"],
            settings=said["settings"],
            periods=tuple(said["periods"]),
            requests=tuple(said["requests"]),
            said=said,
        )

    @property
    def arms(self) -> list[str]:
        """Names of the arms, the control first."""
        return list(self.sources)

    @property
    def whole_worlds(self) -> bool:
        """Whether each arm is a world of its own, in which all users live: the truth, and no experiment."""
        return len(self.sources) == 1 or self.settings.get("worlds") == "two"

    @property
    def design(self) -> str:
        """What was split between the arms: `budgets` (and users), or `users` alone."""
        return str(self.settings.get("split", "budgets"))

    def user_table(self) -> UserTable:
        """The users of an experiment, each in one arm.

        Raises:
            DataError: A broken users.parquet, or whole worlds, which have the same users in each arm.
        """
        if self.whole_worlds and len(self.sources) > 1:
            raise DataError(f"{self.path} holds whole worlds and no experiment: all users are in each of its arms")
        return UserTable.read(self.path / "users.parquet", assigned=self.users)

    def worlds(self) -> dict[str, UserTable]:
        """`{arm: its world}` of whole worlds.

        Raises:
            DataError: A broken users.parquet, or an experiment.
        """
        if not self.whole_worlds:
            raise DataError(
                f"{self.path} holds an experiment; the truth needs whole worlds: simulate with --worlds=two"
            )
        path = self.path / "users.parquet"
        frame = read_frame(path, columns=NEEDED)
        self._require_arms(frame, path)
        return {
            arm: UserTable.of(frame[frame["arm"] == arm], assigned={arm: self.users[arm]}, said_by=str(path))
            for arm in self.arms
        }

    def frame(self, name: str) -> pd.DataFrame:
        """The frame `ticks`, `stages` or `advertisers`; of the first and last, the days of the test alone.

        Raises:
            DataError: It is missing, damaged, lacks a column, or has an arm that the run lacks.
        """
        path = self.path / f"{name}.parquet"
        frame = read_frame(path, columns=_COLUMNS[name])
        self._require_arms(frame, path)
        if "day" in frame.columns:
            tested = [day for day, period in enumerate(self.periods) if period == TEST_PERIOD]
            frame = frame[frame["day"].isin(tested)].reset_index(drop=True)
        return frame

    def _require_arms(self, frame: pd.DataFrame, path: pathlib.Path) -> None:
        unknown = sorted(set(frame["arm"]) - set(self.sources))
        if unknown:
            raise DataError(f"{path}: unknown arm {unknown[0]!r}; the arms of the run are {', '.join(self.sources)}")
