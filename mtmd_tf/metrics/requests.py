"""Sums of LogMAE and KL request by request, so that models can be compared on the same requests (paper section 3.2)."""

import dataclasses
import pathlib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.metrics import request_file
from mtmd_tf.metrics.buckets import BUCKETS
from mtmd_tf.metrics.request_file import RequestFile
from mtmd_tf.slices import ANY

FILE_NAME = "requests.parquet"

_NAMES = ("surfaces", "products", "tasks")


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
        """Writes a Parquet file from which `load` makes the same."""
        path, shapes = pathlib.Path(path), row_shapes(products=len(self.products), tasks=len(self.tasks))
        with RequestFile(path.parent, shapes) as file:
            file.append(**{name: getattr(self, name) for name in ("request_id", "surface", *shapes)})
            file.save(path, said(**{name: getattr(self, name) for name in _NAMES}, edges=self.edges))

    @classmethod
    def load(cls, path: str | pathlib.Path) -> "RequestErrors":
        """Reads what `save` or `RequestErrorSums` wrote.

        Raises:
            OSError: No such file.
            ValueError: Another file, or one that was cut off.
        """
        path = pathlib.Path(path)
        found = request_file.said_in(path)
        names = {name: tuple(found[name]) for name in _NAMES}
        shapes = row_shapes(products=len(names["products"]), tasks=len(names["tasks"]))
        edges = np.array(found["edges"], np.float64).reshape(len(names["surfaces"]), *shapes["kl"], -1)
        return cls(**names, **request_file.load(path, shapes), edges=edges)

    @classmethod
    def readable(cls, path: str | pathlib.Path) -> bool:
        """Whether a file is complete; one that was cut off is not."""
        try:
            found = request_file.said_in(pathlib.Path(path))
        except ValueError:
            return False
        return {field.name for field in dataclasses.fields(cls)} <= {*found, *found["columns"]}

    def only(self, slices: Collection[tuple[str, str]]) -> "RequestErrors":
        """The same without the pairs of other slices, (surface, product)."""
        chosen = [[(surface, product) in slices for product in self.products] for surface in self.surfaces]
        if all(map(all, chosen)):
            return self
        others = ~np.array(chosen)[self.surface]  # [requests, products]
        columns = {name: getattr(self, name).copy() for name in ("error", "kl", "pairs")}
        for column in columns.values():
            column[others] = 0
        return dataclasses.replace(self, **columns)

    def joined(self, parts: Mapping[tuple[str, str], "RequestErrors"], *, of: str = "error") -> np.ndarray:
        """The errors of models that answer for one slice each, in the rows of this, shaped as here.

        Args:
            parts: `{(surface, product): errors}` on the pairs of that slice, either `*` for any; other pairs of theirs
                are not read, nor those of a slice of which there are none here.
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
        for row in range(len(self.surfaces)):  # what `only` left out is not compared
            mine = self.surface == row
            absent = np.ix_(mine, ~self.pairs[mine].any(axis=(0, 2, 3)))
            error[absent] = pairs[absent] = 0
        if (pairs != self.pairs).any():
            row, column, task = np.argwhere((pairs != self.pairs).any(axis=-1))[0]
            place = f"{self.surfaces[self.surface[row]]}/{self.products[column]}"
            raise ValueError(
                f"request {bytes(self.request_id[row])!r} has {self.pairs[row, column, task].sum()} pairs of {place} "
                f"with a label for {self.tasks[task]}, and {pairs[row, column, task].sum()} in the parts; "
                "both must be measured on the same pairs"
            )
        return error


def row_shapes(*, products: int, tasks: int) -> dict[str, tuple[int, ...]]:
    """`{column: shape of one request's row}` of the sums in a file of requests."""
    buckets = (products, tasks, len(BUCKETS))
    return {"error": buckets, "kl": buckets[:2], "pairs": buckets}


def said(
    *, surfaces: Sequence[str], products: Sequence[str], tasks: Sequence[str], edges: np.ndarray
) -> dict[str, Any]:
    """What a file of requests says once for all rows; `edges` is `[surfaces, products, tasks, buckets - 1]`."""
    names = {"surfaces": surfaces, "products": products, "tasks": tasks}
    return {**{name: list(each) for name, each in names.items()}, "edges": np.asarray(edges, np.float64).tolist()}


def _require_same_names(one: RequestErrors, other: RequestErrors) -> None:
    mine, theirs = ((each.surfaces, each.products, each.tasks) for each in (one, other))
    if mine != theirs:
        raise ValueError(f"only errors of the same surfaces, products and tasks can be joined; got {mine} and {theirs}")
