"""How a training begins: its folder is claimed, then its model made, by one process or by several in turn."""

import pathlib
from typing import Any

from mtmd_tf.distribution.group import Group
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training import runs


def begin(run: pathlib.Path, data: DataSet, *, group: Group | None = None, **claimed: Any) -> TwoTowerModel:
    """The untrained model of a run that goes by these settings, its variables made.

    Args:
        run: Folder of the run.
        data: Data set that the run learns.
        group: The replicas that each have the model; None for one process without a strategy.
        claimed: Settings and their reasons, as `runs.claim` takes them.

    Raises:
        ConfigError: As `runs.claim`; or a worker of the group was lost.
    """
    if group is None:
        runs.claim(run, data, **claimed)
        return _made(run)
    with group.resumable(run):
        if group.chief:
            runs.claim(run, data, **claimed)
        group.told()
        if not group.chief:
            runs.claim(run, data, **claimed)  # finds the same settings in the folder that the chief wrote
        with group.strategy.scope():
            return _made(run)


def _made(run: pathlib.Path) -> TwoTowerModel:
    model = runs.new_model(run)
    model.make_variables()
    return model
