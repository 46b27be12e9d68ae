"""Sums of LogMAE and KL request by request, so that models can be compared on the same requests (paper section 3.2)."""

import dataclasses
import pathlib
import zipfile
from collections.abc import Mapping

import numpy as np

from mtmd_tf.metrics.spool import save_npz
from mtmd_tf.slices import ANY

FILE_NAME = "requests.npz"


@dataclasses.dataclass(frozen=True, kw_only=True)
class RequestErrors:
    """What LogMAE and KL are made of, one row a request.

    Attributes:
        surfaces: Names, in the order of the index `surface`.
        products: Names, in the order of the axis.
        tasks: Names, in the order of the axis.
        request_id: Ids of the requests, `[requests]` bytes.
        surface: Index of the surface, `[requests]`.
        error: `[requests, products, tasks, buckets]` sum of |ln p - ln y| over the labeled pairs.
        kl: `[requests, products, tasks]` sum of the Bernoulli KL of prediction from label over them, nats.
        pairs: `[requests, products, tasks, buckets]` int32, how many those are.
        edges: `[surfaces, products, tasks, buckets - 1]` least label, of the task's root, in each bucket but the rest.
    """

    surfaces: tuple[str, ...]
    products: tuple[str, ...]
    tasks: tuple[str, ...]
    request_id: np.ndarray
    surface: np.ndarray
    error: np.ndarray
    kl: np.ndarray
    pairs: np.ndarray
    edges: np.ndarray

    def save(self, path: str | pathlib.Path) -> None:
        """Writes a compressed .npz from which `load` makes the same."""
        columns = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        save_npz(pathlib.Path(path), {name: np.asarray(column) for name, column in columns.items()})

    @classmethod
    def load(cls, path: str | pathlib.Path) -> "RequestErrors":
        """Reads what `save` or `RequestErrorSums` wrote."""
        with np.load(path, allow_pickle=False) as file:
            columns = {field.name: file[field.name] for field in dataclasses.fields(cls)}
        names = {name: tuple(columns[name].tolist()) for name in ("surfaces", "products", "tasks")}
        return cls(**{**columns, **names})

    @classmethod
    def readable(cls, path: str | pathlib.Path) -> bool:
        """Whether a file is complete; one that was cut off is not."""
        try:
            with np.load(path, allow_pickle=False) as file:
                return {field.name for field in dataclasses.fields(cls)} <= set(file.files)
        except (zipfile.BadZipFile, ValueError, EOFError):
            return False

    def joined(self, parts: Mapping[tuple[str, str], "RequestErrors"], *, of: str = "error") -> np.ndarray:
        """The errors of models that answer for one slice each, in the rows of this, shaped as here.

        Args:
            parts: `{(surface, product): errors}` on the pairs of that slice, either `*` for any; other pairs of theirs
                are not read.
            of: `error` or `kl`.

        Raises:
            ValueError: Other names, a request that is not here or here twice, slices that overlap, other buckets, or
                other pairs than here.
        """
        order = np.argsort(self.request_id, kind="stable")
        ids = self.request_id[order]
        if len(ids) and (ids[1:] == ids[:-1]).any():
            raise ValueError(
                f"request {bytes(ids[1:][ids[1:] == ids[:-1]][0])!r} occurs twice; ids must be unique to be joined"
            )
        error, pairs = np.zeros_like(getattr(self, of)), np.zeros_like(self.pairs)
        for (surface, product), part in parts.items():
            _require_same_names(self, part)
            columns = [column for column, name in enumerate(self.products) if product in (ANY, name)]
            surfaces = [row for row, name in enumerate(self.surfaces) if surface in (ANY, name)]
            edges = np.ix_(surfaces, columns)
            if not np.array_equal(self.edges[edges], part.edges[edges], equal_nan=True):
                raise ValueError(
                    f"buckets of {surface}/{product} begin at other labels; measure both on the same split"
                )
            place = np.minimum(np.searchsorted(ids, part.request_id), max(len(ids) - 1, 0))
            mine = np.isin(part.surface, surfaces)
            unknown = part.request_id[mine & (ids[place] != part.request_id)] if len(ids) else part.request_id
            if len(unknown):
                raise ValueError(
                    f"request {bytes(unknown[0])!r} of slice {surface}/{product} is not among those joined to"
                )
            here, there = np.ix_(order[place[mine]], columns), np.ix_(mine, columns)
            if pairs[here].any():
                raise ValueError(f"slice {surface}/{product} has pairs of another part; the slices are {list(parts)}")
            error[here], pairs[here] = getattr(part, of)[there], part.pairs[there]
        if (pairs != self.pairs).any():
            row, column, task = np.argwhere((pairs != self.pairs).any(axis=-1))[0]
            place = f"{self.surfaces[self.surface[row]]}/{self.products[column]}"
            raise ValueError(
                f"request {bytes(self.request_id[row])!r} has {self.pairs[row, column, task].sum()} pairs of {place} "
                f"with a label for {self.tasks[task]}, and {pairs[row, column, task].sum()} in the parts; "
                "both must be measured on the same pairs"
            )
        return error


def _require_same_names(one: RequestErrors, other: RequestErrors) -> None:
    mine, theirs = ((each.surfaces, each.products, each.tasks) for each in (one, other))
    if mine != theirs:
        raise ValueError(f"only errors of the same surfaces, products and tasks can be joined; got {mine} and {theirs}")
