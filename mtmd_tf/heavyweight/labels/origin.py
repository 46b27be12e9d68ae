"""Which ranker the labels of a data set come from, and whether a ranker can give it any (paper section 2.2)."""

import pathlib
import shlex
from collections.abc import Collection
from typing import TYPE_CHECKING

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError
from mtmd_tf.heavyweight.labels.period import Period
from tfrecords_tools.digests import read_with_digest
from tfrecords_tools.manifest import FILE_NAME, Manifest
from tfrecords_tools.schema import Schema
from tfrecords_tools.structure import StructureError, structure

if TYPE_CHECKING:
    from mtmd_tf.features.reading import DataSet

REPORT = "heavyweight.json"  # in the ranker's run: how its labels compare with the events
SETTINGS = "settings"  # in the origin of labels: the ranker's flags that are not at their defaults
ASKED = "asked"  # beside them: the flags that were said, where others followed from the ranker's days

_MOST_ORPHANS = 0.01  # of a child's events: what a log may lose of its parent's


def require_events(data: "DataSet") -> None:
    """Refuses a data set from which no ranker can learn, or whose labels would be another ranker's in part.

    Raises:
        ConfigError: A task has no `event/<task>` column or never happens, happens without its parent in more than a
            hundredth of its times, or some tasks, but not all, have a `label/<task>` column.
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
    happened = dict.fromkeys(data.schema.task_names, 0) | data.manifest.counted("train", "positives")
    if never := [task for task in data.schema.task_names if not happened[task]]:
        counts = ", ".join(f"{task} {happened[task]:,}" for task in data.schema.task_names)
        raise ConfigError(
            f"{data.folder}: event/{never[0]} is 1 for no pair of the training split, so that no ranker can learn the "
            f"task; pairs with an event there: {counts}. Repair the column, or leave the task out of the schema."
        )
    orphans = data.manifest.counted("train", "without_parent")
    if many := [task for task, pairs in orphans.items() if pairs > _MOST_ORPHANS * happened[task]]:
        task, parent = many[0], data.schema.task(many[0]).parent
        raise ConfigError(
            f"{data.folder}: event/{task} is 1 without event/{parent} in {orphans[task]:,} of its {happened[task]:,} "
            "times, and so its labels would be too low. Convert the log with --repair_events, which sets the parent's "
            "event to 1 there, or give the task no parent in the schema."
        )


def default_run(data: Manifest, *, within: pathlib.Path) -> pathlib.Path:
    """The folder of a ranker that nobody named: after the data's, and its identity where that has other data's ranker.

    Args:
        data: Manifest of the data set with events.
        within: Folder of the runs.

    Raises:
        ConfigError: What a ranker there learned from is damaged.
    """
    own = data.fingerprint()
    plain = within / f"heavyweight-{data.folder.resolve().name}"
    unlike = plain.with_name(f"{plain.name}-{own[:8]}")
    return unlike if unlike.exists() or _learned_from(plain) not in ("", own) else plain


def wider_data(run: pathlib.Path) -> pathlib.Path:
    """The folder of the ranker's data with features of towers, beside its run."""
    return pathlib.Path(f"{run}-data")


def _learned_from(run: pathlib.Path) -> str:
    """Identity of the data set that a ranker's run began with, before towers made it wider; empty: no run."""
    if not (run / "data.json").exists():
        return ""
    learned: str = read_with_digest(run / "data.json", raises=ConfigError, rule=configs.RESTORE)["manifest"]
    if (wider_data(run) / FILE_NAME).exists() and (wider := Manifest.load(wider_data(run))).fingerprint() == learned:
        return wider.source.get("cross", {}).get("copied_from", learned)
    return learned


def require_own_folder(out: pathlib.Path, *, run: pathlib.Path) -> None:
    """Makes the folder of the labeled data set, and refuses one that another ranker's labels or other files are in.

    Raises:
        ConfigError: It holds a complete data set that the ranker of `run` did not label.
        DataError: It holds other files.
    """
    from tfrecords_tools.folder import require_data_set_or_empty  # imports TensorFlow

    require_data_set_or_empty(out)
    out.mkdir(parents=True, exist_ok=True)
    if (out / FILE_NAME).exists():
        labeled_by = Manifest.load(out).source.get("labels", {}).get("origin", {}).get("run")
        if labeled_by != run.name:
            instead = "give another --out, or delete the folder" if labeled_by else "give another --out"
            who = labeled_by or "no ranker"
            raise ConfigError(f"{out} holds a data set labeled by {who}, not by {run.name}; {instead}.")


def period_of(run: pathlib.Path) -> Period:
    """The days of a heavyweight ranker's run.

    Raises:
        ConfigError: The folder holds no such run, or its days are not those of a period.
    """
    path = run / "config.json"
    period = configs.load_all(path).get("period") if path.exists() else None
    if period is None:
        raise ConfigError(f"{run} holds no heavyweight ranker; make one with python -m mtmd_tf.jobs.label --run={run}")
    try:
        return structure(period, Period)
    except StructureError as error:
        raise ConfigError(f"{path}, period: {error}; {configs.RESTORE}") from error


def require_own_data(run: pathlib.Path, data: "DataSet") -> None:
    """Refuses data that the ranker did not learn from.

    Raises:
        ConfigError: Its manifest is another one.
    """
    origin = read_with_digest(run / "data.json", raises=ConfigError, rule=configs.RESTORE)
    wanted, came = origin.get("manifest"), data.manifest.fingerprint()
    if wanted != came:
        raise ConfigError(f"{run} learned from data with the manifest {wanted}; that of {data.folder} is {came}.")


def require_own_schema(run: pathlib.Path, data: "DataSet") -> None:
    """Refuses data without a feature that the ranker reads, such as those of towers.

    Raises:
        ConfigError: Its schema is another one; the features that it lacks are named.
    """
    own = Schema.load(run)
    if own.fingerprint() != data.schema.fingerprint():
        more = sorted({feature.key for feature in own.features} - {feature.key for feature in data.schema.features})
        raise ConfigError(
            f"{run} holds a ranker of another schema than {data.folder}: it reads {more or 'other features'} too; "
            "score with a ranker that was made without --tower_features."
        )


def require_own_labels(run: pathlib.Path, labeled: "DataSet") -> None:
    """Refuses labels that another ranker gave.

    Raises:
        ConfigError: The labels do not say that they come from the ranker with this run's best step and loss.
    """
    fit = read_with_digest(run / "fit.json", raises=ConfigError, rule=configs.RESTORE)
    origin = labeled.manifest.source.get("labels", {}).get("origin", {})
    if (origin.get("steps"), origin.get("loss")) != (fit["best_step"], fit["held_out_loss"]):
        raise ConfigError(
            f"{labeled.folder} carries labels of {origin.get('run', 'no ranker')}, step {origin.get('steps')}, loss "
            f"{origin.get('loss')}; the ranker in {run} is of step {fit['best_step']}, loss {fit['held_out_loss']}."
        )


def require_settings(data: pathlib.Path, chosen: Collection[str]) -> None:
    """Refuses a labeled data set whose ranker was asked for with other settings.

    Args:
        data: Folder of the data set.
        chosen: The settings that are said, as flags: those that are not at their defaults.

    Raises:
        ConfigError: It had; both are named.
    """
    origin = Manifest.load(data).source.get("labels", {}).get("origin", {})
    found = origin.get(ASKED, origin.get(SETTINGS, []))
    if sorted(found) != sorted(chosen):
        raise ConfigError(
            f"{data} was labeled by a ranker with {shlex.join(found) or 'every setting at its default'}, --label says "
            f"{shlex.join(chosen)!r}; remove the folder and the ranker's run, or name another with --data."
        )
