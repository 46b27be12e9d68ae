"""Measures a trained run on a split: `python -m mtmd_tf.jobs.evaluate --run=runs/hf` (paper section 3.2).

The model runs once over the split, in bounded memory however many requests there are. Before that, one cheap pass
reads the labels alone, for where the buckets begin, and with --by one the features named, for their frequent values.
"""

import dataclasses
import pathlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.jobs import settings
from tfrecords_tools.files import write_text

if TYPE_CHECKING:
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.model import MTMD


def measure(
    model: "MTMD",
    data: "DataSet",
    *,
    run: str,
    out: pathlib.Path,
    split: str = "eval",
    surface: str = "",
    max_requests: int = 0,
    by: Sequence[str] = (),
    warnings: Sequence[str] = (),
) -> str:
    """Writes evaluation.json, requests.npz, figures/, report.html and, last, report.md into the folder `out`.

    The split is read twice: its labels alone for their buckets, then all of it, once through the model; a third time,
    in between, where `by` names features. Memory holds a batch and sums of fixed size; the errors of each request wait
    on the disk of `out`, without a name, until requests.npz is written.

    Args:
        model: The trained model.
        data: What it is measured on.
        run: The run's name, for the report.
        out: The folder, made where it is not there.
        split: `eval` or `train`.
        surface: The surface to report first; none by default.
        max_requests: Stop after about so many; 0 reads all.
        by: Keys of categorical features to split the measures by, such as `item/brand`.
        warnings: What the report says before its figures, a sentence each.

    Returns:
        The text of report.md.

    Raises:
        SchemaError: `by` names what is no categorical feature of the query or the item.
    """
    from mtmd_tf.evaluation.buckets import label_buckets
    from mtmd_tf.evaluation.comparison import worse_than_mean
    from mtmd_tf.evaluation.evaluate import evaluate
    from mtmd_tf.evaluation.feature_values import chosen_features
    from mtmd_tf.evaluation.figures import draw
    from mtmd_tf.evaluation.over_slices import with_section
    from mtmd_tf.evaluation.report import report
    from mtmd_tf.evaluation.value_counts import frequent_values
    from mtmd_tf.metrics import RequestErrorSums, requests
    from mtmd_tf.reporting.html import page

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
    write_text(out / "report.html", page(text, folder=out))
    write_text(out / "report.md", text)
    return text


def default_folder(run: pathlib.Path, *, data: str, own: bool, split: str, most: int) -> pathlib.Path:
    """Where a report goes: into the run's folder what train.py measures too, else into one inside it.

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


def main(argv: list[str]) -> None:
    """Loads the run and measures it."""
    del argv
    from mtmd_tf.jobs import runs

    run = pathlib.Path(_RUN.value)
    model = runs.load_model(run)
    data = runs.open_data(run, _DATA.value)
    runs.require_same_schema(model, data)
    runs.require_labels(data, model.parents)
    runs.require_surface(data, _SURFACE.value)
    out = pathlib.Path(_OUT.value)
    if not _OUT.value:
        own = not _DATA.value
        out = default_folder(run, data=data.folder.name, own=own, split=_SPLIT.value, most=_MAX.value)
    options = {"split": _SPLIT.value, "surface": _SURFACE.value, "max_requests": _MAX.value, "by": _BY.value}
    options["warnings"] = runs.warnings(run)
    print(measure(model, data, run=run.name, out=out, **options))
    print(f"Written to {out}/.")


if __name__ == "__main__":
    _RUN = flags.DEFINE_string("run", None, "folder of a finished run", required=True)
    _DATA = flags.DEFINE_string(
        "data", "", "folder of the labelled data set; by default the one that the run was trained on"
    )
    _OUT = flags.DEFINE_string(
        "out",
        "",
        "folder for the report; by default the run's own, or one inside it for other data, another split or a part",
    )
    _SPLIT = flags.DEFINE_string("split", "eval", "split to measure on")
    _SURFACE = flags.DEFINE_string("report_surface", "", "surface to report first")
    _MAX = flags.DEFINE_integer("requests", 0, "requests to measure on; 0 takes all", lower_bound=0)
    _BY = flags.DEFINE_list("by", [], "categorical features to split the measures by too, such as item/brand,query/age")
    settings.run(main)
