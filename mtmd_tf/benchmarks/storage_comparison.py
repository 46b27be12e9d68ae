"""Every storage type of the scoring index beside exact float32, as a table (paper sections 2.2 and 3.1)."""

import pathlib

import pandas as pd

from mtmd_tf.benchmarks.storage_loss import Loss, measure_loss, read_labeled, whole_corpus
from mtmd_tf.config import STORAGES
from mtmd_tf.serving.ranking.ranker import Ranker


def compare_storages(
    exports: str | pathlib.Path,
    embeddings: str | pathlib.Path,
    data: str | pathlib.Path,
    *,
    utility: str | None = None,
    top: int = 100,
    max_requests: int = 200,
    approximate: bool = False,
) -> pd.DataFrame:
    """One row a storage type: bytes an item, LogMAE of each task and its change, recall@K.

    Args:
        exports: Folder of an export.
        embeddings: Folder of its item embeddings.
        data: Data set with labels in its split eval.
        utility: Utility to rank by; by default the sum of all tasks.
        top: How many items to rank (K).
        max_requests: Most requests to measure, the last of the split.
        approximate: Whether to measure the approximate index too.
    """
    exact_ranker = Ranker(exports, embeddings, utility=utility)
    labeled = list(read_labeled(data, exact_ranker, max_requests=max_requests))
    exact = whole_corpus(exact_ranker, labeled, top=top)
    rows: dict[str, dict[str, float]] = {}
    for storage in STORAGES:
        exact_one = storage == "float32"
        ranker = exact_ranker if exact_one else Ranker(exports, embeddings, utility=utility, storage=storage)
        loss = measure_loss(ranker, labeled, exact, top=top)
        size = sum(task.bytes for task in ranker.items.tasks.values()) / max(ranker.items.items, 1)
        rows[storage] = _row(loss, size, rows.get("float32"))
    if approximate:
        loss = measure_loss(exact_ranker, labeled, exact, top=top, approximate=True)
        rows["approximate"] = _row(loss, rows["float32"]["bytes an item"], rows["float32"])
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns={"recall": f"recall@{top}"})


def _row(loss: Loss, size: float, exact: dict[str, float] | None) -> dict[str, float]:
    row = {"bytes an item": size}
    for task, log_mae in loss.log_mae.items():
        name = f"LogMAE {task}"
        row |= {name: log_mae, f"change {task}": log_mae / exact[name] - 1 if exact else 0.0}
    return row | {"recall": loss.recall, "pairs": loss.pairs, "requests": loss.requests}
