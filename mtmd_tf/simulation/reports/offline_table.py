"""The offline measures of models as one table, from evaluations or from a CSV file (paper section 3.2)."""

import pathlib
from collections.abc import Mapping, Sequence

import pandas as pd

from mtmd_tf.config import ConfigError
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import ALL, FunnelRow
from mtmd_tf.simulation.statistics.online import MODEL
from tfrecords_tools.requests import DataError


def of_evaluations(paths: Mapping[str, pathlib.Path], *, tasks: Sequence[str], cut: int) -> pd.DataFrame:
    """A row for each model: LogMAE, KL, AUC and rank correlation of each task, and what a cut at N keeps.

    The cut's measures are those of the task's labels and, where the data has bids, of eCPM. Where an evaluation has no
    cut at N, the nearest one that it has is taken, and the columns are named after it.

    Args:
        paths: `{model: its evaluation.json}`.
        tasks: Names of tasks, such as `ctr`; with two or more, each column is named after its task.
        cut: Number of candidates that the lightweight ranker keeps.

    Raises:
        DataError: No evaluation, or one without a task.
    """
    return pd.DataFrame([{MODEL: model, **_measures(path, tasks=tasks, cut=cut)} for model, path in paths.items()])


def of_file(path: pathlib.Path) -> pd.DataFrame:
    """The table in a CSV file with the column `model` and a column of numbers for each measure.

    Raises:
        DataError: No such table, a model that comes twice, or a column of something else.
    """
    try:
        frame = pd.read_csv(path)
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeDecodeError) as error:
        raise DataError(f"{path} is no CSV in UTF-8 with a row of names") from error
    if MODEL not in frame.columns:
        raise DataError(f"{path} lacks the column {MODEL!r}, the names of arms; it has {', '.join(frame.columns)}")
    twice = frame[MODEL][frame[MODEL].duplicated()]
    if len(twice):
        raise DataError(f"{path}: the model {twice.iloc[0]!r} comes twice; give one row a model")
    for name in frame.columns.drop(MODEL):
        if not pd.api.types.is_numeric_dtype(frame[name]):
            raise DataError(f"{path}: the column {name!r} must hold numbers, it is {frame[name].dtype}")
    return frame


def paths_named(texts: list[str]) -> dict[str, pathlib.Path]:
    """`{model: path}` of texts such as `mtmd=runs/mtmd/evaluation.json`.

    Raises:
        ConfigError: Another form, or a model that comes twice.
    """
    found: dict[str, pathlib.Path] = {}
    for text in texts:
        model, equals, path = text.partition("=")
        if not model or not equals or not path:
            raise ConfigError(f"--evaluation={text}: it is ARM=PATH, such as mtmd=runs/mtmd/evaluation.json.")
        if model in found:
            raise ConfigError(f"--evaluation={text}: the arm {model!r} comes twice.")
        found[model] = pathlib.Path(path)
    return found


def _measures(path: pathlib.Path, *, tasks: Sequence[str], cut: int) -> dict[str, float | None]:
    try:
        evaluation = Evaluation.load(path)
    except ValueError as error:
        raise DataError(str(error)) from error
    found: dict[str, float | None] = {}
    for task in tasks:
        before = f"{task}: " if len(tasks) > 1 else ""
        found |= {before + name: value for name, value in _of_task(evaluation, task, path=path, cut=cut).items()}
    ecpm = _funnel_measures(list(evaluation.ecpm_funnel), cut=cut)
    return found | {f"eCPM {name}": value for name, value in ecpm.items()}


def _of_task(evaluation: Evaluation, task: str, *, path: pathlib.Path, cut: int) -> dict[str, float | None]:
    rows = [row for row in evaluation.rows if (row.surface, row.product, row.task) == (ALL, ALL, task)]
    if not rows:
        known = ", ".join(dict.fromkeys(row.task for row in evaluation.rows))
        raise DataError(f"{path} has no task {task!r}; its tasks are {known}")
    found: dict[str, float | None] = {"LogMAE": rows[0].log_mae, "KL": rows[0].kl, "AUC": rows[0].auc}
    return found | _funnel_measures([row for row in evaluation.funnel if row.task == task], cut=cut)


def _funnel_measures(funnel: list[FunnelRow], *, cut: int) -> dict[str, float | None]:
    """Recall of each K and score loss at the nearest cut, over all surfaces and products."""
    whole = [row for row in funnel if (row.surface, row.product) == (ALL, ALL) and row.recall is not None]
    if not whole:
        return {}
    nearest = min({row.cut for row in whole}, key=lambda each: (abs(each - cut), each))
    at = [row for row in whole if row.cut == nearest]
    found = {f"recall of the top {row.top} at {nearest}": row.recall for row in at if row.top <= nearest}
    found |= {f"score loss at {nearest}": at[0].score_loss, f"hit rate at {nearest}": at[0].hit_rate}
    return found | {"rank correlation": at[0].rank_correlation}
