"""Trains a heavyweight ranker on the earliest days and labels the later ones (paper sections 1 and 2.2).

    python -m mtmd_tf.jobs.label --data=data/adworld --out=data/adworld-labelled

Killed and run again, it goes on where it was; what is complete is skipped. Logs that carry the scores of a heavyweight
ranker of your own need none of this: train on them as they are.
"""

import pathlib
import time
from typing import TYPE_CHECKING, Any

from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.features.reading import DataSet


def quality_table(split: dict[str, Any]) -> str:
    """One line a slice and task, and one a task for all slices: how the labels of a split compare with the events.

    `off` marks a calibration whose whole 95% interval lies more than 5% away from 1.
    """
    from mtmd_tf.evaluation.tables import markdown_table

    rows = [row for row in _of_slices(split["rows"]) if row["events"]]
    cells = [
        [
            row["surface"],
            row["product"],
            row["task"],
            f"{row['events']:,}",
            f"{row['event_rate']:.4f}",
            _number(row["auc"], 4),
            _number(row["calibration"], 3),
            f"{_number(row.get('calibration_low'), 2)} to {_number(row.get('calibration_high'), 2, none='any')}",
            "off" if row.get("surely_off") else "",
        ]
        for row in rows
    ]
    header = ["surface", "product", "task", "pairs", "event rate", "AUC", "label / event", "95% interval", ""]
    return markdown_table(header, cells, names=3)


def size_table(split: dict[str, Any]) -> str:
    """One line a task and power of ten: whether rare events are as rare as their labels say."""
    from mtmd_tf.evaluation.tables import markdown_table

    cells = [
        [
            row["task"],
            f"{row['low']:.0e} to {10 * row['low']:.0e}",
            f"{row['pairs']:,}",
            f"{row['label']:,.1f}",
            f"{row['event']:,}",
            _number(row["calibration"], 2),
        ]
        for row in split["sizes"]
    ]
    return markdown_table(["task", "label", "pairs", "sum of labels", "events", "label / event"], cells, names=2)


def calibration_summary(split: dict[str, Any]) -> str:
    """How many cells of slice and task are within 5%, and how many of the others may be so by chance."""
    from mtmd_tf.metrics import ALL

    cells = [row for row in split["rows"] if ALL not in (row["surface"], row["product"]) and row["events"]]
    off = sum(bool(row.get("surely_off")) for row in cells)
    within = sum(row["calibration"] is not None and abs(row["calibration"] - 1) <= 0.05 for row in cells)
    unsure = len(cells) - within - off
    return (
        f"Label / event is within 5% of 1 in {within} of {len(cells)} cells, off for sure in {off}, "
        f"and in {unsure} too few events came to say."
    )


def truth_table(split: dict[str, Any]) -> str:
    """One line a slice and task, and one a task for all slices: how far labels are from the true probabilities."""
    from mtmd_tf.evaluation.tables import markdown_table

    cells = [
        [
            row["surface"],
            row["product"],
            row["task"],
            f"{row['pairs']:,}",
            f"{row['label_mean']:.4f}",
            f"{row['mae']:.4f}",
            f"{row['log_mae']:.3f}",
            f"{row['kl']:.5f}",
            _number(row["calibration"], 3),
        ]
        for row in _of_slices(split["truth"])
        if row["pairs"]
    ]
    header = ["surface", "product", "task", "pairs", "mean truth", "mean error", "LogMAE", "KL", "label / truth"]
    return markdown_table(header, cells, names=3)


def _of_slices(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows of one slice or of all slices, no half roll-ups."""
    from mtmd_tf.metrics import ALL

    return [row for row in rows if (row["surface"] == ALL) == (row["product"] == ALL)]


def _number(value: float | None, digits: int, *, none: str = "") -> str:
    return none if value is None else f"{value:.{digits}f}"


def require_events(data: "DataSet") -> None:
    """Refuses a data set from which no ranker can learn, or whose labels would be another ranker's in part.

    Raises:
        ConfigError: A task has no `event/<task>` column, or some tasks, but not all, have a `label/<task>` column.
    """
    carried = [task for task in data.schema.task_names if f"label/{task}" in data.manifest.columns]
    if 0 < len(carried) < len(data.schema.task_names):
        raise ConfigError(
            f"{data.folder} carries labels for {carried} alone, of the tasks {list(data.schema.task_names)}: convert "
            "the logs again without any label/<task>, or with all of them, and no ranker is needed."
        )
    missing = [task for task in data.schema.task_names if f"event/{task}" not in data.manifest.columns]
    if missing:
        raise ConfigError(
            f"{data.folder} has no event/{missing[0]}, and not every task has labels: there is nothing to learn from. "
            "Add the users' actions as event/<task>, or the scores of a ranker of your own as label/<task>."
        )


def main(argv: list[str]) -> None:
    """Trains the ranker, labels the later days, prints how the labels compare with the events."""
    del argv
    started, folder = time.perf_counter(), pathlib.Path(_DATA.value)
    model, train = settings.read(HeavyweightConfig), settings.read(HeavyweightTrainConfig)

    from mtmd_tf.features.reading import DataSet  # TensorFlow takes seconds: only once the flags are good
    from mtmd_tf.heavyweight.period import Period
    from mtmd_tf.jobs.labelling import label

    data = DataSet.open(folder)
    if all(f"label/{task}" in data.manifest.columns for task in data.schema.task_names):
        print(f"{folder} already carries labels for every task: no ranker is needed. Train with --data={folder}.")
        return
    require_events(data)
    run = pathlib.Path(_RUN.value or pathlib.Path("runs", f"heavyweight-{folder.name}"))
    period = Period.cut(data.manifest, share=_SHARE.value, held_out=train.held_out_days)
    report = label(
        data, pathlib.Path(_OUT.value), run=run, period=period, model=model, train=train, drop_cross=_DROP_CROSS.value
    )
    for split in report["splits"].values():
        above = split["above_parent"]
        print(f"\nLabels of the split {split['split']} against events; {above} of them are above their parent's.")
        print(quality_table(split))
        print(calibration_summary(split))
        print(f"\n{size_table(split)}")
        if split.get("truth"):
            print(f"\nLabels of the split {split['split']} against the true probabilities.")
            print(truth_table(split))
    print(f"\nLabelled data is in {_OUT.value}/, the ranker in {run}/; done in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    _DATA = flags.DEFINE_string("data", None, "folder of the data set with events, without labels", required=True)
    _OUT = flags.DEFINE_string("out", None, "folder to write the labelled data set to", required=True)
    _RUN = flags.DEFINE_string(
        "run", "", "folder of the ranker; by default runs/heavyweight-NAME after --data's last part"
    )
    _SHARE = flags.DEFINE_float(
        "ranker_share",
        0.4,
        "share of the training days, the earliest, that the ranker learns from and never labels",
        lower_bound=0.0,
        upper_bound=1.0,
    )
    _DROP_CROSS = flags.DEFINE_bool("drop_cross", False, "leave the cross features out of the labelled data set")
    settings.define(HeavyweightConfig)
    settings.define(HeavyweightTrainConfig)
    settings.run(main)
