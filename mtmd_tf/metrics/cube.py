"""The evaluation cube: every measure of every surface x product x task (x group), in one pass (paper section 3.1)."""

from collections.abc import Mapping, Sequence

import numpy as np

from mtmd_tf.metrics import columns, pointwise
from mtmd_tf.metrics.auc import StreamingAUC
from mtmd_tf.metrics.calibration import CalibrationCurve, CalibrationRow
from mtmd_tf.metrics.ratio import ratio
from mtmd_tf.metrics.row import Row
from mtmd_tf.metrics.slices import ALL, Exists, Slices

_SUMS = ("pairs", "weight", "label", "probability", "log_mae", "kl", "mae", "bce", "events", "event_weight", "event")


class Cube:
    """Sums of every measure by slice and task. Means are weighted, counts are not.

    Args:
        surfaces: Names, in the order of the indices that `update` takes.
        products: Names of the products.
        tasks: Names of the tasks.
        clip: LogMAE clips p and y to [clip, 1].
        exists: `exists(surface, product, task)`, or the set of such triples that exist; None is all. Pairs of a slice
            in which a task does not exist are left out of that task.
        groups: Names of a further split of every slice, such as buckets or a feature's values; empty for none.
        auc_bins: Bins of the histograms behind AUC, which are kept for each slice, group and task.

    Raises:
        ValueError: A repeated or reserved name, or a clip outside (0, 1).
    """

    def __init__(
        self,
        *,
        surfaces: Sequence[str],
        products: Sequence[str],
        tasks: Sequence[str],
        clip: float = pointwise.DEFAULT_CLIP,
        exists: Exists | None = None,
        groups: Sequence[str] = (),
        auc_bins: int = 2**14,
    ) -> None:
        if ALL in groups or len(set(groups)) != len(groups):
            raise ValueError(f"groups must be named once each, none of them {ALL!r}; got {list(groups)}")
        if not 0 < clip < 1:
            raise ValueError(f"clip must lie between 0 and 1; got {clip}")
        self.slices = Slices(surfaces=tuple(surfaces), products=tuple(products))
        self.tasks = tuple(tasks)
        self.clip = clip
        self._exists = {task: self.slices.existing(task=task, exists=exists) for task in self.tasks}
        self.groups = tuple(groups)
        self._places = len(self.groups) + 1  # of a slice; the first is of pairs in no group
        cells = self.slices.count * self._places
        self._sums = {task: {name: np.zeros(cells) for name in _SUMS} for task in self.tasks}
        self._auc = {task: StreamingAUC(cells=cells, bins=auc_bins) for task in self.tasks}
        self._curve = {task: CalibrationCurve(self.slices, task=task) for task in self.tasks}

    def update(
        self,
        *,
        surface: np.ndarray,
        product: np.ndarray,
        log_probability: Mapping[str, np.ndarray],
        log_complement: Mapping[str, np.ndarray],
        label: Mapping[str, np.ndarray],
        event: Mapping[str, np.ndarray] | None = None,
        weight: np.ndarray | None = None,
        group: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        """Adds a batch of pairs.

        Args:
            surface: `[pairs]` index of the surface.
            product: `[pairs]` index of the product.
            log_probability: `{task: [pairs]}`, ln p, of every task.
            log_complement: `{task: [pairs]}`, ln(1 - p), of every task.
            label: `{task: [pairs]}`, NaN where there is none; a task may lack.
            event: `{task: [pairs]}`, 1, 0, or -1 where it was not observed; a task may lack.
            weight: `[pairs]` sampling weight, or None for 1.
            group: `{task: [pairs]}`, index of the group, -1 where a pair is in none; None where there are no groups.

        Raises:
            ValueError: A wrong shape, an unknown or missing task, index or group, a label outside [0, 1], another
                event, a negative weight, or a prediction that is NaN or above 1 where there is something to compare it
                with.
        """
        pairs, event = len(surface), event or {}
        surface = columns.column(surface, name="surface", pairs=pairs, dtype=np.int64)
        product = columns.column(product, name="product", pairs=pairs, dtype=np.int64)
        cell = self.slices.number_of(surface=surface, product=product)
        weight = (
            np.ones(pairs) if weight is None else columns.column(weight, name="weight", pairs=pairs, dtype=np.float64)
        )
        if not np.all(weight >= 0):
            raise ValueError(f"weight must be >= 0 in every pair; got {weight[~(weight >= 0)][0]}")
        for name, given, complete in (
            ("log_probability", log_probability, True),
            ("log_complement", log_complement, True),
            ("label", label, False),
            ("event", event, False),
            ("group", group or {}, bool(self.groups)),
        ):
            columns.require_tasks(given, name=name, tasks=self.tasks, complete=complete)
        for task in self.tasks:
            log_p = columns.column(log_probability[task], name=f"log_probability/{task}", pairs=pairs, dtype=np.float64)
            log_1mp = columns.column(log_complement[task], name=f"log_complement/{task}", pairs=pairs, dtype=np.float64)
            exists = self._exists[task][cell]
            place = cell * self._places + (self._place(group[task], task=task, pairs=pairs) if group else 0)
            if task in label:
                y = columns.column(label[task], name=f"label/{task}", pairs=pairs, dtype=np.float64)
                columns.require_labels(y, name=f"label/{task}")
                at = exists & ~np.isnan(y)
                self._add_labels(
                    task, cell=place[at], log_p=log_p[at], log_1mp=log_1mp[at], label=y[at], weight=weight[at]
                )
            if task in event:
                happened = columns.column(event[task], name=f"event/{task}", pairs=pairs, dtype=np.int64)
                columns.require_events(happened, name=f"event/{task}")
                at = exists & (happened >= 0)
                self._add_events(
                    task, cell=place[at], log_p=log_p[at], log_1mp=log_1mp[at], event=happened[at], weight=weight[at]
                )

    def _place(self, group: np.ndarray, *, task: str, pairs: int) -> np.ndarray:
        index = columns.column(group, name=f"group/{task}", pairs=pairs, dtype=np.int64)
        if pairs and not (index.min() >= -1 and index.max() < len(self.groups)):
            raise ValueError(
                f"group/{task} must be -1 to {len(self.groups) - 1}, one of {list(self.groups)}; "
                f"got {int(index.min())} to {int(index.max())}"
            )
        return index + 1

    def _add_labels(
        self,
        task: str,
        *,
        cell: np.ndarray,
        log_p: np.ndarray,
        log_1mp: np.ndarray,
        label: np.ndarray,
        weight: np.ndarray,
    ) -> None:
        columns.require_log_probabilities(log_p, name=f"log_probability/{task}")
        columns.require_log_probabilities(log_1mp, name=f"log_complement/{task}")
        probability = np.exp(log_p)
        self._add(task, "pairs", cell, np.ones_like(weight))
        self._add(task, "weight", cell, weight)
        self._add(task, "label", cell, weight * label)
        self._add(task, "probability", cell, weight * probability)
        self._add(task, "log_mae", cell, weight * pointwise.log_absolute_error(log_p, label=label, clip=self.clip))
        self._add(task, "kl", cell, weight * pointwise.bernoulli_kl(log_p, log_1mp, label=label))
        self._add(task, "mae", cell, weight * pointwise.absolute_error(log_p, log_1mp, label=label))
        self._add(task, "bce", cell, weight * pointwise.cross_entropy(log_p, log_1mp, label=label))
        self._curve[task].update(
            cell=cell // self._places,
            log_odds=pointwise.log_odds(log_p, log_1mp),
            probability=probability,
            label=label,
            weight=weight,
        )

    def _add_events(
        self,
        task: str,
        *,
        cell: np.ndarray,
        log_p: np.ndarray,
        log_1mp: np.ndarray,
        event: np.ndarray,
        weight: np.ndarray,
    ) -> None:
        columns.require_log_probabilities(log_p, name=f"log_probability/{task}")
        columns.require_log_probabilities(log_1mp, name=f"log_complement/{task}")
        self._add(task, "events", cell, np.ones_like(weight))
        self._add(task, "event_weight", cell, weight)
        self._add(task, "event", cell, weight * event)
        self._auc[task].update(cell=cell, log_odds=pointwise.log_odds(log_p, log_1mp), event=event, weight=weight)

    def _add(self, task: str, name: str, cell: np.ndarray, values: np.ndarray) -> None:
        self._sums[task][name] += np.bincount(cell, weights=values, minlength=len(self._sums[task][name]))

    def rows(self) -> list[Row]:
        """One row for each slice and roll-up, and in it for each task; all groups together."""
        places = np.arange(self._places)
        return [
            self._row(surface, product, cells, task=task, group=ALL, places=places)
            for surface, product, cells in self.slices.views()
            for task in self.tasks
        ]

    def group_rows(self) -> list[Row]:
        """The same for each group alone: slice by slice, task by task."""
        return [
            self._row(surface, product, cells, task=task, group=name, places=np.array([place]))
            for surface, product, cells in self.slices.views()
            for task in self.tasks
            for place, name in enumerate(self.groups, start=1)
        ]

    def calibration(self) -> list[CalibrationRow]:
        """The points of every calibration curve, task by task."""
        return [row for task in self.tasks for row in self._curve[task].rows()]

    def _row(self, surface: str, product: str, cells: np.ndarray, *, task: str, group: str, places: np.ndarray) -> Row:
        exists = bool(self._exists[task][cells].any())
        cells = (cells[:, None] * self._places + places).ravel()
        total = {name: float(values[cells].sum()) for name, values in self._sums[task].items()}
        auc, auc_error = self._auc[task].value_and_bound(cells=cells) if total["events"] else (None, None)
        means = {name: ratio(total[name], total["weight"]) for name in ("log_mae", "kl", "mae", "bce")}
        return Row(
            surface=surface,
            product=product,
            task=task,
            group=group,
            exists=exists,
            pairs=int(total["pairs"]),
            label_mean=ratio(total["label"], total["weight"]),
            probability_mean=ratio(total["probability"], total["weight"]),
            calibration=ratio(total["probability"], total["label"]),
            events=int(total["events"]),
            event_rate=ratio(total["event"], total["event_weight"]),
            auc=auc,
            auc_error=auc_error,
            **means,
        )
