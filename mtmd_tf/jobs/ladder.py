"""From little data to much, and from near domains to far: trains the ladder and answers when one model pays.

    python -m mtmd_tf.jobs.ladder --flagfile=docs/results/ladder/recipe.flags
    python -m mtmd_tf.jobs.ladder --rungs=cj:0.02,adworld:2000,adworld:2000:far --only=mtmd,mmoe_dcn --seeds=0
    python -m mtmd_tf.jobs.ladder --rebuild --results=docs/results/ladder

Every architecture is trained on every rung, a data set of one size, and compared with the models of one slice each. The
data is built and labeled first where it is missing, in --data_folder. Settings are flags of train.py; what nobody says
follows from the data of the rung and of the slice (docs/adr/0026). `--at='cj:*: --epochs=3'` says some for some rungs,
`--at='cj:* single_slice: --epochs=6'` for some variants on them, and `--variant='wide: --dim=32'` adds a variant.

Each finished run leaves a small file in --results; killed and run again, from a fresh clone too, the ladder goes on
where these end. The page, docs/NAME.md for --results=docs/results/NAME, is written after every rung. `--rebuild`
writes it again from --results alone; `--dry_run` only says what is missing and how long it will take.
"""

import pathlib
import signal
import sys

from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, ModelConfig, TrainConfig
from mtmd_tf.experiments.ladder.recipe import Line, Recipe, variants_of
from mtmd_tf.experiments.ladder.rungs import Rung, rungs_named
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.jobs.reference import changed, reference
from mtmd_tf.sizing.rule import AUTO
from tfrecords_tools.manifest import FILE_NAME as MANIFEST

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUNGS = flags.DEFINE_list(
    "rungs",
    ["adworld:2000", "cj:0.02", "cj:0.05", "adworld:6000", "adworld:6000:near", "adworld:6000:far", "cj:0.1"],
    "rungs in the order to climb them: cj:SHARE of the households, adworld:REQUESTS, adworld:REQUESTS:near or :far, "
    "data:NAME, your data set of this name in --data_folder, or NAME-labeled if it has labels",
    flag_values=FLAGS,
)
_TOP = flags.DEFINE_list(
    "top", ["cj:0.3", "cj:1", "adworld:60000"], "rungs that only --top_only climb, if in --rungs", flag_values=FLAGS
)
_SEEDS = flags.DEFINE_list(
    "seeds", ["0", "1", "2"], "seeds below the top; every variant is trained once with each", flag_values=FLAGS
)
_TOP_SEEDS = flags.DEFINE_list("top_seeds", ["0"], "seeds on the top rungs", flag_values=FLAGS)
_ONLY = flags.DEFINE_list("only", [], "variants beside single_slice; empty for all", flag_values=FLAGS)
_TOP_ONLY = flags.DEFINE_list(
    "top_only", [], "variants on the top rungs, beside single_slice; empty for all", flag_values=FLAGS
)
_VARIANT = flags.DEFINE_multi_string(
    "variant",
    [],
    "one more variant, 'NAME: FLAGS', or more flags of one: 'mtmd: --dim=8'; repeat it",
    flag_values=FLAGS,
)
flags.DEFINE_multi_string(
    "at",
    [],
    "settings on some rungs, 'cj:*: FLAGS', or of some variants there, 'cj:* single_slice: FLAGS'; repeat it",
    flag_values=FLAGS,
)
flags.DEFINE_multi_string(
    "label",
    [],
    "settings of the ranker that labels some rungs where they are missing, 'adworld:*: FLAGS'; repeat it",
    flag_values=FLAGS,
)
_RESULTS = flags.DEFINE_string(
    "results", "docs/results/ladder", "folder of what is kept of each run, and the figures", flag_values=FLAGS
)
_RUNS = flags.DEFINE_string("runs", "runs/ladder", "the runs' folders are made in this folder", flag_values=FLAGS)
_KEEP_RUNS = flags.DEFINE_bool(
    "keep_runs", False, "keep a run's folder, with its checkpoints, once its file is kept", flag_values=FLAGS
)
_DATA_FOLDER = flags.DEFINE_string(
    "data_folder", "data", "rungs' data is in it: cj-0.05, cj-0.05-labeled and so on", flag_values=FLAGS
)
_WORKERS = flags.DEFINE_integer(
    "workers", 1, "trainings at once; they share the cores evenly", lower_bound=1, flag_values=FLAGS
)
_REBUILD = flags.DEFINE_bool("rebuild", False, "write the page again from --results alone", flag_values=FLAGS)
_DRY_RUN = flags.DEFINE_bool(
    "dry_run", False, "say what is missing and how long it takes, and train nothing", flag_values=FLAGS
)
settings.define(ModelConfig, auto=AUTO, into=FLAGS)
settings.define(TrainConfig, auto=AUTO, into=FLAGS)


def _data(rung: Rung) -> pathlib.Path:
    """The rung's labeled data set, made first where it is missing."""
    raw = pathlib.Path(_DATA_FOLDER.value) / rung.folder
    data = raw.with_name(f"{raw.name}-labeled")
    if rung.own and not any((folder / MANIFEST).exists() for folder in (raw, data)):
        raise ConfigError(f"no data set of the rung {rung.name} at {data}, nor one to label at {raw}.")
    chosen = [line.flags for line in _lines("label") if line.covers(rung, "")]
    prepare.prepare(data, raw=str(raw), build=rung.build, label=" ".join(chosen))
    return data


def _lines(name: str) -> tuple[Line, ...]:
    return tuple(Line.read(text, flag=name) for text in FLAGS[name].value or [])


def _recipe() -> Recipe:
    rungs = rungs_named(_RUNGS.value)
    top = tuple(Rung.named(name) for name in _TOP.value)
    configs, said = reference(FLAGS)
    return Recipe(
        rungs=rungs,
        variants=variants_of(_VARIANT.value or [], only=_ONLY.value, top_only=_TOP_ONLY.value),
        seeds=tuple(settings.number(seed, name="seeds") for seed in _SEEDS.value),
        top=top,
        top_only=tuple(_TOP_ONLY.value),
        top_seeds=tuple(settings.number(seed, name="top_seeds") for seed in _TOP_SEEDS.value),
        reference=configs,
        said=said,
        at=_lines("at"),
        change=lambda text, configs: changed(text, configs, said=said),
    )


def main(argv: list[str]) -> int:
    """Says what is missing, trains it rung by rung, writes the page; 1 where a rung failed, the others being done."""
    del argv
    from mtmd_tf.experiments.ladder import report  # pandas and matplotlib take a second
    from mtmd_tf.experiments.ladder.progress import Progress
    from mtmd_tf.experiments.ladder.records import LadderFolder
    from mtmd_tf.experiments.ladder.training import train_rung
    from mtmd_tf.experiments.runs.run_queue import training_command

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # as Ctrl-C does, so that no training is left behind
    folder = pathlib.Path(_RESULTS.value)
    page = folder.parent.with_name(f"{folder.name}.md")
    failed: list[str] = []
    if not _REBUILD.value:
        recipe, records = _recipe(), LadderFolder(folder)
        for line in _lines("label"):  # refuses a wrong one before hours of training
            settings.changed(line.flags, HeavyweightConfig(), HeavyweightTrainConfig())
        progress = Progress(recipe, records, workers=_WORKERS.value)
        print(progress.plan(), flush=True)
        if _DRY_RUN.value:
            return 0
        for rung in recipe.rungs:
            try:
                train_rung(
                    rung,
                    recipe,
                    records,
                    progress=progress,
                    prepare=_data,
                    command=training_command,
                    runs=pathlib.Path(_RUNS.value),
                    workers=_WORKERS.value,
                    keep_runs=_KEEP_RUNS.value,
                )
            except ConfigError as error:
                failed.append(rung.name)
                progress.give_up(rung)
                print(f"error: {rung.name}: {error}\n{rung.name} is left as it is; on to the next.", file=sys.stderr)
                continue
            report.write(folder, page)
    text = report.write(folder, page)
    print(text or f"{folder}: no rung has both its models of one slice and another variant yet, so there is no page.")
    if text:
        print(f"Written to {page} and into {folder}/.")
    if failed:
        print(f"error: not finished: {', '.join(failed)}; each one's own message is above.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    settings.run(main, FLAGS)
