"""Which finished simulations belong together: the same arms in the same world, as truth and as experiments."""

import dataclasses
import json
from collections.abc import Sequence

from mtmd_tf.simulation.statistics.run_folder import RunFolder

_OF_THE_DESIGN = ("split", "worlds", "salt")  # settings in which a truth and its experiments may differ


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Group:
    """Whole worlds and the experiments that should find their truth.

    Attributes:
        truth: The run of whole worlds.
        experiments: Runs of the same arms, settings and seed, that split the users.
    """

    truth: RunFolder
    experiments: Sequence[RunFolder]


def groups(runs: Sequence[RunFolder]) -> list[Group]:
    """Each run of two whole worlds with its experiments; those without any are left out."""
    truths = [run for run in runs if run.whole_worlds and len(run.arms) == 2]
    found = [
        Group(truth=truth, experiments=[run for run in runs if not run.whole_worlds and _key(run) == _key(truth)])
        for truth in truths
    ]
    return [group for group in found if group.experiments]


def _key(run: RunFolder) -> str:
    settings = {name: value for name, value in run.settings.items() if name not in _OF_THE_DESIGN}
    world = [run.said.get(name) for name in ("world", "market")]
    return json.dumps([list(run.sources.items()), world, settings], sort_keys=True)
