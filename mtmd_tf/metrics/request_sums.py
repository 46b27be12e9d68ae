"""Sums the errors of LogMAE and KL request by request, in one pass and in bounded memory (paper section 3.2)."""

import math
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics import pointwise
from mtmd_tf.metrics.buckets import BUCKETS, Buckets, edges_by_task
from mtmd_tf.metrics.request_file import RequestFile
from mtmd_tf.metrics.requests import row_shapes, said
from mtmd_tf.metrics.slices import Exists, Slices


class RequestErrorSums:
    """Sums the errors of each request, batch by batch; the sums wait on disk, so that any number of requests will do.

    A context manager: what waits on disk is gone at its end.

    Args:
        folder: Folder of the buffer, a file without a name: at most 8 bytes for each product x task x bucket of a
            request.
        surfaces: Names, in the order of the indices that `update` takes.
        products: Names of the products.
        tasks: Names of the tasks.
        buckets: Buckets of pairs by rank, of the whole split, the same for every model.
        clip: p and y are clipped to [clip, 1].
        exists: Tasks that exist in a slice, as in `Cube`; pairs of other slices are left out of the task.
    """

    def __init__(
        self,
        *,
        folder: str | pathlib.Path,
        surfaces: Sequence[str],
        products: Sequence[str],
        tasks: Sequence[str],
        buckets: Buckets,
        clip: float = pointwise.DEFAULT_CLIP,
        exists: Exists | None = None,
    ) -> None:
        self._slices = Slices(surfaces=tuple(surfaces), products=tuple(products))
        self._tasks, self._buckets, self._clip = tuple(tasks), buckets, clip
        self._exists = {task: self._slices.existing(task=task, exists=exists) for task in self._tasks}
        self._file = RequestFile(pathlib.Path(folder), row_shapes(products=len(products), tasks=len(tasks)))

    def __enter__(self) -> "RequestErrorSums":
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()

    def update(
        self,
        *,
        request_id: np.ndarray,
        request: np.ndarray,
        surface: np.ndarray,
        product: np.ndarray,
        log_probability: Mapping[str, np.ndarray],
        log_complement: Mapping[str, np.ndarray],
        label: Mapping[str, np.ndarray],
    ) -> None:
        """Adds a batch of whole requests.

        Args:
            request_id: Ids of the requests, `[requests]` bytes.
            request: `[pairs]` row of each pair's request.
            surface: Index of the surface, `[requests]`.
            product: Index of the product, `[pairs]`.
            log_probability: `{task: [pairs]}`, ln p.
            log_complement: `{task: [pairs]}`, ln(1 - p).
            label: `{task: [pairs]}`, NaN where there is none.
        """
        shape = self._shape(len(request_id))
        error, pairs = np.zeros(shape, np.float32), np.zeros(shape, np.int32)
        kl = np.zeros(shape[:-1], np.float32)
        slice_number = self._slices.number_of(surface=np.asarray(surface, np.int64)[request], product=product)
        place = np.asarray(request, np.int64) * shape[1] + product
        bucket = self._buckets.of_tasks(self._tasks, label=label, slice_number=slice_number)
        for column, task in enumerate(self._tasks):
            y = np.asarray(label[task], np.float64)
            at = self._exists[task][slice_number] & ~np.isnan(y)
            log_p = np.asarray(log_probability[task], np.float64)[at]
            value = pointwise.log_absolute_error(log_p, label=y[at], clip=self._clip)
            lost = pointwise.bernoulli_kl(log_p, np.asarray(log_complement[task], np.float64)[at], label=y[at])
            kl[:, :, column] = np.bincount(place[at], weights=lost, minlength=math.prod(shape[:2])).reshape(shape[:2])
            flat = (place * len(BUCKETS) + bucket[task])[at]
            places = (*shape[:2], len(BUCKETS))
            error[:, :, column] = np.bincount(flat, weights=value, minlength=math.prod(places)).reshape(places)
            pairs[:, :, column] = np.bincount(flat, minlength=math.prod(places)).reshape(places)
        ids = np.asarray(request_id, dtype=bytes)
        self._file.append(request_id=ids, surface=np.asarray(surface, np.int32), error=error, kl=kl, pairs=pairs)

    def save(self, path: str | pathlib.Path) -> None:
        """Writes all requests, in the order in which they came, as `RequestErrors.load` reads them; ends the sums."""
        names = {"surfaces": self._slices.surfaces, "products": self._slices.products, "tasks": self._tasks}
        edges = edges_by_task(self._buckets, slices=self._slices, tasks=self._tasks)
        self._file.save(pathlib.Path(path), said(**names, edges=edges))

    def _shape(self, requests: int) -> tuple[int, int, int, int]:
        return requests, len(self._slices.products), len(self._tasks), len(BUCKETS)
