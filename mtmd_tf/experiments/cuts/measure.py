"""Each request's errors of one run: KL, and what the cuts lose of labels, eCPM and events (paper section 1)."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.metrics import by_ecpm
from mtmd_tf.metrics.cut import RequestCut
from mtmd_tf.metrics.order import RequestOrder
from mtmd_tf.tasks import BernoulliKL
from mtmd_tf.training import runs

KL = "KL"
_BATCH_REQUESTS = 1024

Column = tuple[str, str]  # task, measure


@dataclasses.dataclass(frozen=True, kw_only=True)
class AtCuts:
    """One run on the split eval. An error over its size is a mean KL, a share of misses, or a share of value lost.

    Attributes:
        run: Name of the run.
        data: Fingerprint of the data that it was measured on.
        columns: Task and measure of each column.
        errors: `[requests, columns]` sums over each request.
        sizes: `[columns]`: pairs of a KL, requests of a recall, value of the best N of a score loss, events of hits.
        calibration: `{task: sum p / sum y}`.
    """

    run: str
    data: str
    columns: tuple[Column, ...]
    errors: np.ndarray
    sizes: np.ndarray
    calibration: Mapping[str, float]


def at_cuts(run: pathlib.Path, *, cuts: Sequence[tuple[int, int]], data: str = "") -> AtCuts:
    """Runs the model of a finished run once over the split eval.

    Args:
        run: Folder of a finished run.
        cuts: Every K of the heavyweight ranker's top K with an N that is kept.
        data: Folder of the labeled data set; by default the one that the run was trained on.

    Raises:
        ConfigError: No finished training in the folder, or its data is gone.
    """
    model, source = runs.load_model(run), runs.open_data(run, data)
    predict, parts = None, []
    at_once = source.manifest.at_once(_BATCH_REQUESTS)
    for batch in source.batches("eval", batch_requests=at_once, cross=model.reads_cross):
        if predict is None:
            model(batch)  # variables first, so that one trace is enough
            predict = tf.function(model, input_signature=[batch_spec(batch)], autograph=False)
        parts.append(_errors(batch, predict(batch), cuts=cuts, bids="bid" in source.manifest.columns))
    columns = tuple(parts[0][0])
    sums = {task: np.sum([probabilities[task] for _, probabilities in parts], axis=0) for task in model.parents}
    return AtCuts(
        run=run.name,
        data=source.manifest.fingerprint(),
        columns=columns,
        errors=np.concatenate([np.stack([errors[each][0] for each in columns], axis=1) for errors, _ in parts]),
        sizes=np.array([sum(errors[each][1] for errors, _ in parts) for each in columns]),
        calibration={task: float(p / y) if y else float("nan") for task, (p, y) in sums.items()},
    )


def _errors(
    batch: Batch, predictions: Mapping, *, cuts: Sequence[tuple[int, int]], bids: bool
) -> tuple[dict[Column, tuple[np.ndarray, float]], dict[str, tuple[float, float]]]:
    """`{column: (error of each request, size)}` of a batch, and `{task: (sum p, sum y)}`."""
    errors: dict[Column, tuple[np.ndarray, float]] = {}
    sums = {}
    request, requests = batch.request.numpy(), len(batch.surface)
    for place, (task, prediction) in enumerate(predictions.items()):
        label = batch.label[task].numpy().astype(np.float64)
        known = ~np.isnan(label)
        kl = BernoulliKL().call(batch.label[task], tf.stack(prediction, axis=1)).numpy()[known]
        row, y, z = request[known], label[known], prediction.yes.numpy()[known].astype(np.float64)
        errors[task, KL] = np.bincount(row, kl, requests), float(known.sum())
        sums[task] = float(np.exp(z).sum()), float(y.sum())
        event = batch.event[task].numpy()[known] == 1 if task in batch.event else np.zeros(len(y), bool)
        errors |= _cut_errors(task, "", row=row, value=y, score=z, happened=event, requests=requests, cuts=cuts)
        if bids and place == 0:
            value, score = by_ecpm(y, z, batch.bid.numpy()[known])
            shared = {"row": row, "happened": event, "requests": requests, "cuts": cuts}
            errors |= _cut_errors(task, "eCPM ", value=value, score=score, **shared)
    return errors, sums


def _cut_errors(
    task: str,
    prefix: str,
    *,
    row: np.ndarray,
    value: np.ndarray,
    score: np.ndarray,
    happened: np.ndarray,
    requests: int,
    cuts: Sequence[tuple[int, int]],
) -> dict[Column, tuple[np.ndarray, float]]:
    """Of the requests that are cut; the errors of the others are 0."""
    present, own = np.unique(row, return_inverse=True)
    by_value, by_score = RequestOrder(own, value), RequestOrder(own, score)
    by_size = {size: RequestCut(by_value, by_score, size=size) for _, size in cuts}
    errors = {}

    def of_all(values: np.ndarray) -> np.ndarray:
        every = np.zeros(requests)
        every[present] = values
        return every

    for top, size in cuts:
        cut = by_size[size]
        best, of = cut.top(top)
        missed = of_all(cut.sums(best * (1.0 - cut.kept)) / of)
        errors[task, f"{prefix}misses of the best {top} at N={size}"] = missed, float(cut.is_cut.sum())
    for size, cut in by_size.items():
        best_sum = cut.sums(cut.best * value)
        lost = of_all(np.maximum(best_sum - cut.sums(cut.kept * value), 0.0))
        errors[task, f"{prefix}value lost at N={size}"] = lost, float(of_all(best_sum).sum())
        if happened.any() and not prefix:
            gone, events = of_all(cut.sums((1.0 - cut.kept) * happened)), of_all(cut.sums(happened))
            errors[task, f"events missed at N={size}"] = gone, float(events.sum())
    return errors
