"""How a training begins: its folder is claimed, then its model made, by one process or by several in turn."""

import pathlib
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.architectures import AnyTower
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.distribution.devices import tables_on
from mtmd_tf.distribution.group import Group
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.sizing.facts import facts_of
from mtmd_tf.sizing.start import slow_start
from mtmd_tf.training import requirements, runs
from mtmd_tf.training.admission import admit
from mtmd_tf.training.journal import write_json


def begin(
    run: pathlib.Path, data: DataSet, *, group: Group | None = None, tables: str = "device", **claimed: Any
) -> TwoTowerModel:
    """The untrained model of a run that goes by these settings, its variables made.

    Args:
        run: Folder of the run.
        data: Data set that the run learns.
        group: The replicas that each have the model; None for one process without a strategy.
        tables: Where the embedding tables are, as `DistributionConfig` says; for one process without a strategy.
        claimed: Settings and their reasons, as `runs.claim` takes them.

    Raises:
        ConfigError: As `runs.claim`; or a worker of the group was lost.
    """
    if group is None:
        runs.claim(run, data, **claimed)
        with tables_on(tables):
            return _made(run, data)
    with group.resumable(run):
        if group.chief:
            runs.claim(run, data, **claimed)
        group.told()
        if not group.chief:
            runs.claim(run, data, **claimed)  # finds the same settings in the folder that the chief wrote
        with group.strategy.scope():
            return _made(run, data, chief=group.chief)


def _made(run: pathlib.Path, data: DataSet, *, chief: bool = True) -> TwoTowerModel:
    if chief and not (run / "fit.json").exists():
        _say_what_starting_takes(run, data)
    model = runs.new_model(run)
    model.make_variables()
    if chief and model.config.max_table_rows:
        for tower in (model.query_tower, model.item_tower):
            print(f"--max_table_rows={model.config.max_table_rows}: {_said_of(tower)}", flush=True)
    if model.config.min_count and not (run / "fit.json").exists():  # a finished run's best weights say it
        train = configs.load(run / runs.CONFIG, "train", TrainConfig)
        days, _ = requirements.split_days(data, held_out=train.held_out_days)
        folded = admit(model, data, config=train, days=days)
        if chief:
            for each in folded:
                print(f"--min_count={model.config.min_count}: {each}", flush=True)
            write_json(run / runs.ADMISSION, [each._asdict() for each in folded])
    return model


def _say_what_starting_takes(run: pathlib.Path, data: DataSet) -> None:
    config = configs.load(run / runs.CONFIG, "model", ModelConfig)
    tasks = [task.name for task in config.task_configs(data.schema)]
    if sentence := slow_start(config, facts_of(data.manifest, data.schema, tasks=tasks)):
        print(f"Warning: {sentence}", flush=True)


def _said_of(tower: AnyTower) -> str:
    ids = f"{tower.layout.table_rows:,} ids of {tower.layout.side} features"
    if not tower.encoder.halved:
        return f"{ids}, each with a row of its own."
    rows, width = tower.encoder.table.shape
    return f"{ids}, each with two of {rows:,} rows of {width} numbers, which all features share."
