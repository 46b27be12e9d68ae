"""A run's folder: its settings, the data it was trained on, and the trained model."""

import contextlib
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.sizing.advice import advice
from mtmd_tf.trained import Trained, trained_pairs, untrained
from mtmd_tf.training import claimed, journal
from mtmd_tf.training.checkpoints import restore_best
from mtmd_tf.training.indistinct import indistinct
from mtmd_tf.training.memory import require_memory
from mtmd_tf.training.prior import prior_logits
from tfrecords_tools import folder_kinds
from tfrecords_tools.digests import read_with_digest, with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.locks import alone_in
from tfrecords_tools.manifest import FILE_NAME as MANIFEST
from tfrecords_tools.schema import FILE_NAME, Schema

ADMISSION = "admission.json"  # how many ids of each feature share a row
CONFIG = "config.json"
_DATA = "data.json"
_LOCK = ".lock-run"  # the training has a lock of its own in the same folder


@contextlib.contextmanager
def alone(run: pathlib.Path) -> Iterator[None]:
    """Holds a run's folder from its claim to the end of the training, so that none claims it anew meanwhile.

    Raises:
        ConfigError: Another process trains in it; or it is a data set's or an export's.
    """
    folder_kinds.require_no_other(run, mine=folder_kinds.RUN, flag="--run", raises=ConfigError)
    run.mkdir(parents=True, exist_ok=True)
    with alone_in(run, doing="training", other="--run", raises=ConfigError, name=_LOCK):
        yield


def claim(run: pathlib.Path, data: DataSet, *, reasons: Mapping[str, str] | None = None, **named: Any) -> None:
    """Writes config.json and schema.json into a new run folder; finds the same in an old one, so that it can go on.

    An old one in which no step was taken holds nothing to lose, and is claimed anew with whatever is asked now.

    Args:
        run: Folder of the run.
        data: Data set that the run learns.
        reasons: `{setting: why}` of those that follow from the data; for people, who find them in config.json.
        named: Configurations by name.

    Raises:
        ConfigError: The folder holds a run on other data, or of other settings, naming the first that differs; or it is
            a data set's or an export's; or tables that this machine cannot hold.
    """
    for name in ("model", "heavyweight"):
        if name in named:
            most = getattr(named[name], "max_table_rows", 0)  # a heavyweight ranker has no such setting
            require_memory(data.schema, dim=named[name].dim, cross=name == "heavyweight", most_rows=most)
    folder_kinds.require_no_other(run, mine=folder_kinds.RUN, flag="--run", raises=ConfigError)
    config_path = run / CONFIG
    if config_path.exists():
        before = {"before": configs.load_all(config_path), "origin": _origin(run)}
        if not (unlike := claimed.difference(run, data, **before, **named)):
            return
        if claimed.begun(run):
            raise ConfigError(f"{run} holds a run {unlike}; choose another --run or remove the folder.")
        print(f"{run} was claimed for a run {unlike}, that took no step: it starts anew.", flush=True)
        for path in (config_path, run / ADMISSION):  # config.json is written last
            path.unlink(missing_ok=True)
    run.mkdir(parents=True, exist_ok=True)
    origin: dict[str, Any] = {
        "folder": str(data.folder),
        "slice": claimed.slice_name(data),
        "manifest": data.manifest.fingerprint(),
    }
    if "model" in named:  # the heavyweight ranker learns from events: labels say nothing about where it starts
        model = named["model"]
        tasks = [task.name for task in model.task_configs(data.schema)]
        origin["prior"] = prior_logits(
            data.manifest, data.schema, constrained=model.constrained, surfaces=data.surfaces
        )
        origin["trained"] = trained_pairs(data.manifest, data.schema, tasks=tasks, chosen=data.slice)
        origin["indistinct"] = indistinct(data.manifest, data.schema, score_features=model.score_features)
    # Before anything else: it makes the folder a run's.
    write_text(run / _DATA, json.dumps(with_digest(origin), indent=1) + "\n")
    write_text(run / FILE_NAME, data.schema.to_json())
    if reasons is not None:
        named["reasons"] = reasons
    configs.save(config_path, **named)


def load_model(run: str | pathlib.Path) -> TwoTowerModel:
    """The trained model of a run, its best weights restored.

    Raises:
        ConfigError: No finished training in the folder, or that of a heavyweight ranker.
    """
    run = pathlib.Path(run)
    if not (run / "fit.json").exists():
        raise ConfigError(f"{run} holds no finished training; run train.py with --run={run} first.")
    if "heavyweight" in configs.load_all(run / CONFIG):
        raise ConfigError(f"{run} holds a heavyweight ranker, of mtmd_tf.jobs.label; name a run of train.py.")
    model = new_model(run)
    model.make_variables()
    restore_best(model, run)
    return model


def new_model(run: pathlib.Path) -> TwoTowerModel:
    """The untrained model that a run's settings describe."""
    train = configs.load(run / CONFIG, "train", TrainConfig)
    start = _origin(run)["prior"]
    config = configs.load(run / CONFIG, "model", ModelConfig)
    return TwoTowerModel(Schema.load(run), config=config, prior=start, seed=train.seed)


def open_data(run: pathlib.Path, folder: str = "") -> DataSet:
    """The data that a run was trained on, its slice chosen; with `folder`, the same of another data set.

    Raises:
        ConfigError: Without `folder`: where the run's data was is no data set now, or another one.
    """
    origin = _origin(run)
    if not folder and not (pathlib.Path(origin["folder"]) / MANIFEST).exists():
        raise ConfigError(
            f"{run} was trained on {origin['folder']}, where no data set is now, seen from {pathlib.Path.cwd()}; say "
            "--data=FOLDER, or start the command in the folder in which train.py was started."
        )
    data = DataSet.open(folder or origin["folder"], slice_name=origin.get("slice", ""))
    if not folder and origin["manifest"] != data.manifest.fingerprint():
        raise ConfigError(
            f"{data.folder} holds other data than what {run} was trained on; say --data={data.folder} to take it "
            "nevertheless, or make the old data again."
        )
    return data


def trained(run: pathlib.Path) -> Trained | None:
    """The labeled training pairs of each slice and task; None of a run from before they were written down."""
    return _origin(run).get("trained")


def warnings(run: pathlib.Path, *, train: type[TrainConfig] = TrainConfig, widths: str = "deep_units") -> list[str]:
    """What a reader of this run's measures or a user of its model must know, a sentence each.

    Args:
        run: Folder of the run.
        train: Class of its training's settings.
        widths: Name of the setting of its model's widths.
    """
    found = known_before(run)
    if not (run / "fit.json").exists():
        return found
    fitted = read_with_digest(run / "fit.json", raises=ConfigError, rule=configs.RESTORE)
    settings = configs.load(run / CONFIG, "train", train)
    return found + advice(
        journal.evaluations(run),
        steps=fitted["steps"],
        warmup_steps=settings.warmup_steps,
        stopped_early=fitted["stopped_early"],
        widths=widths,
        open_end=settings.schedule == configs.AVERAGED,
        max_steps=settings.max_steps,
    )


def known_before(run: pathlib.Path) -> list[str]:
    """The sentences of `warnings` that follow from the data, and so are known before a step is taken."""
    origin = _origin(run)
    learned, name = origin.get("trained"), origin.get("slice", "")
    found = [] if learned is None else untrained(learned, chosen=tuple(name.split("/")) if name else None)
    return found + origin.get("indistinct", [])  # runs of earlier versions have none


def labels_of(run: pathlib.Path) -> str:
    """Identity of the data set that a run was trained on.

    Raises:
        ConfigError: The folder holds no run.
    """
    if not (run / _DATA).exists():
        raise ConfigError(f"{run} holds no run; make one with train.py --run={run}.")
    return _origin(run)["manifest"]


def _origin(run: pathlib.Path) -> dict[str, Any]:
    return read_with_digest(run / _DATA, raises=ConfigError, rule=configs.RESTORE)
