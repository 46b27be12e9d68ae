"""The report's section on a further split of every slice: top-ranked buckets or a feature's values (paper Table 6)."""

from collections.abc import Callable, Sequence

from mtmd_tf.evaluation.comparison import improvement
from mtmd_tf.evaluation.result import Breakdown, Evaluation, key
from mtmd_tf.metrics import ALL, Row
from mtmd_tf.reporting.markdown import markdown_table

BUCKET = "bucket"

_BUCKET_READING = """\
Buckets are tenths of a slice's pairs by the heavyweight label of the task's root: 0 is the top tenth, 4 the fifth,
`rest` the lower half and pairs without such a label. The edges are those of the whole split, whatever the model."""
_FEATURE_READING = """\
Values by falling frequency, at most 20, then `other` and `missing`; values that share an embedding row count as one."""

Cell = Callable[[Row, Row], str]


def breakdown_section(breakdown: Breakdown, evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE with its gain over the training mean, then calibration; a bucket's edges too.

    By bucket there is a line per slice and task and a column per bucket; by feature a line per value, all slices
    together. The rest is in evaluation.json.
    """
    if breakdown.by != BUCKET:
        return _by_feature(breakdown)
    whole = {key(row): row for row in evaluation.rows}
    mean = {key(row): row for row in evaluation.baseline}
    groups = list(dict.fromkeys(row.group for row in breakdown.rows))
    model_of, mean_of = ({(*key(row), row.group): row for row in rows} for rows in (breakdown.rows, breakdown.baseline))
    places = [
        (surface, product, task)
        for task in dict.fromkeys(row.task for row in breakdown.rows)
        for surface, product in order
        if (surface == ALL) == (product == ALL) or len({p for _, p in order} | {s for s, _ in order}) < 3
        if whole[surface, product, task].exists
    ]

    def table(cell: Cell) -> str:
        rows = [
            [
                *place,
                *(cell(model_of[*place, group], mean_of[*place, group]) for group in groups),
                cell(whole[place], mean[place]),
            ]
            for place in places
        ]
        return markdown_table(["surface", "product", "task", *groups, ALL], rows, names=3)

    edges = [
        [*place.split("/"), root, *(f"{label:#.3g}" for label in labels)]
        for place, by_root in evaluation.bucket_edges.items()
        for root, labels in by_root.items()
    ]
    return "\n\n".join(
        [
            "## Top-ranked buckets",
            _BUCKET_READING,
            "LogMAE, and how much better than the training mean's.",
            table(_log_mae),
            "Calibration: sum of p over sum of y. Buckets are chosen by y, so it rises to the right.",
            table(_calibration),
            "Where buckets begin: the least label in each.",
            markdown_table(["surface", "product", "root task", *groups[:-1]], edges, names=3),
        ]
    )


def _by_feature(breakdown: Breakdown) -> str:
    rows = []
    for model, mean in zip(breakdown.rows, breakdown.baseline, strict=True):
        if model.surface == model.product == ALL and model.exists and (model.pairs or model.events):
            auc = "-" if model.auc is None else f"{model.auc:.4f}"
            kl = "-" if model.kl is None else f"{model.kl:#.3g}"
            cells = [f"{model.pairs:,}", _log_mae(model, mean), kl, _calibration(model, mean), auc]
            rows.append([model.task, model.group, *cells])
    header = ["task", breakdown.by, "pairs", "LogMAE", "KL", "calibration", "AUC"]
    return f"## By {breakdown.by}\n\n{_FEATURE_READING}\n\n{markdown_table(header, rows, names=2)}"


def _log_mae(model: Row, mean: Row) -> str:
    if model.log_mae is None:
        return "-"
    gain = improvement(model.log_mae, over=mean.log_mae)
    return f"{model.log_mae:.3f}" + ("" if gain is None else f" {gain:+.0f}%")


def _calibration(model: Row, mean: Row) -> str:
    del mean
    return "-" if model.calibration is None else f"{model.calibration:.3f}"
