"""Tables 2 to 5 on the simulated funnel: trains, exports and embeds the rankers, and simulates (paper section 3.3).

    python -m mtmd_tf.jobs.reproduce_funnel --flagfile=docs/results/funnel/recipe.flags

The rankers are the models of one slice each that MTMD replaces, MTMD, MTMD with free tasks (the control of Table 5),
an earlier MTMD, and each --variant. Settings that nobody says follow from the data. In each of --markets four
simulations compare them: Tables 2 to 4; Table 5; whole worlds of all rankers, from random to oracle; and whole worlds
of MTMD served with faults, such as item embeddings of the earlier model. --experiments=prediction asks instead which
offline measure of the models predicts their online change (docs/funnel/prediction.flags), and --experiments=cuts what
each of --cuts costs each ranker. --experiment holds the settings of all simulations, flags of jobs.simulate, and
--whole what is different in whole worlds.

Run again after a kill, it resumes. --results gets the report of each simulation with its figures; docs/funnel.md
explains them.
"""

import itertools
import pathlib
import signal
import sys
from collections.abc import Sequence

from absl import flags

from mtmd_tf.config import ConfigError, ModelConfig, SimulationConfig, TrainConfig
from mtmd_tf.experiments.funnel import plan
from mtmd_tf.experiments.runs.plan import Order
from mtmd_tf.experiments.runs.sized_order import on_data
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.jobs.reference import changed, reference
from mtmd_tf.sizing.rule import AUTO
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUNS = flags.DEFINE_string(
    "runs", "runs/funnel", "folder of the runs, exports, embeddings and simulations", flag_values=FLAGS
)
_RESULTS = flags.DEFINE_string("results", "", "folder of the reports; by default in --runs", flag_values=FLAGS)
_VARIANT = flags.DEFINE_multi_string(
    "variant",
    [],
    "one more ranker of the whole worlds, 'NAME: FLAGS' of train.py, 'mmoe_dcn: --architecture=mmoe_dcn'; repeat it",
    flag_values=FLAGS,
)
_MARKETS = flags.DEFINE_list(
    "markets", ["first", "second"], "sets of the world's parameters (docs/adr/0034)", flag_values=FLAGS
)
_EXPERIMENTS = flags.DEFINE_multi_enum(
    "experiments",
    list(plan.EXPERIMENTS),
    [*plan.EXPERIMENTS, *plan.MORE],
    "what to simulate; repeat it. prediction, which needs a --variant for each of 10 models, and cuts are no part of "
    "the default",
    flag_values=FLAGS,
)
_CUTS = flags.DEFINE_list(
    "cuts", ["10", "20", "50", "100", "200"], "with --experiments=cuts, the numbers of ads to keep", flag_values=FLAGS
)
_EXPERIMENT = flags.DEFINE_string(
    "experiment", "", "settings of all simulations: flags of jobs.simulate, '--requests=100000'", flag_values=FLAGS
)
_WHOLE = flags.DEFINE_string(
    "whole", "", "settings of the whole worlds, beside --experiment: they need fewer requests", flag_values=FLAGS
)
_WORKERS = flags.DEFINE_integer(
    "workers", 1, "trainings at once, and processes of a simulation", lower_bound=1, flag_values=FLAGS
)
_PREDICTED = ("ctr", "cvr")  # tasks by which most ads are ranked: those of click ads and of conversion ads
prepare.define(into=FLAGS)
settings.define(ModelConfig, auto=AUTO, into=FLAGS)
settings.define(TrainConfig, auto=AUTO, into=FLAGS)


def _order() -> Order:
    """The models' settings, the data not yet known."""
    configs, said = reference(FLAGS)
    return Order(
        reference=configs,
        said=said,
        seeds=(configs[1].seed,),
        data="",
        slices=(),
        change=lambda text, configs: changed(text, configs, said=said),
    )


def _require_possible(wanted: Sequence[str], names: Sequence[str]) -> list[int]:
    """The cuts in order; refuses experiments that could not be simulated or compared, before anything is made."""
    from mtmd_tf.simulation.statistics.prediction import LEAST_MODELS

    models = len(plan.experiments(names, markets=("first",), only=(plan.PREDICTION,))[0].arms) - 1
    if plan.PREDICTION in wanted and models < LEAST_MODELS:
        raise ConfigError(
            f"--experiments=prediction compares {LEAST_MODELS} models or more; there are {models}; add --variant, once "
            "for each."
        )
    cuts = sorted({settings.number(cut, name="cuts") for cut in _CUTS.value})
    if plan.CUTS in wanted and len(cuts) < 2:
        raise ConfigError(f"--experiments=cuts compares two cuts at least; it has --cuts={','.join(_CUTS.value)}.")
    kept = [f"--keep={cut}" for cut in cuts] if plan.CUTS in wanted else [""]
    for market, keep in itertools.product(_MARKETS.value, kept):
        settings.changed(f"{_EXPERIMENT.value} {_WHOLE.value} --market={market} {keep}", SimulationConfig())
    return cuts


def main(argv: list[str]) -> None:
    """Prepares the data where it is missing, trains and exports what is missing, simulates and reports."""
    del argv
    from mtmd_tf.experiments.funnel.run import Simulations, arm_flags, predict, serve
    from mtmd_tf.experiments.runs import ordering
    from mtmd_tf.experiments.runs import run_queue as queue
    from mtmd_tf.experiments.runs.pairs import training_pairs
    from mtmd_tf.experiments.runs.plan import runs_of
    from mtmd_tf.experiments.runs.settings import named_flags

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does, so that no training is left behind
    wanted = _EXPERIMENTS.value
    order, variants = _order(), dict(map(named_flags, _VARIANT.value or []))
    arms = plan.rankers(order, variants)  # refuses what it cannot do before data is made, which takes minutes
    cuts = _require_possible(wanted, [*arms])
    data, runs = prepare.prepared(FLAGS), pathlib.Path(_RUNS.value)
    arms = plan.rankers(on_data(order, Manifest.load(data), Schema.load(data)), variants)
    chosen = plan.experiments([*arms], markets=_MARKETS.value, only=wanted)
    arms = plan.needed(arms, chosen)
    plan.require_labels(arms, data=data, runs=runs)
    todo, pairs = runs_of([*arms.values()]), training_pairs(Manifest.load(data))
    print(ordering.announcement(todo, folder=runs, pairs=pairs, workers=_WORKERS.value), flush=True)
    queue.train_all(
        todo,
        folder=runs,
        command=lambda run, folder: queue.training_command(data, run, folder),
        pairs=pairs,
        workers=_WORKERS.value,
    )
    served = {run.name: serve(run, data=data, runs=runs, call=prepare.call) for run in todo}
    results = pathlib.Path(_RESULTS.value or runs / "results")
    simulations = Simulations(
        data=data, folder=runs / "simulations", results=results, workers=_WORKERS.value, call=prepare.call
    )
    for experiment in chosen:
        flags_of_arms = arm_flags(experiment, arms, served)
        own = f"{_EXPERIMENT.value} {_WHOLE.value}" if experiment.whole else _EXPERIMENT.value
        if experiment.sweeps:
            simulations.sweep(experiment, flags_of_arms, settings=own, cuts=cuts)
        else:
            simulations.simulate(experiment, flags_of_arms, settings=own)
        if experiment.predicts:
            predict(experiment, arms, tasks=_PREDICTED, runs=runs, results=results, call=prepare.call)
    print(f"Written to {results}/.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
