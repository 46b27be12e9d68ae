"""Each finished day of a simulation as one file, so that a killed simulation goes on with the next day."""

import pathlib
import zipfile
import zlib
from typing import Any

import numpy as np
import pandas as pd

from mtmd_tf.simulation.day_run import DayResult
from mtmd_tf.simulation.ledger import StageCounts
from mtmd_tf.simulation.pacing import Pacer
from tfrecords_tools.files import atomically
from tfrecords_tools.requests import DataError

_FRAMES = ("users", "ticks", "advertisers")


class Checkpoints:
    """The finished days in a folder.

    Args:
        folder: Folder of the files; made where it is missing.
        digest: Digest of the simulation, which is part of the files' names.
        arms: Number of arms.
    """

    def __init__(self, folder: pathlib.Path, *, digest: str, arms: int) -> None:
        self._folder, self._digest, self._arms = folder, digest, arms
        folder.mkdir(parents=True, exist_ok=True)

    def save(self, day: int, result: DayResult, pacer: Pacer) -> None:
        """Writes a day and the state that it ends in, whole or not at all."""
        arrays: dict[str, Any] = {f"stages/{name}": own for name, own in result.stages.sums.items()}
        for frame in _FRAMES:
            own: pd.DataFrame = getattr(result, frame)
            arrays |= {f"{frame}/{name}": own[name].to_numpy() for name in own.columns}
        with atomically(self._path(day)) as temporary, temporary.open("wb") as file:
            np.savez(file, factor=pacer.factor, **arrays)

    def load(self, day: int, pacer: Pacer) -> DayResult | None:
        """A finished day, whose end the pacer is set to; None where it is not finished.

        Raises:
            DataError: Its file is damaged.
        """
        if not self._path(day).exists():
            return None
        try:
            with np.load(self._path(day)) as file:  # a zip file, which has a checksum of its own of each array
                arrays = {name: file[name] for name in file.files}
        except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise DataError(f"{self._path(day)} is damaged; remove it, and the day is simulated again") from error
        pacer.factor = arrays.pop("factor")
        frames: dict[str, dict[str, np.ndarray]] = {name: {} for name in (*_FRAMES, "stages")}
        for name, own in arrays.items():
            frame, _, column = name.partition("/")
            frames[frame][column] = own
        stages = StageCounts(self._arms)
        stages.sums = frames.pop("stages")
        return DayResult(stages=stages, **{name: pd.DataFrame(own) for name, own in frames.items()})

    def clear(self) -> None:
        """Removes the files, once the result is written."""
        for path in self._folder.glob("day-*.npz"):
            path.unlink()
        self._folder.rmdir()

    def _path(self, day: int) -> pathlib.Path:
        return self._folder / f"day-{day:03d}-{self._digest}.npz"
