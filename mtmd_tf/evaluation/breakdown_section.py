"""The report's section on a further split of every slice: top-ranked buckets or a feature's values (paper Table 6)."""

from collections.abc import Callable, Sequence

from mtmd_tf.evaluation.comparison import gain
from mtmd_tf.evaluation.result import BUCKET, Breakdown, Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import listing, number, table

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
    groups = list(dict.fromkeys(row.group for row in breakdown.rows))
    pairs = [*zip(breakdown.rows, breakdown.baseline, strict=True)]
    mean = {key(row): row for row in evaluation.baseline}
    found = {(*key(row), row.group): (row, other) for row, other in pairs}
    found |= {(*key(row), ALL): (row, mean[key(row)]) for row in evaluation.rows}
    few = len({surface for surface, _ in order} | {product for _, product in order}) < 3
    slices = [(surface, product) for surface, product in order if few or (surface == ALL) == (product == ALL)]
    places = [(*pair, task) for task in dict.fromkeys(row.task for row in breakdown.rows) for pair in slices]

    def by_group(shown: Callable[[Row, Row], str]) -> str:
        rows = [
            dict(zip(("surface", "product", "task"), place, strict=True))
            | {group: shown(*found[*place, group]) for group in (*groups, ALL)}
            for place in places
            if found[*place, ALL][0].exists
        ]
        return table(rows, names=3)

    edges = [
        dict(zip(("surface", "product", "root task"), (*place.split("/"), root), strict=True))
        | {group: f"{label:#.3g}" for group, label in zip(groups, labels, strict=False)}
        for place, by_root in evaluation.bucket_edges.items()
        for root, labels in by_root.items()
    ]
    parts = [
        "## Top-ranked buckets",
        _BUCKET_READING,
        "LogMAE, and how much better than the training mean's.",
        by_group(_log_mae),
        "Calibration: sum of p over sum of y. Buckets are chosen by y, so it rises to the right.",
        by_group(lambda row, _: number(row.calibration, ".3f")),
        "Where buckets begin: the least label in each.",
        table(edges, names=3),
    ]
    return "\n\n".join(parts)


def _by_feature(breakdown: Breakdown) -> str:
    rows = [
        (row, _log_mae(row, mean))
        for row, mean in zip(breakdown.rows, breakdown.baseline, strict=True)
        if row.surface == row.product == ALL and row.exists and (row.pairs or row.events)
    ]
    header = f"task | {breakdown.by} | pairs | LogMAE | KL | calibration | AUC"
    cells = "{0.task} | {0.group} | {0.pairs:,} | {1} | {0.kl:#.3g} | {0.calibration:.3f} | {0.auc:.4f}"
    return f"## By {breakdown.by}\n\n{_FEATURE_READING}\n\n{listing(header, cells, rows, names=2)}"


def _log_mae(row: Row, mean: Row) -> str:
    better = number(gain(row.log_mae, over=mean.log_mae), "+.0f", none="", unit="%")
    return f"{number(row.log_mae, '.3f')} {better}".strip()
