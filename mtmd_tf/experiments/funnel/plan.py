"""The rankers of Tables 2 to 5 and the experiments that compare them (paper section 3.3)."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from types import MappingProxyType

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs import own_models
from mtmd_tf.experiments.runs.plan import BASELINE, OURS, Arm, Order, Run
from mtmd_tf.experiments.runs.settings import equally_wide, settings_of, text_of

FREE = "free"  # MTMD whose tasks do not constrain each other: the control of Table 5
OLDER = "older"  # MTMD of an earlier training, whose item embeddings a newer query tower meets
RANDOM, ORACLE = "random", "oracle"  # the floor and the ceiling; they need no model
_OLDER_DAYS = 3  # that the earlier training did not have yet
_TAKEN = (FREE, OLDER, RANDOM, ORACLE)

FAULTS: Mapping[str, str] = MappingProxyType(
    {
        "missing": "missing=clicks_7d",  # on the path that embeds the items; training had it
        "stale": f"stale={{{OLDER}}}",
        "mixed": f"stale={{{OURS}}}+{{{OLDER}}}",  # a roll-out half-way: each item's embedding is of one of them
        "shards": "shards=10",
        "int8": "storage=int8",
        "approximate": "approximate",
    }
)
_WHOLE = "--worlds=two --pre_days=0"
TABLES_2_TO_4, TABLE_5, WORLDS, WITH_FAULTS, PREDICTION = "tables234", "table5", "worlds", "faults", "prediction"
CUTS = "cuts"
EXPERIMENTS = (TABLES_2_TO_4, TABLE_5, WORLDS, WITH_FAULTS)  # of the paper's tables
MORE = (PREDICTION, CUTS)  # by wish: more models, and more simulations


@dataclasses.dataclass(frozen=True, kw_only=True)
class Experiment:
    """One simulation and the tables that it gives.

    Attributes:
        name: Name of its folder.
        arms: Names of the rankers, the control first.
        tables: Numbers of the paper's tables.
        flags: Settings of the simulation beside those of all.
        whole: Whether each arm has a whole world with all users.
        predicts: Whether offline measures of its arms are compared with their online changes.
        sweeps: Whether it is simulated once for each of several cuts.
    """

    name: str
    arms: tuple[str, ...]
    tables: tuple[str, ...]
    flags: str
    whole: bool = False
    predicts: bool = False
    sweeps: bool = False


def rankers(order: Order, variants: Mapping[str, str]) -> dict[str, Arm]:
    """`{name: arm}` of every ranker that has to be trained, for the first seed: MTMD, those it replaces, and variants.

    Args:
        order: Data set, settings and seeds.
        variants: `{name: flags}` of further models, such as `{"mmoe_dcn": "--architecture=mmoe_dcn"}`.

    Raises:
        ConfigError: A variant with the name of another ranker, or flags that make no model.
    """
    slices = ["/".join(pair) for pair in order.slices]
    found = {
        BASELINE: order.arm(BASELINE, settings_of(BASELINE, order), slices=slices, text=text_of(BASELINE, order)),
        OURS: order.arm(OURS, order.reference),
    }
    for name in variants:
        if name in (*found, *_TAKEN, *FAULTS):
            raise ConfigError(f"--variant: the name {name!r} is taken; choose another.")
    for name, text in {FREE: "--constrained=false", **variants}.items():
        model, _ = order.change(text, order.reference)
        wide = (equally_wide(model.architecture, order.reference[0]), order.reference[1])
        found[name] = order.arm(name, order.change(text, wide), text=text)
    found[OLDER] = Arm(name=OLDER, runs=tuple(tuple(_older(run) for run in runs) for runs in found[OURS].runs))
    return found


def _older(run: Run) -> Run:
    """The same settings, so that query tower and item embeddings fit together, on fewer days."""
    days = run.train.held_out_days + _OLDER_DAYS
    return dataclasses.replace(run, train=dataclasses.replace(run.train, held_out_days=days))


def experiments(
    names: Sequence[str], *, markets: Sequence[str], only: Sequence[str] = EXPERIMENTS
) -> tuple[Experiment, ...]:
    """The experiments of every market.

    The models replaced against MTMD; free tasks against it; worlds of all rankers; worlds of MTMD served with faults;
    worlds of the models of one run each, against the ceiling, so that no other model has to be trained; worlds of all
    rankers at several cuts.

    Args:
        names: Names of the rankers that were trained.
        markets: Parameters of the world, such as `first` (docs/adr/0034).
        only: Those of `EXPERIMENTS` and `MORE` that are wanted.
    """
    models = tuple(name for name in names if name not in (BASELINE, OLDER))
    arms = {
        TABLES_2_TO_4: (BASELINE, OURS),
        TABLE_5: (FREE, OURS),
        WORLDS: (BASELINE, *models, RANDOM, ORACLE),
        WITH_FAULTS: (BASELINE, OURS, *FAULTS),
        PREDICTION: (ORACLE, *models),
        CUTS: (BASELINE, *models, RANDOM, ORACLE),
    }
    tables = {TABLES_2_TO_4: ("2", "3", "4"), TABLE_5: ("5",)}
    whole = (WORLDS, WITH_FAULTS, *MORE)
    return tuple(
        Experiment(
            name=f"{market}-{name}",
            arms=arms[name],
            tables=tables.get(name, ("2", "4")),
            flags=f"--market={market}{f' {_WHOLE}' if name in whole else ''}",
            whole=name in whole,
            predicts=name == PREDICTION,
            sweeps=name == CUTS,
        )
        for market in markets
        for name in arms
        if name in only
    )


def needed(arms: Mapping[str, Arm], wanted: Sequence[Experiment]) -> dict[str, Arm]:
    """Those of the rankers that the experiments have as arms, or whose item embeddings they serve."""
    names = {name for experiment in wanted for name in experiment.arms}
    if names & FAULTS.keys():
        names |= {OURS, OLDER}
    return {name: arm for name, arm in arms.items() if name in names}


def require_labels(arms: Mapping[str, Arm], *, data: pathlib.Path, runs: pathlib.Path) -> None:
    """Refuses data on which the model of a slice could not be trained: the funnel ranks the ads of every slice.

    Args:
        arms: `{name: arm}` of the rankers to train.
        data: Folder of the labeled data set.
        runs: Folder of the runs' folders; finished runs are not asked again.

    Raises:
        ConfigError: It names the slices, and what the first one lacks.
    """
    _, left = own_models.with_labels([*arms.values()], data=data, runs=runs)
    if left:
        slices = ", ".join(map(own_models.words, left))
        raise ConfigError(
            f"{next(iter(left.values()))}. {data} lacks labels in {len(left)} slices ({slices}), and a funnel "
            "ranks the ads of every slice: build more days, hold out others (--held_out_days), or label others."
        )
