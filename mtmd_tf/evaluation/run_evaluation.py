"""The folder that the evaluation of a run leaves: measures, figures and the report (paper section 3.2)."""

import dataclasses
import pathlib
from collections.abc import Sequence

from mtmd_tf.evaluation.buckets import label_buckets
from mtmd_tf.evaluation.comparison import worse_than_mean
from mtmd_tf.evaluation.evaluate import evaluate
from mtmd_tf.evaluation.feature_values import chosen_features
from mtmd_tf.evaluation.figures import draw
from mtmd_tf.evaluation.over_slices import with_section
from mtmd_tf.evaluation.report import report
from mtmd_tf.evaluation.value_counts import frequent_values
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import RequestErrorSums, requests
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.reporting.html import write_report


def measure(
    model: TwoTowerModel,
    data: DataSet,
    *,
    run: str,
    out: pathlib.Path,
    split: str = "eval",
    surface: str = "",
    max_requests: int = 0,
    by: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> str:
    """Writes evaluation.json, requests.parquet, figures/, report.html and, last, report.md into the folder `out`.

    The split is read twice: its labels alone for their buckets, then all of it, once through the model; a third time,
    in between, where `by` names features. Memory holds a batch and sums of fixed size; the errors of each request wait
    on the disk of `out`, without a name, until requests.parquet is written.

    Args:
        model: The trained model.
        data: Data set that it is measured on.
        run: The run's name, for the report.
        out: The folder, made where it is not there.
        split: `eval` or `train`.
        surface: The surface to report first; none by default.
        max_requests: Stop after about so many; 0 reads all.
        by: Keys of categorical features to split the measures by, such as `item/brand`.
        warnings: Sentences that the report shows before its figures.

    Returns:
        The text of report.md.

    Raises:
        SchemaError: `by` names what is no categorical feature of the query or the item.
    """
    buckets = label_buckets(data, split=split, parents=model.parents)
    features = frequent_values(data, split=split, features=chosen_features(by, data.schema))
    out.mkdir(parents=True, exist_ok=True)
    with RequestErrorSums(
        folder=out,
        surfaces=data.schema.surfaces,
        products=data.schema.products,
        tasks=tuple(model.parents),
        buckets=buckets,
        exists=data.schema.task_exists,
    ) as errors:
        evaluation = evaluate(
            model,
            data,
            run=run,
            split=split,
            max_requests=max_requests,
            errors=errors,
            buckets=buckets,
            features=features,
        )
        evaluation = dataclasses.replace(evaluation, warnings=(*warnings, *worse_than_mean(evaluation)))
        evaluation.save(out / "evaluation.json")
        errors.save(out / requests.FILE_NAME)
    highlight = surface or None
    text = report(evaluation, highlight_surface=highlight, figures=draw(evaluation, out, highlight_surface=highlight))
    text = with_section(text, out)
    write_report(text, out / "report.md")
    return text


def default_folder(run: pathlib.Path, *, data: str, own: bool, split: str, most: int) -> pathlib.Path:
    """The folder of a report: the run's own for what train.py measures too, else one inside it.

    Args:
        run: The run's folder.
        data: Name of the data set.
        own: Whether the run was trained on it.
        split: `eval` or `train`.
        most: Requests to measure on; 0 for all.
    """
    if own and split == "eval" and not most:
        return run
    return run / "-".join([data, split, *([f"{most}-requests"] if most else [])])
