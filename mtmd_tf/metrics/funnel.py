"""What a lightweight cut does to the heavyweight ranker's order, request by request (paper section 1)."""

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics import columns
from mtmd_tf.metrics.order import Order
from mtmd_tf.metrics.slices import ALL

_SUMS = ("requests", "recall", "chance_recall", "kept", "chance_kept", "best")


@dataclasses.dataclass(frozen=True, kw_only=True)
class FunnelRow:
    """One task on one surface, cut at one N; None is what has no request to be taken from.

    Attributes:
        surface: Name, or `all`.
        task: Name.
        top: K: the heavyweight ranker's K best candidates are what should survive (fewer where a request has fewer).
        cut: N: the lightweight ranker keeps its N best.
        requests: Requests with more than N labelled candidates; in the others nothing is cut.
        recall: Mean share of the top K that is among the N kept.
        recall_by_chance: The same for a random order.
        score_loss: 1 - (sum of the labels kept) / (sum of the labels of the best N), over all these requests.
        score_loss_by_chance: The same for a random order.
        ranked_requests: Requests whose labels differ, over which `rank_correlation` is taken.
        rank_correlation: Mean Spearman correlation of score and label within a request, 0 where all scores are equal.
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


class Funnel:
    """Funnel measures by surface and task, summed over requests. Ties count as their average over all orders.

    Args:
        surfaces: Names, in the order of the indices that `update` takes.
        tasks: Names.
        tops: Every K of the heavyweight ranker's top K.
        cuts: Every N of the lightweight cut.

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
    ) -> None:
        if min((*tops, *cuts)) < 1:
            raise ValueError(f"tops and cuts must be 1 or more; got {list(tops)} and {list(cuts)}")
        self.surfaces, self.tasks, self.tops, self.cuts = tuple(surfaces), tuple(tasks), tuple(tops), tuple(cuts)
        shape = (len(self.tops), len(self.cuts), len(self.surfaces))
        self._sums = {task: {name: np.zeros(shape) for name in _SUMS} for task in self.tasks}
        self._ranked = {task: np.zeros((2, len(self.surfaces))) for task in self.tasks}  # requests, sum of correlations

    def update(
        self,
        *,
        request: np.ndarray,
        surface: np.ndarray,
        label: Mapping[str, np.ndarray],
        score: Mapping[str, np.ndarray],
    ) -> None:
        """Adds whole requests: all candidates of a request come in one call.

        Args:
            request: `[pairs]` integer, the same for the candidates of one request.
            surface: `[pairs]` index of the surface.
            label: `{task: [pairs]}`, the heavyweight ranker's probability; a pair with NaN is left out.
            score: `{task: [pairs]}`, the lightweight ranker's, in any unit that rises with preference.

        Raises:
            ValueError: A wrong shape, an unknown task or surface, or a NaN score of a labelled pair.
        """
        pairs = len(request)
        request = columns.column(request, name="request", pairs=pairs, dtype=np.int64)
        surface = columns.column(surface, name="surface", pairs=pairs, dtype=np.int64)
        if pairs and not (surface.min() >= 0 and surface.max() < len(self.surfaces)):
            raise ValueError(
                f"surface indices must be 0 to {len(self.surfaces) - 1}; "
                f"got {int(surface.min())} to {int(surface.max())}"
            )
        columns.require_tasks(label, name="label", tasks=self.tasks, complete=False)
        columns.require_tasks(score, name="score", tasks=self.tasks, complete=True)
        for task in label:
            y = columns.column(label[task], name=f"label/{task}", pairs=pairs, dtype=np.float64)
            columns.require_labels(y, name=f"label/{task}")
            z = columns.column(score[task], name=f"score/{task}", pairs=pairs, dtype=np.float64)
            at = ~np.isnan(y)
            if np.isnan(z[at]).any():
                raise ValueError(f"score/{task} is NaN for {int(np.isnan(z[at]).sum())} labelled pairs")
            if at.any():
                self._add(task, request=request[at], surface=surface[at], label=y[at], score=z[at])

    def _add(
        self, task: str, *, request: np.ndarray, surface: np.ndarray, label: np.ndarray, score: np.ndarray
    ) -> None:
        _, first, row = np.unique(request, return_index=True, return_inverse=True)
        surface_of, candidates = surface[first], np.bincount(row)
        by_label, by_score = Order(row, label), Order(row, score)
        self._add_correlation(task, by_label=by_label, by_score=by_score, surface_of=surface_of)
        value = np.bincount(row, weights=label)
        for n, cut in enumerate(self.cuts):
            kept = by_score.share_in_top(cut)
            measures = {
                "requests": np.ones(len(candidates)),
                "kept": np.bincount(row, weights=kept * label),
                "best": np.bincount(row, weights=by_label.share_in_top(cut) * label),
                "chance_kept": value * cut / candidates,
                "chance_recall": cut / candidates,
            }
            for k, top in enumerate(self.tops):
                hits = np.bincount(row, weights=kept * by_label.share_in_top(top))
                for name, values in {**measures, "recall": hits / np.minimum(top, candidates)}.items():
                    values = np.where(candidates > cut, values, 0.0)
                    self._sums[task][name][k, n] += np.bincount(
                        surface_of, weights=values, minlength=len(self.surfaces)
                    )

    def _add_correlation(self, task: str, *, by_label: Order, by_score: Order, surface_of: np.ndarray) -> None:
        label_rank, score_rank = by_label.centred_rank(), by_score.centred_rank()
        row = by_label.row
        covariance = np.bincount(row, weights=label_rank * score_rank)
        label_power, score_power = (np.bincount(row, weights=rank**2) for rank in (label_rank, score_rank))
        ranked = label_power > 0
        scale = np.sqrt(label_power * score_power)
        correlation = np.divide(covariance, scale, out=np.zeros_like(scale), where=scale > 0)
        for sums, values in zip(self._ranked[task], (ranked.astype(np.float64), correlation * ranked), strict=True):
            sums += np.bincount(surface_of, weights=values, minlength=len(self.surfaces))

    def merge(self, other: "Funnel") -> None:
        """Adds what `other` counted, as if its requests had come here.

        Raises:
            ValueError: Other surfaces, tasks, tops or cuts.
        """
        mine, theirs = ((funnel.surfaces, funnel.tasks, funnel.tops, funnel.cuts) for funnel in (self, other))
        if mine != theirs:
            raise ValueError(
                f"only a funnel of the same surfaces, tasks, tops and cuts {mine} can be merged; got {theirs}"
            )
        for task in self.tasks:
            self._ranked[task] += other._ranked[task]
            for name in _SUMS:
                self._sums[task][name] += other._sums[task][name]

    def rows(self) -> list[FunnelRow]:
        """One row for each surface and `all`, and in it for each task, top and cut."""
        return [
            self._row(surface, at, task=task, k=k, n=n)
            for at, surface in enumerate((*self.surfaces, ALL))
            for task in self.tasks
            for k in range(len(self.tops))
            for n in range(len(self.cuts))
        ]

    def _row(self, surface: str, at: int, *, task: str, k: int, n: int) -> FunnelRow:
        chosen = slice(None) if surface == ALL else slice(at, at + 1)
        total = {name: float(self._sums[task][name][k, n, chosen].sum()) for name in _SUMS}
        ranked, correlation = self._ranked[task][:, chosen].sum(axis=1)
        return FunnelRow(
            surface=surface,
            task=task,
            top=self.tops[k],
            cut=self.cuts[n],
            requests=int(total["requests"]),
            recall=_ratio(total["recall"], total["requests"]),
            recall_by_chance=_ratio(total["chance_recall"], total["requests"]),
            score_loss=_ratio(max(total["best"] - total["kept"], 0.0), total["best"]),
            score_loss_by_chance=_ratio(total["best"] - total["chance_kept"], total["best"]),
            ranked_requests=int(ranked),
            rank_correlation=_ratio(float(correlation), float(ranked)),
        )


def _ratio(part: float, whole: float) -> float | None:
    return part / whole if whole > 0 else None
