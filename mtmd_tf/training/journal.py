"""What a training writes down as it goes: metrics.jsonl, TensorBoard, and the place where it was."""

import json
import math
import pathlib
from typing import Any

import tensorflow as tf

from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import about, write_text

HELD_OUT_LOSS = "held_out_loss"  # of an evaluation, beside the tasks' own

FILE_NAME = "metrics.jsonl"  # there from the first step on
BOARD = "tensorboard"


class Journal:
    """The log of a run; lines written after the checkpoint that a killed run goes on from are dropped.

    Args:
        run: The run's folder.
        step: Step at which this run starts or resumes.
    """

    def __init__(self, run: pathlib.Path, *, step: int) -> None:
        self._path = run / FILE_NAME
        self._board: Any = None
        self._drop_after(step)

    def begin(self) -> None:
        """Makes its files at the first step, so that a folder in which no step was taken is known by their absence."""
        if self._board is None:
            with about(self._path):
                self._path.touch()
            self._board = tf.summary.create_file_writer(str(self._path.parent / BOARD))

    def write(self, step: int, **values: float) -> None:
        """Adds one line and the same scalars for TensorBoard."""
        self.begin()
        with about(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"step": step, **values}) + "\n")
        with self._board.as_default(step):
            for name, value in values.items():
                tf.summary.scalar(name, value)
        self._board.flush()

    def _drop_after(self, step: int) -> None:
        if not self._path.exists():
            return
        lines = [line for line in _lines(self._path) if _step_of(line) <= step]
        write_text(self._path, "".join(f"{line}\n" for line in lines))


def write_with_digest(path: pathlib.Path, plain: dict[str, Any]) -> None:
    """Writes a JSON file with a digest over it, whole or not at all."""
    write_json(path, with_digest(plain))


def write_json(path: pathlib.Path, plain: Any) -> None:
    """Writes a JSON file, whole or not at all."""
    write_text(path, json.dumps(plain, indent=2) + "\n")


def evaluations(run: pathlib.Path) -> list[tuple[int, float]]:
    """The step and the loss of each evaluation on the held-out days, in order; a line cut off by a kill is none."""
    path = run / FILE_NAME
    lines = _lines(path) if path.exists() else []
    told = [json.loads(line) for line in lines if math.isfinite(_step_of(line))]
    return [(each["step"], each[HELD_OUT_LOSS]) for each in told if HELD_OUT_LOSS in each]


def _lines(path: pathlib.Path) -> list[str]:
    return path.read_text(encoding="utf-8", errors="replace").splitlines()


def _step_of(line: str) -> float:
    try:
        return float(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError):
        return float("inf")  # the line that a kill cut off
