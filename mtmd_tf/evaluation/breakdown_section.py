"""The report's section on a further split of every slice: top-ranked buckets or a feature's values (paper Table 6)."""

import pathlib
from collections.abc import Sequence

from mtmd_tf.evaluation.comparison import gain
from mtmd_tf.evaluation.result import BUCKET, Breakdown, Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent


def breakdown_section(breakdown: Breakdown, evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE with its gain over the training mean, then calibration; a bucket's edges too.

    By bucket there is a line per slice and task and a column per bucket; by feature a line per value, all slices
    together. The rest is in evaluation.json.
    """
    if breakdown.by != BUCKET:
        rows = [
            (row, _log_mae(row, mean))
            for row, mean in zip(breakdown.rows, breakdown.baseline, strict=True)
            if row.surface == row.product == ALL and row.exists and (row.pairs or row.events)
        ]
        return passage(_HERE / "by_feature.md", by=breakdown.by, rows=rows)
    groups = list(dict.fromkeys(row.group for row in breakdown.rows))
    baseline = {key(row): row for row in evaluation.baseline}
    found = {
        (*key(row), row.group): (row, other) for row, other in zip(breakdown.rows, breakdown.baseline, strict=True)
    }
    found |= {(*key(row), ALL): (row, baseline[key(row)]) for row in evaluation.rows}
    few = len({surface for surface, _ in order} | {product for _, product in order}) < 3
    slices = [(surface, product) for surface, product in order if few or (surface == ALL) == (product == ALL)]
    cells = [
        found[*pair, task, group]
        for task in dict.fromkeys(row.task for row in breakdown.rows)
        for pair in slices
        for group in (*groups, ALL)
        if found[*pair, task, ALL][0].exists
    ]
    edges = [
        (*place.split("/"), root, group, label)
        for place, by_root in evaluation.bucket_edges.items()
        for root, labels in by_root.items()
        for group, label in zip(groups, labels, strict=False)
    ]
    return passage(_HERE / "buckets.md", cells=[(row, _log_mae(row, other)) for row, other in cells], edges=edges)


def _log_mae(row: Row, mean: Row) -> str:
    better = number(gain(row.log_mae, over=mean.log_mae), "+.0f", none="", unit="%")
    return f"{number(row.log_mae, '.3f')} {better}".strip()
