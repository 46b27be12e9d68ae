"""The true probabilities that a simulated data set keeps beside its records (paper section 3.1)."""

import pathlib

import numpy as np
import pandas as pd

from mtmd_tf.features.batch import Batch
from tfrecords_tools.requests import DataError
from tfrecords_tools.user_errors import one_line

_FILE = pathlib.Path("truth", "pairs.parquet")


class Truth:
    """Each pair's true probabilities, found by request id.

    Args:
        path: A Parquet file: `request_id`, `item_id` and one column a task; rows of a request together, in its order.

    Raises:
        DataError: It is none, or damaged.
    """

    def __init__(self, path: pathlib.Path) -> None:
        self._path = path
        try:
            frame = pd.read_parquet(path)
            request, self._item = frame.pop("request_id"), frame.pop("item_id").to_numpy()
        except (KeyError, ValueError) as error:
            raise DataError(f"{path} holds no true probabilities ({one_line(error)}); build the data again") from error
        self._tasks = frame
        starts = np.flatnonzero(~request.duplicated().to_numpy())
        self._first = pd.Series(starts, index=pd.Index(request.to_numpy()[starts]))

    @classmethod
    def beside(cls, folder: str | pathlib.Path) -> "Truth | None":
        """The truth that `tfrecords_tools build adworld --truth` left with the data set in `folder`, or None."""
        path = pathlib.Path(folder) / _FILE
        return cls(path) if path.exists() else None

    def of(self, batch: Batch) -> dict[str, np.ndarray]:
        """`{task: [pairs]}` float64, NaN where the task does not exist.

        Raises:
            DataError: A request that the truth lacks, or other candidates in it.
        """
        first = self._first.reindex(batch.request_id.numpy())
        if first.isna().any():
            raise DataError(f"{self._path}: no truth of request {first.index[first.isna()][0].decode()}")
        request = batch.request.numpy()
        starts = np.searchsorted(request, np.arange(len(first)))
        row = first.to_numpy(np.int64)[request] + np.arange(len(request)) - starts[request]
        other = self._item[np.minimum(row, len(self._item) - 1)] != batch.item_id.numpy()
        if other.any():
            name = batch.request_id.numpy()[request[np.argmax(other)]].decode()
            raise DataError(f"{self._path}: request {name} has other candidates than the data set")
        tasks = [task for task in batch.label if task in self._tasks]
        return {task: self._tasks[task].to_numpy(np.float64)[row] for task in tasks}
