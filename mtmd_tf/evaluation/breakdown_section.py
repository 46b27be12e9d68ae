"""The report's section on a further split of every slice: top-ranked buckets or a feature's values (paper Table 6)."""

from collections.abc import Sequence

from mtmd_tf.evaluation.comparison import gain
from mtmd_tf.evaluation.result import Breakdown, Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import number, of_place, table

BUCKET = "bucket"

_BUCKET_READING = """\
Buckets are tenths of a slice's pairs by the heavyweight label of the task's root: 0 is the top tenth, 4 the fifth,
`rest` the lower half and pairs without such a label. The edges are those of the whole split, whatever the model."""
_FEATURE_READING = """\
Values by falling frequency, at most 20, then `other` and `missing`; values that share an embedding row count as one."""


def breakdown_section(breakdown: Breakdown, evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE with its gain over the training mean, then calibration; a bucket's edges too.

    By bucket there is a line per slice and task and a column per bucket; by feature a line per value, all slices
    together. The rest is in evaluation.json.
    """
    if breakdown.by != BUCKET:
        return _by_feature(breakdown)
    groups = [*dict.fromkeys(row.group for row in breakdown.rows), ALL]
    rows = {(*key(row), row.group): row for row in breakdown.rows} | {(*key(r), ALL): r for r in evaluation.rows}
    mean = {(*key(row), row.group): row for row in breakdown.baseline} | {
        (*key(r), ALL): r for r in evaluation.baseline
    }
    slices = [
        (s, p) for s, p in order if (s == ALL) == (p == ALL) or len({p for _, p in order} | {s for s, _ in order}) < 3
    ]
    places = [(*pair, task) for task in dict.fromkeys(row.task for row in breakdown.rows) for pair in slices]
    places = [place for place in places if rows[*place, ALL].exists]
    log_mae = [
        of_place(*place) | {group: _log_mae(rows[*place, group], mean[*place, group]) for group in groups}
        for place in places
    ]
    calibration = [
        of_place(*place) | {group: number(rows[*place, group].calibration, ".3f") for group in groups}
        for place in places
    ]
    edges = [
        of_place(*place.split("/"))
        | {"root task": root}
        | {group: f"{label:#.3g}" for group, label in zip(groups, labels, strict=False)}
        for place, by_root in evaluation.bucket_edges.items()
        for root, labels in by_root.items()
    ]
    parts = [
        "## Top-ranked buckets",
        _BUCKET_READING,
        "LogMAE, and how much better than the training mean's.",
        table(log_mae, names=3),
        "Calibration: sum of p over sum of y. Buckets are chosen by y, so it rises to the right.",
        table(calibration, names=3),
        "Where buckets begin: the least label in each.",
        table(edges, names=3),
    ]
    return "\n\n".join(parts)


def _by_feature(breakdown: Breakdown) -> str:
    rows = [
        {"task": row.task, breakdown.by: row.group, "pairs": f"{row.pairs:,}", "LogMAE": _log_mae(row, mean)}
        | {"KL": number(row.kl, "#.3g"), "calibration": number(row.calibration, ".3f"), "AUC": number(row.auc, ".4f")}
        for row, mean in zip(breakdown.rows, breakdown.baseline, strict=True)
        if row.surface == row.product == ALL and row.exists and (row.pairs or row.events)
    ]
    return f"## By {breakdown.by}\n\n{_FEATURE_READING}\n\n{table(rows, names=2)}"


def _log_mae(row: Row, mean: Row) -> str:
    better = number(gain(row.log_mae, over=mean.log_mae), "+.0f", none="", unit="%")
    return f"{number(row.log_mae, '.3f')} {better}".strip()
