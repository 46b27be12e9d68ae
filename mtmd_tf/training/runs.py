"""A run's folder: what was asked for, on which data, and the model that came of it."""

import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.metrics import training_means
from mtmd_tf.model import MTMD
from mtmd_tf.sizing.verdict import verdict
from mtmd_tf.trained import Trained, trained_pairs, untrained
from mtmd_tf.training import journal
from mtmd_tf.training.checkpoints import restore_best
from mtmd_tf.training.memory import require_memory
from mtmd_tf.training.prior import prior_logits
from tfrecords_tools import places
from tfrecords_tools.files import write_text
from tfrecords_tools.schema import FILE_NAME, Schema
from tfrecords_tools.sealed import read_sealed, sealed

CONFIG = "config.json"
_DATA = "data.json"


def claim(run: pathlib.Path, data: DataSet, *, reasons: Mapping[str, str] | None = None, **named: Any) -> None:
    """Writes config.json and schema.json into a new run folder; finds the same in an old one, so that it can go on.

    Args:
        run: The folder.
        data: What it learns.
        reasons: `{setting: why}` of those that follow from the data; for people, who find them in config.json.
        named: The configurations.

    Raises:
        ConfigError: The folder holds a run of other settings, naming the first that differs, or on other data; or it
            is a data set's or an export's; or tables that this machine cannot hold.
    """
    for name in ("model", "heavyweight"):
        if name in named:
            require_memory(data.schema, dim=named[name].dim, cross=name == "heavyweight")
    places.require_no_other(run, mine=places.RUN, flag="--run", refusal=ConfigError)
    config_path = run / CONFIG
    if config_path.exists():
        before = configs.load_all(config_path)
        for name, config in named.items():
            recorded = before.get(name)
            for field, value in json.loads(json.dumps(config.__dict__)).items():
                old = None if recorded is None else recorded.get(field, configs.older(type(config)).get(field))
                _require_same(run, field, old, value)
        _require_same(run, "slice", _origin(run).get("slice", ""), _slice_name(data))
        if _origin(run)["manifest"] != data.manifest.fingerprint():
            raise ConfigError(
                f"{run} holds a run on other data than what is now in {data.folder}; "
                "choose another --run or remove the folder."
            )
        return
    run.mkdir(parents=True, exist_ok=True)
    origin: dict[str, Any] = {
        "folder": str(data.folder),
        "slice": _slice_name(data),
        "manifest": data.manifest.fingerprint(),
    }
    if "model" in named:  # the heavyweight ranker learns from events: labels say nothing about where it starts
        model = named["model"]
        tasks = [task.name for task in model.task_configs(data.schema)]
        origin["prior"] = prior_logits(
            data.manifest, data.schema, constrained=model.constrained, surfaces=data.surfaces
        )
        origin["trained"] = trained_pairs(data.manifest, data.schema, tasks=tasks, chosen=data.slice)
    # Before anything else: it makes the folder a run's.
    write_text(run / _DATA, json.dumps(sealed(origin), indent=1) + "\n")
    write_text(run / FILE_NAME, data.schema.to_json())
    configs.save(config_path, **named, **({} if reasons is None else {"reasons": reasons}))


def load_model(run: str | pathlib.Path) -> MTMD:
    """The trained model of a run, its best weights restored.

    Raises:
        ConfigError: No finished training in the folder.
    """
    run = pathlib.Path(run)
    if not (run / "fit.json").exists():
        raise ConfigError(f"{run} holds no finished training; run train.py with --run={run} first.")
    model = new_model(run)
    model.make_variables()
    restore_best(model, run)
    return model


def new_model(run: pathlib.Path) -> MTMD:
    """The untrained model that a run's settings describe."""
    train = configs.load(run / CONFIG, "train", TrainConfig)
    start = _origin(run)["prior"]
    config = configs.load(run / CONFIG, "model", ModelConfig)
    return MTMD(Schema.load(run), config=config, prior=start, seed=train.seed)


def open_data(run: pathlib.Path, folder: str = "") -> DataSet:
    """The data that a run was trained on, its slice chosen; with `folder`, the same of another data set.

    Raises:
        ConfigError: Without `folder`: what is now where the run's data was is another data set.
    """
    origin = _origin(run)
    data = DataSet.open(folder or origin["folder"], slice_name=origin.get("slice", ""))
    if not folder and origin["manifest"] != data.manifest.fingerprint():
        raise ConfigError(
            f"{data.folder} holds other data than what {run} was trained on; say --data={data.folder} to take it "
            "nevertheless, or make the old data again."
        )
    return data


def trained(run: pathlib.Path) -> Trained | None:
    """The labelled training pairs of each slice and task; None of a run from before they were written down."""
    return _origin(run).get("trained")


def warnings(run: pathlib.Path) -> list[str]:
    """What a reader of this run's measures or a user of its model must know, a sentence each."""
    origin = _origin(run)
    learned, name = origin.get("trained"), origin.get("slice", "")
    found = [] if learned is None else untrained(learned, chosen=tuple(name.split("/")) if name else None)
    if not (run / "fit.json").exists():
        return found
    fitted = read_sealed(run / "fit.json", refusal=ConfigError, rule=configs.RESTORE)
    return found + verdict(
        journal.looks(run),
        steps=fitted["steps"],
        warmup_steps=configs.load(run / CONFIG, "train", TrainConfig).warmup_steps,
        stopped_early=fitted["stopped_early"],
    )


def split_days(data: DataSet, *, held_out: int) -> tuple[list[str], list[str]]:
    """The training days, and the last `held_out` of them to stop early by.

    Raises:
        ConfigError: No day would be left to train on.
    """
    days = list(data.manifest.days("train"))
    if held_out >= len(days):
        raise ConfigError(
            f"{data.folder} has {len(days)} training days; --held_out_days={held_out} leaves none to train on."
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
    labelled = {task for _, _, task in training_means(data.manifest.splits["train"]["slices"])}
    if empty := sorted(set(tasks) - labelled):
        raise ConfigError(
            f"{data.folder}: no pair of the training split has a label/{empty[0]}; label it anew, or leave the task "
            f"out with --tasks={','.join(sorted(labelled)) or '...'}."
        )


def require_surface(data: DataSet, surface: str) -> None:
    """Refuses a surface to report first that the data set lacks; none is fine.

    Raises:
        ConfigError: An unknown surface; it lists the surfaces.
    """
    if surface and surface not in data.schema.surfaces:
        raise ConfigError(f"no surface {surface!r} in {data.folder}; it has {list(data.schema.surfaces)}.")


def require_same_schema(model: MTMD, data: DataSet) -> None:
    """Refuses data that the model was not made for.

    Raises:
        ConfigError: The fingerprints differ; it names both.
    """
    if model.schema.fingerprint() != data.schema.fingerprint():
        raise ConfigError(
            f"the run was trained on schema {model.schema.fingerprint()}, "
            f"{data.folder} has {data.schema.fingerprint()}; evaluate it on data of its own schema."
        )


def labels_of(run: pathlib.Path) -> str:
    """Identity of the data set that a run was trained on.

    Raises:
        ConfigError: The folder holds no run.
    """
    if not (run / _DATA).exists():
        raise ConfigError(f"{run} holds no run; make one with train.py --run={run}.")
    return _origin(run)["manifest"]


def _origin(run: pathlib.Path) -> dict[str, Any]:
    return read_sealed(run / _DATA, refusal=ConfigError, rule=configs.RESTORE)


def _slice_name(data: DataSet) -> str:
    return "/".join(data.slice) if data.slice else ""


def _require_same(run: pathlib.Path, field: str, old: Any, new: Any) -> None:
    if old != new:
        raise ConfigError(
            f"{run} holds a run with {field}={old!r}, not {new!r}; choose another --run or remove the folder."
        )
