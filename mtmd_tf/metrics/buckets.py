"""Buckets of pairs by how high the heavyweight ranker ranks them in their slice (paper Table 6)."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics.slices import Slices

BUCKETS = ("0", "1", "2", "3", "4", "rest")  # five tenths from the top, and the lower half
REST = BUCKETS.index("rest")

_LIMIT = 15.0  # log-odds told apart: beyond a label of 1e-6, where LogMAE clips


@dataclasses.dataclass(frozen=True, kw_only=True)
class Buckets:
    """Which bucket a pair is in: by its label of its task's root, against the edges of its slice.

    Attributes:
        roots: `{task: its root task}`, by whose label its pairs are ordered; a root names itself.
        edges: `{root: [slices, 5]}`, the least label of each bucket but the rest, falling; NaN in a slice without
            labels.
    """

    roots: Mapping[str, str]
    edges: Mapping[str, np.ndarray]

    def of(self, task: str, *, label: Mapping[str, np.ndarray], slice_number: np.ndarray) -> np.ndarray:
        """`[pairs]` indices into `BUCKETS`; a pair without a label of the root task is among the rest.

        Args:
            task: Name of the task.
            label: `{task: [pairs]}`, NaN where there is none.
            slice_number: Slice of each pair, `[pairs]`, as `Slices.number_of`.
        """
        root = self.roots[task]
        # NaN reaches nothing.
        reached = np.asarray(label[root], np.float64)[:, None] >= self.edges[root][slice_number]
        return REST - reached.sum(axis=1)

    def of_tasks(
        self, tasks: Sequence[str], *, label: Mapping[str, np.ndarray], slice_number: np.ndarray
    ) -> dict[str, np.ndarray]:
        """`{task: what `of` gives}`, found once for all tasks of a root."""
        roots = {self.roots[task] for task in tasks}
        of_root = {root: self.of(root, label=label, slice_number=slice_number) for root in roots}
        return {task: of_root[self.roots[task]] for task in tasks}


class LabelHistograms:
    """Finds the edges in one pass and bounded memory, from histograms of the labels' log-odds.

    An edge is the lower end of the bin that holds the last pair of a tenth: pairs of one bin, so of one label, stay in
    one bucket, the upper one, and a bucket holds a tenth to within a bin.

    Args:
        slices: Slices for which edges are kept.
        roots: `{task: its root task}`.
        bins: Equal bins over log-odds of -15 to 15.
    """

    def __init__(self, slices: Slices, *, roots: Mapping[str, str], bins: int = 4096) -> None:
        self._slices, self._roots, self._bins = slices, dict(roots), bins
        self._ends = 1.0 / (1.0 + np.exp(-np.linspace(-_LIMIT, _LIMIT, bins + 1)))[:-1]  # the lower ones, as labels
        self._ends[0] = 0.0
        self._counts = {root: np.zeros((slices.count, bins), np.int64) for root in roots.values()}

    def update(self, *, surface: np.ndarray, product: np.ndarray, label: Mapping[str, np.ndarray]) -> None:
        """Counts pairs: `surface` and `product` indices and, for each root task, the label, all `[pairs]`."""
        slice_number = self._slices.number_of(surface=np.asarray(surface, np.int64), product=product)
        for root, counts in self._counts.items():
            y = np.asarray(label[root], np.float64)
            known = ~np.isnan(y)
            at = np.searchsorted(self._ends, y[known], side="right") - 1
            counts += np.bincount(slice_number[known] * self._bins + at, minlength=counts.size).reshape(counts.shape)

    def result(self) -> Buckets:
        """The buckets of what was counted."""
        return Buckets(roots=self._roots, edges={root: self._edges(counts) for root, counts in self._counts.items()})

    def _edges(self, counts: np.ndarray) -> np.ndarray:
        from_top = np.cumsum(counts[:, ::-1], axis=1)
        total = from_top[:, -1:]
        edges = [np.argmax(10 * from_top >= tenths * total, axis=1) for tenths in range(1, REST + 1)]
        values = self._ends[::-1][np.stack(edges, axis=1)]
        return np.where(total > 0, values, np.nan)


def roots_of(parents: Mapping[str, str | None]) -> dict[str, str]:
    """`{task: its furthest ancestor}` of a tree of tasks, `{task: parent or None}`; a root names itself."""

    def root(task: str) -> str:
        parent = parents[task]
        return task if parent is None else root(parent)

    return {task: root(task) for task in parents}


def edges_by_task(buckets: Buckets, *, slices: Slices, tasks: Sequence[str]) -> np.ndarray:
    """`[surfaces, products, tasks, 5]`: the edges that the pairs of each task go by."""
    columns = [buckets.edges[buckets.roots[task]] for task in tasks]
    return np.stack(columns, axis=1).reshape(len(slices.surfaces), len(slices.products), len(tasks), REST)
