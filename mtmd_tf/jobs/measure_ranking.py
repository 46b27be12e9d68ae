"""Measures what stored item embeddings lose against exact float32 (paper sections 2.2 and 3.1).

python -m mtmd_tf.jobs.measure_ranking --export=exports/hf --embeddings=embeddings/hf --data=data/adworld-labelled
"""

import pathlib
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.config import STORAGES
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    import pandas as pd


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_EMBEDDINGS = flags.DEFINE_string("embeddings", None, "folder of its item embeddings", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string("data", None, "data set with labels in its split eval", required=True, flag_values=FLAGS)
_UTILITY = flags.DEFINE_string("utility", "", "what to rank by; empty adds up all tasks", flag_values=FLAGS)
_TOP = flags.DEFINE_integer("top", 100, "K of the recall", lower_bound=1, flag_values=FLAGS)
_REQUESTS = flags.DEFINE_integer(
    "max_requests", 200, "the last requests of the split", lower_bound=1, flag_values=FLAGS
)
_APPROXIMATE = flags.DEFINE_bool("approximate", False, "measure the approximate index too", flag_values=FLAGS)


def measure(
    exports: str | pathlib.Path,
    embeddings: str | pathlib.Path,
    data: str | pathlib.Path,
    *,
    utility: str | None = None,
    top: int = 100,
    max_requests: int = 200,
    approximate: bool = False,
) -> "pd.DataFrame":
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
    import pandas as pd

    from mtmd_tf.benchmarks.storage_loss import measure_loss, read_labelled, whole_corpus
    from mtmd_tf.serving.ranking.ranker import Ranker

    exact_ranker = Ranker(exports, embeddings, utility=utility)
    labelled = list(read_labelled(data, exact_ranker, max_requests=max_requests))
    exact = whole_corpus(exact_ranker, labelled, top=top)
    rows: dict[str, dict[str, float]] = {}
    for storage in STORAGES:
        ranker = Ranker(exports, embeddings, utility=utility, storage=storage)
        loss = measure_loss(ranker, labelled, exact, top=top)
        size = sum(task.bytes for task in ranker.items.tasks.values()) / max(ranker.items.items, 1)
        rows[storage] = _row(loss, size, rows.get("float32"))
    if approximate:
        loss = measure_loss(exact_ranker, labelled, exact, top=top, approximate=True)
        rows["approximate"] = _row(loss, rows["float32"]["bytes an item"], rows["float32"])
    return pd.DataFrame.from_dict(rows, orient="index").rename(columns={"recall": f"recall@{top}"})


def _row(loss, size: float, exact: dict[str, float] | None) -> dict[str, float]:
    row = {"bytes an item": size}
    for task, log_mae in loss.log_mae.items():
        name = f"LogMAE {task}"
        row |= {name: log_mae, f"change {task}": log_mae / exact[name] - 1 if exact else 0.0}
    return row | {"recall": loss.recall, "pairs": loss.pairs, "requests": loss.requests}


def main(argv: list[str]) -> None:
    """Reads the flags, measures and prints."""
    del argv
    table = measure(
        _EXPORT.value,
        _EMBEDDINGS.value,
        _DATA.value,
        utility=_UTILITY.value or None,
        top=_TOP.value,
        max_requests=_REQUESTS.value,
        approximate=_APPROXIMATE.value,
    )
    print(table.T.to_string(float_format="{:.6g}".format))


if __name__ == "__main__":
    settings.run(main, FLAGS)
