"""Measures everything that has a target, beside what people would use instead: one table from one run.

    make bench                                          installs the peers, then measures; ARGS adds flags
    python -m mtmd_tf.jobs.bench --only=training --rounds=5
    python -m mtmd_tf.jobs.bench --curves --only=surfaces

The table is printed and kept as bench.md and bench.json in --results, section by section as each is measured; --only
measures some sections again and keeps the others. --curves measures what a pair costs against surfaces, tasks,
candidates, fields, batch, skew and vocabulary instead, into curves.json and curves.png. With --page, that page shows
what --results holds; --rebuild measures nothing.
"""

import dataclasses
import pathlib
import time
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.benchmarks.data import require_data
from mtmd_tf.benchmarks.names import CURVES, SECTIONS
from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.benchmarks.figures import Figure, Machine

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_ONLY = flags.DEFINE_list(
    "only", [], f"some of {', '.join(SECTIONS)}, with --curves some of {', '.join(CURVES)}", flag_values=FLAGS
)
_CURVES = flags.DEFINE_bool("curves", False, "measure a pair's cost as curves instead", flag_values=FLAGS)
_ROUNDS = flags.DEFINE_integer(
    "rounds", 7, "rounds in which all that is compared takes turns", lower_bound=1, flag_values=FLAGS
)
_DATA = flags.DEFINE_string(
    "data", "data/benchmark", "data set of 12 candidates a request; built where it is missing", flag_values=FLAGS
)
_REQUESTS = flags.DEFINE_integer(
    "requests", 20_000, "requests of the data set, where it is built", lower_bound=500, flag_values=FLAGS
)
_LABEL_REQUESTS = flags.DEFINE_integer(
    "label_requests",
    3_000,
    "requests of --data with -labels behind its name, which labels are measured on",
    lower_bound=500,
    flag_values=FLAGS,
)
_BATCH = flags.DEFINE_integer(
    "batch_requests", 342, "requests a step; 342 x 12 is 4,104 pairs", lower_bound=1, flag_values=FLAGS
)
_CALLS = flags.DEFINE_integer("calls", 300, "timed requests to the query tower", lower_bound=1, flag_values=FLAGS)
_ITEMS = flags.DEFINE_integer("items", 1_000_000, "random items to rank", lower_bound=1, flag_values=FLAGS)
_RESULTS = flags.DEFINE_string(
    "results", "build/bench", "folder of what is measured, such as docs/results/bench", flag_values=FLAGS
)
_PAGE = flags.DEFINE_string("page", "", "page to show --results in, such as docs/performance.md", flag_values=FLAGS)
_REBUILD = flags.DEFINE_bool("rebuild", False, "measure nothing; show --results again", flag_values=FLAGS)

_TASKS = ("ctr", "gctr", "octr")


def main(argv: list[str]) -> None:
    """Measures part by part, writing each as it ends, and prints the table or the curves."""
    del argv
    folder, known = pathlib.Path(_RESULTS.value), CURVES if _CURVES.value else SECTIONS
    for name in _ONLY.value:
        if name not in known:
            raise ConfigError(f"--only has {name!r}; choose from {list(known)}.")
    from mtmd_tf.benchmarks import page

    if not _REBUILD.value:
        if _CURVES.value:
            _measure_curves(folder)
        else:
            _measure_sections(folder)
    print(page.write(folder, page=pathlib.Path(_PAGE.value) if _PAGE.value else None))


def _measure_sections(folder: pathlib.Path) -> None:
    from mtmd_tf.benchmarks.figures import FILE_NAME, Bench, Section
    from mtmd_tf.benchmarks.machine import measure_machine

    kept = Bench.load(folder) if _ONLY.value and (folder / FILE_NAME).exists() else None
    if kept:
        _require_rounds(folder, kept.rounds)
    machine = measure_machine()
    if kept and kept.machine and (kept.machine.processor, kept.machine.cores) != (machine.processor, machine.cores):
        raise ConfigError(
            f"{folder} has figures of {kept.machine.cores} cores of {kept.machine.processor}, and here are "
            f"{machine.cores} of {machine.processor}: leave out --only, or give another --results."
        )
    bench = Bench(rounds=_ROUNDS.value, machine=machine, sections=kept.sections if kept else {})
    for name in _ONLY.value or SECTIONS:
        print(f"Measuring {name}.", flush=True)
        begun = time.perf_counter()
        figures = tuple(_measured(name, machine))
        section = Section(figures=figures, seconds=round(time.perf_counter() - begun, 1))
        bench = dataclasses.replace(bench, sections={**bench.sections, name: section})
        bench.save(folder)
        print(f"That took {section.seconds:.0f} s; it is in {folder}/.", flush=True)


def _measured(name: str, machine: "Machine") -> "list[Figure]":
    if name == "labels":
        from mtmd_tf.benchmarks import labels_section

        return labels_section.measure(require_data(f"{_DATA.value}-labels", _LABEL_REQUESTS.value))
    folder, rounds = require_data(_DATA.value, _REQUESTS.value), _ROUNDS.value
    if name == "serving":
        from mtmd_tf.benchmarks import serving_section

        return serving_section.measure(folder, tasks=_TASKS, rounds=rounds, calls=_CALLS.value, items=_ITEMS.value)
    from mtmd_tf.benchmarks import training_section

    return training_section.measure(
        folder, tasks=_TASKS, rounds=rounds, batch_requests=_BATCH.value, cores=machine.cores
    )


def _measure_curves(folder: pathlib.Path) -> None:
    from mtmd_tf.benchmarks.curves import FILE_NAME, Curves, measure_curve

    before = Curves.load(folder) if _ONLY.value and (folder / FILE_NAME).exists() else None
    if before:
        _require_rounds(folder, before.rounds)
    kept = before.curves if before else {}
    for name in _ONLY.value or CURVES:
        kept = {**kept, name: measure_curve(name, rounds=_ROUNDS.value)}
        ordered = {each: kept[each] for each in CURVES if each in kept}
        Curves(rounds=_ROUNDS.value, curves=ordered).save(folder)
        print(f"Measured {name}; it is in {folder}/.", flush=True)


def _require_rounds(folder: pathlib.Path, rounds: int) -> None:
    if rounds != _ROUNDS.value:
        raise ConfigError(
            f"{folder} has medians of {rounds} rounds: say --rounds={rounds}, leave out --only, or give another "
            "--results."
        )


if __name__ == "__main__":
    settings.run(main, FLAGS)
