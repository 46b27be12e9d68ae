"""Trains and measures what a table of the paper needs, and writes the table (paper section 3).

    python -m mtmd_tf.jobs.reproduce --table=1 --flagfile=cj.flags --runs=runs/tables --workers=2
    python -m mtmd_tf.jobs.reproduce --table=1 --data=data/mine-labeled --quick
    python -m mtmd_tf.jobs.reproduce --table=1 --flagfile=hf.flags --seeds=0 --one=runs/hf
    python -m mtmd_tf.jobs.reproduce --table=6 --flagfile=cj.flags --runs=runs/tables --variants=no_crossing,concat
    python -m mtmd_tf.jobs.reproduce --table=arch --flagfile=cj.flags --runs=runs/tables --only=mtmd,mmoe_dcn
    python -m mtmd_tf.jobs.reproduce --flagfile=docs/results/cj-table1/recipe.flags

Table 1 ends in one sentence: does one model pay here? `--quick` asks it of one seed, of at most 60,000 training pairs
and 3 epochs of so many (more of fewer), on both sides alike. `--floors` and `--noise` show how much there is to gain
(docs/adr/0027). How many runs a table orders and about how long they take is said first.

The flags are those of train.py, so that a flag file serves both; the last line makes a table of docs/results again.
Run again after a kill, it resumes; finished runs are skipped, also those of another table in the same --runs.
--results gets the record of each run, the measured table, the report with its figures, and metadata.json, which names
the command.
`--rebuild` makes the table again from the folder --results alone, without data or training; `jobs.results` does so for
all of them.

The architectures' queries are timed in turn once all are trained. On a machine that has become idle, they are timed
again from the runs and the results, without data or training:

    python -m mtmd_tf.jobs.reproduce --table=arch --time_only --runs=runs/tables --results=docs/results/cj-arch
"""

import pathlib
import shlex
import signal
import sys
import time
from collections.abc import Sequence

from absl import flags

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.architectures.plan import ROUNDS, overrides
from mtmd_tf.experiments.runs import ordering
from mtmd_tf.experiments.runs.metadata import Metadata
from mtmd_tf.experiments.runs.plan import Order
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.experiments.runs.sized_order import on_data
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.jobs.reference import changed, reference
from mtmd_tf.sizing.rule import AUTO
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_TABLE = flags.DEFINE_enum(
    "table", None, ["1", "6", "arch"], "table of the paper, or the architectures", required=True, flag_values=FLAGS
)
_RUN = flags.DEFINE_string(
    "run",
    "runs/reproduce",
    "where --runs is not said: the runs go to this folder's name with -table1, -table6 or -tablearch",
    flag_values=FLAGS,
)
_RUNS = flags.DEFINE_string(
    "runs",
    "",
    "the runs' folders are made in this folder; tables that share it share the runs they both need",
    flag_values=FLAGS,
)
_RESULTS = flags.DEFINE_string(
    "results", "", "folder of the records and the report; by default among the runs", flag_values=FLAGS
)
_SEEDS = flags.DEFINE_list("seeds", ["0", "1", "2"], "seeds; every model is trained once with each", flag_values=FLAGS)
_BASELINE = flags.DEFINE_string(
    "baseline",
    "",
    "of tables 1 and arch: what is different for the models of one slice, '--epochs=12 --dim=8'",
    flag_values=FLAGS,
)
_VARIANTS = flags.DEFINE_list(
    "variants", [], "of table 6: variants beside the reference; empty for all", flag_values=FLAGS
)
_ONLY = flags.DEFINE_list(
    "only", [], "of table arch: architectures beside single_slice; empty for all", flag_values=FLAGS
)
_OVERRIDES = flags.DEFINE_string(
    "arch_overrides",
    "",
    "of table arch: what is different for some, 'mmoe_dcn: --mixture_experts=2; ple: ...'",
    flag_values=FLAGS,
)
_WORKERS = flags.DEFINE_integer(
    "workers", 1, "trainings at once; they share the cores evenly", lower_bound=1, flag_values=FLAGS
)
_REBUILD = flags.DEFINE_bool("rebuild", False, "write the table again from --results alone", flag_values=FLAGS)
_QUICK = flags.DEFINE_bool("quick", False, f"of table 1: {ordering.QUICK}", flag_values=FLAGS)
_FLOORS = flags.DEFINE_bool(
    "floors",
    False,
    "of table 1: train a joint model of both sides as well, which shows what no two towers could reach",
    flag_values=FLAGS,
)
_NOISE = flags.DEFINE_string(
    "noise",
    "",
    "of table 1: folder of the same data labeled by a ranker of another seed (jobs.label --seed=1), which shows "
    "what of a label is the ranker's chance",
    flag_values=FLAGS,
)
_ONE = flags.DEFINE_string(
    "one",
    "",
    "of table 1, one seed: folder of a finished run of train.py with these settings, which is the one model; its "
    "report then shows the gain over the models of one slice",
    flag_values=FLAGS,
)
_TIME_ONLY = flags.DEFINE_bool(
    "time_only",
    False,
    "of table arch: time the queries of the finished --runs again and write the table, no more",
    flag_values=FLAGS,
)
_ROUNDS = flags.DEFINE_integer(
    "timing_rounds",
    ROUNDS,
    "of table arch: turns in which the architectures' queries are timed",
    lower_bound=1,
    flag_values=FLAGS,
)
prepare.define(required=False, into=FLAGS)  # --rebuild and --time_only need none
_SURFACE = flags.DEFINE_string(
    "report_surface", "", "surface to report first, in the report of each run", flag_values=FLAGS
)
settings.define(ModelConfig, auto=AUTO, into=FLAGS)
settings.define(TrainConfig, auto=AUTO, into=FLAGS)


def _order(*, only: Sequence[str]) -> Order:
    """What the flags ask for, the data not yet known: what nobody said is of no data's size yet."""
    configs, said = reference(FLAGS)
    return Order(
        reference=configs,
        said=said,
        seeds=tuple(settings.number(seed, name="seeds") for seed in _SEEDS.value),
        data="",
        slices=(),
        change=lambda text, configs: changed(text, configs, said=said),
        baseline=_BASELINE.value,
        only=tuple(only),
        overrides=overrides(_OVERRIDES.value),
    )


def _require_flags_of_the_table(*, times: bool) -> Sequence[str]:
    """Refuses flags that the table has no use for; returns the arms to compare, none for all."""
    only = {"6": _VARIANTS, "arch": _ONLY}
    for name, flag in only.items():
        if flag.value and name != _TABLE.value:
            raise ConfigError(f"--{flag.name} is for --table={name}; table {_TABLE.value} has nothing to choose by it.")
    if _OVERRIDES.value and _TABLE.value != "arch":
        raise ConfigError("--arch_overrides is for --table=arch.")
    if _QUICK.value and _TABLE.value != "1":
        raise ConfigError(f"--quick is for --table=1; table {_TABLE.value} compares what needs its whole training.")
    if (_FLOORS.value or _NOISE.value) and _TABLE.value != "1":
        raise ConfigError("--floors and --noise are for --table=1.")
    if _ONE.value and (_TABLE.value != "1" or _QUICK.value or len(_SEEDS.value) != 1):
        raise ConfigError("--one is for --table=1 of one seed, such as --seeds=0, without --quick.")
    if _ONE.value and not (pathlib.Path(_ONE.value) / "report.md").exists():  # before data is made, which takes minutes
        raise ConfigError(f"--one: {_ONE.value} holds no finished run; make one with train.py --run={_ONE.value}.")
    if _TIME_ONLY.value and not times:
        raise ConfigError(f"--time_only is for --table=arch; table {_TABLE.value} times no queries.")
    return only[_TABLE.value].value if _TABLE.value in only else ()


def _metadata(records: Sequence[Record], *, data: pathlib.Path, seconds: float) -> Metadata:
    all_trained = seconds * _WORKERS.value >= sum(record.seconds for record in records)  # else runs were skipped
    return Metadata(
        title=f"Table {_TABLE.value} on {data.name}",
        command=shlex.join(["python", "-m", "mtmd_tf.jobs.reproduce", *sys.argv[1:]]),
        workers=_WORKERS.value,
        seconds=round(seconds, 1) if all_trained else None,
        reduced=(ordering.QUICK,) if _QUICK.value else (),
    )


def main(argv: list[str]) -> None:
    """Prepares the data where it is missing, trains and times what is missing, writes the table."""
    del argv
    from mtmd_tf.experiments.runs import adopted  # pandas and matplotlib take a second
    from mtmd_tf.experiments.tables import TABLES, require_no_other_table
    from mtmd_tf.experiments.train_table import train_table

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does, so that no training is left behind
    table = TABLES[_TABLE.value]
    only = _require_flags_of_the_table(times=table.time is not None)
    runs = pathlib.Path(_RUNS.value or f"{_RUN.value}-table{_TABLE.value}")
    among_the_runs = runs / f"results-table{_TABLE.value}{'-quick' if _QUICK.value else ''}"
    folder = pathlib.Path(_RESULTS.value) if _RESULTS.value else among_the_runs
    require_no_other_table(folder, _TABLE.value)
    if not (_REBUILD.value or _TIME_ONLY.value):
        order = _order(only=only)
        table.arms(order)  # refuses what it cannot do before data is made, which takes minutes
        data = prepare.prepared(FLAGS)
        order = on_data(order, Manifest.load(data), Schema.load(data))
        begun = time.perf_counter()
        records = train_table(
            table,
            order,
            data=data,
            runs=runs,
            folder=folder,
            workers=_WORKERS.value,
            quick=_QUICK.value,
            one=pathlib.Path(_ONE.value) if _ONE.value else None,
            floor=_FLOORS.value,
            noise=pathlib.Path(_NOISE.value) if _NOISE.value else None,
        )
        _metadata(records, data=data, seconds=time.perf_counter() - begun).save(folder)
    if table.time and (_TIME_ONLY.value or not _REBUILD.value):
        from mtmd_tf.training.runs import load_model

        table.time(folder, load=lambda run: load_model(runs / run), rounds=_ROUNDS.value, again=_TIME_ONLY.value)
    report = table.write(folder)
    print(f"{report.text}\nWritten to {folder}/.")
    if _ONE.value:
        adopted.show(report.summary, pathlib.Path(_ONE.value))
        print(f"The report in {_ONE.value}/ has the gain over the models of one slice.")
    if report.answer:
        print("\nDoes one model pay here?", report.answer)
        if _QUICK.value:
            print(f"This is {ordering.QUICK}.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
