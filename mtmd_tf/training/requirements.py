"""What a training or an evaluation asks of its data: days, labels, a surface, the schema."""

from collections.abc import Collection, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import training_means
from mtmd_tf.model import TwoTowerModel
from tfrecords_tools.feature import Feature
from tfrecords_tools.printable import listed
from tfrecords_tools.schema_difference import difference


def split_days(data: DataSet, *, held_out: int) -> tuple[list[str], list[str]]:
    """The training days, and the last `held_out` of them to stop early by.

    Raises:
        ConfigError: No day would be left to train on.
    """
    days = list(data.manifest.days("train"))
    if held_out >= len(days):
        finer = data.manifest.partition.next_finer
        cut = f" or the same one cut finer (--partition={finer})" if finer else ""
        raise ConfigError(
            f"the training split of {data.folder} has {data.manifest.partition.words(len(days))}; --held_out_days="
            f"{held_out} leaves none to train on: hold out fewer, or convert a longer log{cut}."
        )
    return days[:-held_out], days[-held_out:]


def require_labels(data: DataSet, tasks: Collection[str]) -> None:
    """Refuses a data set without the heavyweight ranker's labels for the tasks to learn.

    Raises:
        ConfigError: No request in the training split, a task without a `label/<task>` column, or without a label in
            the training split; it says what to do.
    """
    if not data.manifest.requests("train"):
        eval_from = data.manifest.source.get("arguments", {}).get("eval_from")
        raise ConfigError(
            f"{data.folder}: the training split is empty, as eval begins at {eval_from}; convert the logs again with a "
            "later --eval_from, or without it."
        )
    missing = [task for task in tasks if f"label/{task}" not in data.manifest.columns]
    if missing:
        raise ConfigError(
            f"{data.folder} has no label/{missing[0]}; label it: "
            f"python -m mtmd_tf.jobs.label --data={data.folder} --out=..."
        )
    labeled = {task for _, _, task in training_means(data.manifest.split("train")["slices"])}
    if empty := sorted(set(tasks) - labeled):
        raise ConfigError(
            f"{data.folder}: no pair of the training split has a label/{empty[0]}; label it anew, or leave the task "
            f"out with --tasks={','.join(sorted(labeled)) or '...'}."
        )


def require_numbers(data: DataSet, features: Sequence[Feature]) -> None:
    """Refuses score features of which no training pair has a value.

    Raises:
        ConfigError: One of them.
    """
    for feature in features:
        if not data.manifest.statistics.get(feature.key, {}).get("present"):
            raise ConfigError(f"score_features: no training pair of {data.folder} has a value of {feature.key}.")


def require_surface(data: DataSet, surface: str) -> None:
    """Refuses a surface to report first that the data set lacks; none is fine.

    Raises:
        ConfigError: An unknown surface; it lists the surfaces.
    """
    if surface and surface not in data.schema.surfaces:
        raise ConfigError(f"no surface {surface!r} in {data.folder}; it has {listed(data.schema.surfaces)}.")


def require_same_schema(model: TwoTowerModel, data: DataSet) -> None:
    """Refuses data that the model was not made for.

    Raises:
        ConfigError: The fingerprints differ; it names both.
    """
    if model.schema.fingerprint() != data.schema.fingerprint():
        raise ConfigError(
            f"the run was trained on schema {model.schema.fingerprint()}, {data.folder} has "
            f"{data.schema.fingerprint()} ({difference(data.schema, model.schema)}); evaluate it on data of its own "
            "schema."
        )
