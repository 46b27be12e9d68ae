"""Judges what older item embeddings cost a new query tower: measure by measure, against its own embeddings."""

import dataclasses
from collections.abc import Iterator, Sequence

from mtmd_tf.config import ConfigError, SkewConfig
from mtmd_tf.evaluation.skew.measure import MIXED, Measured, Skew
from mtmd_tf.metrics import FunnelRow, Row

LOG_MAE, KL, CALIBRATION, RECALL = "LogMAE", "KL", "calibration", "recall"
_FLAGS = {
    LOG_MAE: "max_log_mae_rise",
    KL: "max_kl_rise",
    CALIBRATION: "max_calibration_change",
    RECALL: "max_recall_drop",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Cell:
    """One measure of one task in one slice or roll-up, beside the own and beside older embeddings.

    Attributes:
        version: Folder of the older embeddings, or `mixed`.
        surface: Name, or `all`.
        product: Name, or `all`.
        task: Name of the task.
        measure: `LogMAE`, `KL`, `calibration` or `recall`.
        pairs: Labeled pairs; of a recall, requests with more candidates than the cut.
        own: With the embeddings of the same export; None where there is nothing to measure.
        older: With the older ones.
        worse: How much worse that is: a share of `own`, or for recall a difference; below 0 it is better.
        judged: Whether there are pairs enough and the threshold is on.
        failed: Whether it is judged and beyond the threshold.
    """

    version: str
    surface: str
    product: str
    task: str
    measure: str
    pairs: int
    own: float | None
    older: float | None
    worse: float | None
    judged: bool
    failed: bool

    @property
    def where(self) -> str:
        """Slice and task, for people."""
        return f"{self.surface} x {self.product}, {self.task}"

    @property
    def change(self) -> str:
        """How it changed, for people."""
        if self.worse is None:
            return "-"
        return f"{-100 * self.worse:+.1f} points" if self.measure == RECALL else f"{100 * self.worse:+.1f}%"


@dataclasses.dataclass(frozen=True, kw_only=True)
class GateResult:
    """All cells, and what follows.

    Attributes:
        top: K of the recall.
        cut: N of the recall.
        cells: Version by version, slice by slice, task by task.
        sentence: What follows, in one sentence.
    """

    top: int
    cut: int
    cells: tuple[Cell, ...]
    sentence: str

    @property
    def passed(self) -> bool:
        """Whether nothing that is judged is beyond its threshold."""
        return not any(cell.failed for cell in self.cells)


def judge(skew: Skew, config: SkewConfig) -> GateResult:
    """Compares every version with the export's own embeddings.

    Raises:
        ConfigError: A recall that was not measured, or nothing with pairs enough to be judged.
    """
    top, cut = _recall_of(skew.own.funnel, config)
    cells = tuple(
        cell for version in skew.others for cell in _cells(skew.own, version, config=config, top=top, cut=cut)
    )
    if not any(cell.judged for cell in cells):
        raise ConfigError(
            f"no slice and task of {skew.data} has {config.min_pairs} labeled pairs to be judged by, or every "
            "threshold is off: take more requests, a smaller --min_pairs, or another threshold than 0"
        )
    return GateResult(top=top, cut=cut, cells=cells, sentence=_sentence(skew, cells, config))


def _recall_of(rows: Sequence[FunnelRow], config: SkewConfig) -> tuple[int, int]:
    """K and N."""
    measured = sorted({(row.top, row.cut) for row in rows if row.cut >= row.top and row.requests})
    if not measured:
        return config.recall_top, config.recall_cut
    top = config.recall_top or max(top for top, _ in measured)
    above = [cut for own, cut in measured if own == top and cut > top] or [cut for own, cut in measured if own == top]
    cut = config.recall_cut or min(above, default=0)
    if (top, cut) not in measured:
        raise ConfigError(
            f"--recall_top={config.recall_top} --recall_cut={config.recall_cut}: no such recall is measured; K and N "
            f"are one of {measured}, or 0"
        )
    return top, cut


def _cells(own: Measured, older: Measured, *, config: SkewConfig, top: int, cut: int) -> Iterator[Cell]:
    for before, after in zip(own.rows, older.rows, strict=True):
        if not before.exists:
            continue
        for measure, name in ((LOG_MAE, "log_mae"), (KL, "kl"), (CALIBRATION, "calibration")):
            values = getattr(before, name), getattr(after, name)
            yield _cell(older.name, before, measure, *values, pairs=before.pairs, config=config)
        for here, there in zip(own.funnel, older.funnel, strict=True):
            same = (here.surface, here.product, here.task) == (before.surface, before.product, before.task)
            if same and (here.top, here.cut) == (top, cut):
                pairs = before.pairs if here.requests else 0
                yield _cell(older.name, before, RECALL, here.recall, there.recall, pairs=pairs, config=config)


def _cell(
    version: str, row: Row, measure: str, own: float | None, older: float | None, *, pairs: int, config: SkewConfig
) -> Cell:
    worse = None if own is None or older is None else _worse(measure, own, older)
    most = getattr(config, _FLAGS[measure])
    judged = worse is not None and pairs >= config.min_pairs and most > 0
    return Cell(
        version=version,
        surface=row.surface,
        product=row.product,
        task=row.task,
        measure=measure,
        pairs=pairs,
        own=own,
        older=older,
        worse=worse,
        judged=judged,
        failed=judged and worse is not None and worse > most,
    )


def _worse(measure: str, own: float, older: float) -> float | None:
    if measure == RECALL:
        return own - older
    if own <= 0:
        return None
    return abs(older / own - 1.0) if measure == CALIBRATION else older / own - 1.0


def _sentence(skew: Skew, cells: Sequence[Cell], config: SkewConfig) -> str:
    stamps = {version.name: version.stamp for version in skew.others}

    def share(cell: Cell) -> float:
        return (cell.worse or 0.0) / getattr(config, _FLAGS[cell.measure])

    def said(cell: Cell) -> str:
        of = "a mixture of all versions" if cell.version == MIXED else f"{cell.version} (stamp {stamps[cell.version]})"
        flag = _FLAGS[cell.measure]
        return f"{cell.measure} of {cell.where}, {cell.change} beside {of}; --{flag}={getattr(config, flag):g}"

    judged = [cell for cell in cells if cell.judged]
    worst = max(judged, key=share)
    failed = sum(cell.failed for cell in cells)
    if failed:
        return (
            f"Do not launch the query tower {skew.stamp} before all items are embedded with its own item tower: "
            f"{failed} of {len(judged)} measures are beyond their thresholds, the worst is {said(worst)}."
        )
    return (
        f"The query tower {skew.stamp} may be launched beside these embeddings: none of {len(judged)} measures is "
        f"beyond its threshold, the nearest is {said(worst)}."
    )
