"""What a lightweight cut does to the heavyweight ranker's order, request by request (paper section 1)."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics import columns
from mtmd_tf.metrics.cut import RequestCut
from mtmd_tf.metrics.order import RequestOrder
from mtmd_tf.metrics.ratio import ratio
from mtmd_tf.metrics.slices import ALL

_SUMS = ("requests", "recall", "chance_recall", "kept", "chance_kept", "best", "events", "hits", "chance_hits")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FunnelRow:
    """One task in one slice or roll-up, cut at one N; None is what has no request to be taken from.

    Attributes:
        surface: Name, or `all`.
        task: Name of the task.
        top: K: the heavyweight ranker's K best candidates are what should survive (fewer where a request has fewer).
        cut: N: the lightweight ranker keeps its N best.
        requests: Requests with more than N labeled candidates; in the others nothing is cut.
        recall: Mean share of the top K that is among the N kept.
        recall_by_chance: The same for a random order.
        score_loss: 1 - (sum of the labels kept) / (sum of the labels of the best N), over all these requests.
        score_loss_by_chance: The same for a random order.
        ranked_requests: Requests whose labels differ, over which `rank_correlation` is taken.
        rank_correlation: Mean Spearman correlation of score and label within a request, 0 where all scores are equal.
        events: Labeled candidates of these requests whose event happened later.
        hit_rate: Share of them that is among the N kept.
        hit_rate_by_chance: The same for a random order.
        product: Name: only this product's candidates of each request compete; or `all`: all of them do.
    """

    surface: str
    task: str
    top: int
    cut: int
    requests: int
    recall: float | None
    recall_by_chance: float | None
    score_loss: float | None
    score_loss_by_chance: float | None
    ranked_requests: int
    rank_correlation: float | None
    events: int = 0
    hit_rate: float | None = None
    hit_rate_by_chance: float | None = None
    product: str = ALL


class Funnel:
    """Funnel measures by surface, product and task, summed over requests. Ties count as their average over all orders.

    Args:
        surfaces: Names, in the order of the indices that `update` takes.
        tasks: Names of the tasks.
        tops: Every K of the heavyweight ranker's top K.
        cuts: Every N of the lightweight cut.
        products: Names, in the order of the indices that `update` takes; empty where products are not told apart.
        probabilities: Whether labels are probabilities; otherwise they are values of at least 0, such as eCPM.

    Raises:
        ValueError: A top or cut below 1.
    """

    def __init__(
        self,
        *,
        surfaces: Sequence[str],
        tasks: Sequence[str],
        tops: Sequence[int] = (1, 5),
        cuts: Sequence[int] = (1, 2, 5, 10, 20, 50),
        products: Sequence[str] = (),
        probabilities: bool = True,
    ) -> None:
        if min((*tops, *cuts)) < 1:
            raise ValueError(f"tops and cuts must be 1 or more; got {list(tops)} and {list(cuts)}")
        self.surfaces, self.tasks, self.tops, self.cuts = tuple(surfaces), tuple(tasks), tuple(tops), tuple(cuts)
        self.products = tuple(products)
        self._require = columns.require_labels if probabilities else columns.require_values
        self._views = len(self.products) + 1  # of a surface; the first is of all products together
        self._cells = len(self.surfaces) * self._views
        shape = (len(self.tops), len(self.cuts), self._cells)
        self._sums = {task: {name: np.zeros(shape) for name in _SUMS} for task in self.tasks}
        self._ranked = {task: np.zeros((2, self._cells)) for task in self.tasks}  # requests, sum of correlations

    def update(
        self,
        *,
        request: np.ndarray,
        surface: np.ndarray,
        label: Mapping[str, np.ndarray],
        score: Mapping[str, np.ndarray],
        product: np.ndarray | None = None,
        event: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Adds whole requests: all candidates of a request come in one call.

        Args:
            request: `[pairs]` integer, the same for the candidates of one request.
            surface: `[pairs]` index of the surface.
            label: `{task: [pairs]}`, the heavyweight ranker's probability or value; a pair with NaN is left out.
            score: `{task: [pairs]}`, the lightweight ranker's, in any unit that rises with preference.
            product: `[pairs]` index of the product; needed where products are told apart.
            event: `{task: [pairs]}`, 1 where it happened; anything else, NaN too, where it did not or nobody knows.

        Raises:
            ValueError: A wrong shape, an unknown task, surface or product, or a NaN score of a labeled pair.
        """
        pairs = len(request)
        request = columns.column(request, name="request", pairs=pairs, dtype=np.int64)
        surface = columns.column(surface, name="surface", pairs=pairs, dtype=np.int64)
        _require_indices(surface, name="surface", names=self.surfaces)
        own = columns.column(product if self.products else np.zeros(pairs), name="product", pairs=pairs, dtype=np.int64)
        _require_indices(own, name="product", names=self.products or (ALL,))
        columns.require_tasks(label, name="label", tasks=self.tasks, complete=False)
        columns.require_tasks(score, name="score", tasks=self.tasks, complete=True)
        for task in label:
            y = columns.column(label[task], name=f"label/{task}", pairs=pairs, dtype=np.float64)
            self._require(y, name=f"label/{task}")
            z = columns.column(score[task], name=f"score/{task}", pairs=pairs, dtype=np.float64)
            at = ~np.isnan(y)
            if np.isnan(z[at]).any():
                raise ValueError(f"score/{task} is NaN for {int(np.isnan(z[at]).sum())} labeled pairs")
            if not at.any():
                continue
            whole = surface[at] * self._views
            happened = np.equal((event or {}).get(task, np.zeros(pairs)), 1).astype(np.float64)
            ranked = {"label": y[at], "score": z[at], "happened": happened[at]}
            self._add(task, request=request[at], cell=whole, **ranked)
            if self.products:
                request_of = request[at] * len(self.products) + own[at]
                self._add(task, request=request_of, cell=whole + 1 + own[at], **ranked)

    def _add(
        self,
        task: str,
        *,
        request: np.ndarray,
        cell: np.ndarray,
        label: np.ndarray,
        score: np.ndarray,
        happened: np.ndarray,
    ) -> None:
        _, first, row = np.unique(request, return_index=True, return_inverse=True)
        cell_of, candidates = cell[first], np.bincount(row)
        by_label, by_score = RequestOrder(row, label), RequestOrder(row, score)
        self._add_correlation(task, by_label=by_label, by_score=by_score, cell_of=cell_of)
        value, events = np.bincount(row, weights=label), np.bincount(row, weights=happened)
        for n, size in enumerate(self.cuts):
            cut = RequestCut(by_label, by_score, size=size)
            measures = {
                "requests": np.ones(len(candidates)),
                "kept": cut.sums(cut.kept * label),
                "best": cut.sums(cut.best * label),
                "chance_kept": value * size / candidates,
                "chance_recall": size / candidates,
                "events": events,
                "hits": cut.sums(cut.kept * happened),
                "chance_hits": events * size / candidates,
            }
            for k, top in enumerate(self.tops):
                in_top, of = cut.top(top)
                for name, values in {**measures, "recall": cut.sums(cut.kept * in_top) / of}.items():
                    values = np.where(cut.is_cut, values, 0.0)
                    self._sums[task][name][k, n] += np.bincount(cell_of, weights=values, minlength=self._cells)

    def _add_correlation(
        self, task: str, *, by_label: RequestOrder, by_score: RequestOrder, cell_of: np.ndarray
    ) -> None:
        label_rank, score_rank = by_label.centered_rank(), by_score.centered_rank()
        row = by_label.row
        covariance = np.bincount(row, weights=label_rank * score_rank)
        label_power, score_power = (np.bincount(row, weights=rank**2) for rank in (label_rank, score_rank))
        ranked = label_power > 0
        scale = np.sqrt(label_power * score_power)
        correlation = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
        for sums, values in zip(self._ranked[task], (ranked.astype(np.float64), correlation * ranked), strict=True):
            sums += np.bincount(cell_of, weights=values, minlength=self._cells)

    def rows(self) -> list[FunnelRow]:
        """One row for each slice and roll-up, and in it for each task, top and cut."""
        return [
            self._row(surface, product, task=task, k=k, n=n)
            for surface in (*self.surfaces, ALL)
            for product in (*self.products, ALL)
            for task in self.tasks
            for k in range(len(self.tops))
            for n in range(len(self.cuts))
        ]

    def _row(self, surface: str, product: str, *, task: str, k: int, n: int) -> FunnelRow:
        view = 0 if product == ALL else 1 + self.products.index(product)
        first = 0 if surface == ALL else self.surfaces.index(surface)
        last = len(self.surfaces) if surface == ALL else first + 1
        chosen = np.arange(first, last) * self._views + view
        total = {name: float(self._sums[task][name][k, n, chosen].sum()) for name in _SUMS}
        ranked, correlation = self._ranked[task][:, chosen].sum(axis=1)
        return FunnelRow(
            surface=surface,
            product=product,
            task=task,
            top=self.tops[k],
            cut=self.cuts[n],
            requests=int(total["requests"]),
            recall=ratio(total["recall"], total["requests"]),
            recall_by_chance=ratio(total["chance_recall"], total["requests"]),
            score_loss=ratio(max(total["best"] - total["kept"], 0.0), total["best"]),
            score_loss_by_chance=ratio(total["best"] - total["chance_kept"], total["best"]),
            ranked_requests=int(ranked),
            rank_correlation=ratio(float(correlation), float(ranked)),
            events=int(total["events"]),
            hit_rate=ratio(total["hits"], total["events"]),
            hit_rate_by_chance=ratio(total["chance_hits"], total["events"]),
        )


def _require_indices(index: np.ndarray, *, name: str, names: Sequence[str]) -> None:
    if index.size and not (index.min() >= 0 and index.max() < len(names)):
        raise ValueError(f"{name} indices must be 0 to {len(names) - 1}; got {int(index.min())} to {int(index.max())}")
