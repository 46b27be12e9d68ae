"""The sums that an evaluation takes of a batch: candidates, winners, buckets, features, funnel (paper section 3)."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.evaluation.feature_values import FeatureValues
from mtmd_tf.evaluation.result import BUCKET, Breakdown
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import BUCKETS, Buckets, Cube, Funnel, TrainingMean, by_ecpm, tops_and_cuts, training_means
from mtmd_tf.slices import ANY, covers

_FEATURE_AUC_BINS = 2**11  # a feature's cube is 22 values wide
_MEAN_AUC_BINS = 2**10  # the training mean says one thing a slice


class Views:
    """The cubes of a model, and those of the training mean beside it.

    Args:
        data: Data set, whose schema has the tasks that exist and whose manifest has the training means.
        tasks: Names, a root first.
        clip: Smallest probability that LogMAE takes the logarithm of.
        buckets: Splits every slice by them too.
        features: Split the cube by these too.
    """

    def __init__(
        self,
        data: DataSet,
        *,
        tasks: Sequence[str],
        clip: float,
        buckets: Buckets | None = None,
        features: Sequence[FeatureValues] = (),
    ) -> None:
        schema = data.schema
        names: dict[str, Any] = {"surfaces": schema.surfaces, "products": schema.products, "tasks": tuple(tasks)}

        def exists(surface: str, product: str, task: str) -> bool:
            return covers(data.slice, surface=surface, product=product) and schema.task_exists(surface, product, task)

        def cubes(**more: Any) -> tuple[Cube, Cube]:
            options = {**names, "clip": clip, "exists": exists, **more}
            return Cube(**options), Cube(**options | {"auc_bins": _MEAN_AUC_BINS})

        self._schema, self._tasks, self._buckets, self._features = schema, tuple(tasks), buckets, tuple(features)
        self._mean = TrainingMean(training_means(data.manifest.split("train")["slices"]), **names, clip=clip)
        self._cubes = cubes(groups=BUCKETS if buckets else ())
        self._winners = Cube(**names, clip=clip, exists=exists)
        self._by_feature = [cubes(groups=each.names, auc_bins=_FEATURE_AUC_BINS) for each in self._features]
        surface = schema.surfaces[0] if data.slice is None or data.slice[0] == ANY else data.slice[0]
        several = sum(covers(data.slice, surface=surface, product=product) for product in schema.products) > 1
        tops, cuts = tops_and_cuts(candidates(data))
        cut: dict[str, Any] = {"surfaces": schema.surfaces, "tops": tops, "cuts": cuts}
        cut["products"] = schema.products if several else ()
        self._funnel = Funnel(**cut, tasks=self._tasks)
        bids = "bid" in data.manifest.columns
        self._ecpm_funnel = Funnel(**cut, tasks=self._tasks[:1], probabilities=False) if bids else None

    def update(
        self,
        batch: Batch,
        *,
        log_probability: Mapping[str, np.ndarray],
        log_complement: Mapping[str, np.ndarray],
    ) -> None:
        """Adds a batch and what the model says of it, `{task: [pairs]}` each."""
        request = batch.request.numpy()
        surface, product = batch.surface.numpy()[request], batch.product.numpy()
        label, event = (
            of_tasks(batch.label, self._tasks, pairs=len(request)),
            of_tasks(batch.event, self._tasks, pairs=len(request)),
        )
        truth: dict[str, Any] = {
            "surface": surface,
            "product": product,
            "label": label,
            "event": {task: np.nan_to_num(column, nan=-1.0).astype(np.int64) for task, column in event.items()},
        }
        model: dict[str, Any] = {"log_probability": log_probability, "log_complement": log_complement}
        mean: dict[str, Any] = dict(zip(model, self._mean(surface=surface, product=product), strict=True))
        bucket = self._bucket(surface=surface, product=product, label=label)
        for place, said in enumerate((model, mean)):
            self._cubes[place].update(**truth, **said, group=bucket)
        for values, pair in zip(self._features, self._by_feature, strict=True):
            group = dict.fromkeys(self._tasks, values.group_of(batch, self._schema))
            for cube, said in zip(pair, (model, mean), strict=True):
                cube.update(**truth, **said, group=group)
        first = winners(request, value=label[self._tasks[0]].astype(np.float64) * batch.bid.numpy())
        self._winners.update(**_rows(truth, first), **_rows(model, first))
        ranked: dict[str, Any] = {"request": request, "surface": surface, "product": product, "event": event}
        self._funnel.update(**ranked, label=label, score=log_probability)
        if self._ecpm_funnel:
            task = self._tasks[0]
            value, score = by_ecpm(label[task], log_probability[task], batch.bid.numpy())
            self._ecpm_funnel.update(**ranked, label={task: value}, score={task: score})

    def result(self) -> dict[str, Any]:
        """The fields of `Evaluation` that are measured here."""
        cube, mean = self._cubes
        breakdowns = [_breakdown(BUCKET, self._cubes)] if self._buckets else []
        breakdowns += [
            _breakdown(values.feature.key, pair) for values, pair in zip(self._features, self._by_feature, strict=True)
        ]
        return {
            "rows": tuple(cube.rows()),
            "baseline": tuple(mean.rows()),
            "winners": tuple(self._winners.rows()),
            "breakdowns": tuple(breakdowns),
            "funnel": tuple(self._funnel.rows()),
            "ecpm_funnel": tuple(self._ecpm_funnel.rows()) if self._ecpm_funnel else (),
            "calibration": tuple(cube.calibration()),
        }

    def _bucket(
        self, *, surface: np.ndarray, product: np.ndarray, label: Mapping[str, np.ndarray]
    ) -> dict[str, np.ndarray] | None:
        if self._buckets is None:
            return None
        slice_number = self._cubes[0].slices.number_of(surface=surface, product=product)
        return self._buckets.of_tasks(self._tasks, label=label, slice_number=slice_number)


def candidates(data: DataSet) -> float:
    """Candidates of a request of the split train, on average."""
    train = data.manifest.split("train")
    return train["pairs"] / max(train["requests"], 1)


def winners(request: np.ndarray, *, value: np.ndarray) -> np.ndarray:
    """The row of the most valuable pair of each request, the first of equals; a request without a value has none.

    Args:
        request: `[pairs]` integer, the same for the candidates of one request.
        value: `[pairs]`, NaN where there is none.
    """
    known = np.flatnonzero(~np.isnan(value))
    order = known[np.lexsort((-value[known], request[known]))]
    return order[np.diff(request[order], prepend=-1) != 0]


def winner_rule(data: DataSet, *, task: str) -> str:
    """A winner in words: by utility where the data has bids, else by the label of the first root task."""
    value = f"label of {task}"
    if "bid" in data.manifest.columns:
        value = f"utility, {value} * bid"
    return f"the candidate of each request with the highest {value}"


def of_tasks(columns: Mapping[str, Any], tasks: Sequence[str], *, pairs: int) -> dict[str, np.ndarray]:
    """`{task: [pairs]}` of a batch's labels or events, NaN for a task without a column."""
    return {task: columns[task].numpy() if task in columns else np.full(pairs, np.nan) for task in tasks}


def _rows(columns: Mapping[str, Any], at: np.ndarray) -> dict[str, Any]:
    return {name: _rows(part, at) if isinstance(part, Mapping) else part[at] for name, part in columns.items()}


def _breakdown(by: str, pair: tuple[Cube, Cube]) -> Breakdown:
    return Breakdown(by=by, rows=tuple(pair[0].group_rows()), baseline=tuple(pair[1].group_rows()))
