"""Runs a model once over a split and fills the cubes (paper section 3.2)."""

from collections.abc import Iterable, Iterator, Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.evaluation.distances import distances
from mtmd_tf.evaluation.feature_values import FeatureValues
from mtmd_tf.evaluation.inspection import Inspection
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.evaluation.views import Views, of_tasks, winner_rule
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import Buckets, RequestErrorSums
from mtmd_tf.metrics.pointwise import DEFAULT_CLIP
from mtmd_tf.slices import covers
from tfrecords_tools.partition import span
from tfrecords_tools.progress import progress_bar

_BATCH_REQUESTS = 1024
_UNUSED = "every pair counts once here, whatever its weight; --use_weights is of training"


def evaluate(
    model: tf.keras.Model,
    data: DataSet,
    *,
    run: str,
    split: str = "eval",
    max_requests: int = 0,
    errors: RequestErrorSums | None = None,
    buckets: Buckets | None = None,
    features: Sequence[FeatureValues] = (),
) -> Evaluation:
    """Measures `model` against the labels and events of a split, next to predicting the training mean.

    One pass over batches; memory holds a batch and sums whose size does not depend on the number of requests. What
    `buckets` and `features` are made of, the labels' quantiles and the frequent values, takes a cheap pass each before:
    `label_buckets` and `frequent_values`.

    Args:
        model: `model(batch)` is `{task: LogProbability}`; `model.parents` names its tasks.
        data: Data set, of which `split` is read once; its manifest has the training means.
        run: The run's name, for the report.
        split: `eval` or `train`.
        max_requests: Stop after about so many; 0 reads all.
        errors: Takes the errors of each request to its disk, where they are asked for.
        buckets: Splits every slice by them, where they are asked for.
        features: Splits the cube by their values too.

    Raises:
        DataError: A record that breaks the data contract.
    """
    views = Views(data, tasks=tuple(model.parents), clip=DEFAULT_CLIP, buckets=buckets, features=features)
    inspection = Inspection(model)
    batch_requests = data.manifest.at_once(_BATCH_REQUESTS)
    take = -(-max_requests // batch_requests) or -1
    batches = data.batches(split, batch_requests=batch_requests, take=take, cross=getattr(model, "reads_cross", False))
    wanted = min(data.requests(split), max_requests or data.requests(split))
    with progress_bar(total=wanted, desc="evaluate", unit=" requests") as bar:
        for batch, yes, no in _predictions(model, batches, inspection):
            views.update(batch, log_probability=yes, log_complement=no)
            if errors is not None:
                errors.update(
                    request_id=batch.request_id.numpy(),
                    request=batch.request.numpy(),
                    surface=batch.surface.numpy(),
                    product=batch.product.numpy(),
                    log_probability=yes,
                    log_complement=no,
                    label=of_tasks(batch.label, tuple(model.parents), pairs=batch.product.shape[0]),
                )
            bar.update(batch.surface.shape[0])
    of_slice = f", slice {'/'.join(data.slice)}" if data.slice else ""
    return Evaluation(
        run=run,
        data=f"{data.folder}, split {split}{of_slice}, {span(data.manifest.days(split))}",
        clip=DEFAULT_CLIP,
        winner_rule=winner_rule(data, task=next(iter(model.parents))),
        bucket_edges=_edges(data, buckets) if buckets else {},
        routing=inspection.routing(),
        gates=inspection.gates(),
        distances=distances(model),
        details={"weights": _UNUSED} if "weight" in data.manifest.columns else {},
        **views.result(),
    )


def _predictions(
    model: tf.keras.Model, batches: Iterable[Batch], inspection: Inspection
) -> Iterator[tuple[Batch, dict[str, np.ndarray], dict[str, np.ndarray]]]:
    """Each batch with `{task: [pairs] ln p}` and `{task: [pairs] ln(1 - p)}`; routers and gates are summed."""
    predict = None
    for batch in batches:
        if predict is None:
            model(batch)  # variables first, so that one trace is enough
            predict = tf.function(inspection.run, input_signature=[batch_spec(batch)], autograph=False)
        prediction, sums = predict(batch)
        inspection.add(sums)
        yes = {task: each.yes.numpy() for task, each in prediction.items()}
        no = {task: each.no.numpy() for task, each in prediction.items()}
        yield batch, yes, no


def _edges(data: DataSet, buckets: Buckets) -> dict[str, dict[str, list[float]]]:
    """The least label of each bucket but the rest, for the slices that are read and have labels."""
    return {
        "/".join(each): {root: edges[cell].tolist() for root, edges in buckets.edges.items() if edges[cell][0] >= 0}
        for cell, each in enumerate(data.schema.slices)
        if covers(data.slice, surface=each[0], product=each[1])
    }
