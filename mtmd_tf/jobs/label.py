"""Trains a heavyweight ranker on the earliest days and labels the later ones (paper sections 1 and 2.2).

    python -m mtmd_tf.jobs.label --data=data/adworld --out=data/adworld-labeled

Run again after a kill, it resumes; complete steps are skipped. --results=docs/results/adworld-ranker keeps
how the labels compare with the events for the page of results (`jobs.results`). Logs that carry the scores of a
heavyweight ranker of your own need none of this: train on them as they are. --tower_features=exports/NAME gives the
ranker the logits of exported towers that have learned from earlier days.
"""

import dataclasses
import pathlib
import time

from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig
from mtmd_tf.heavyweight.labels.origin import default_run, require_events, require_own_folder, wider_data
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_DATA = flags.DEFINE_string(
    "data", None, "folder of the data set with events, without labels", required=True, flag_values=FLAGS
)
_OUT = flags.DEFINE_string("out", None, "folder to write the labeled data set to", required=True, flag_values=FLAGS)
_RUN = flags.DEFINE_string(
    "run",
    "",
    "folder of the ranker; by default runs/heavyweight-NAME after --data's last part, and after what is in it where "
    "that folder has the ranker of other data",
    flag_values=FLAGS,
)
_RESULTS = flags.DEFINE_string(
    "results",
    "",
    "folder to keep the comparison of labels with events in, such as docs/results/NAME-ranker",
    flag_values=FLAGS,
)
_SHARE = flags.DEFINE_float(
    "ranker_share",
    0.4,
    "share of the training days, the earliest, that the ranker learns from and never labels",
    lower_bound=0.0,
    upper_bound=1.0,
    flag_values=FLAGS,
)
_DROP_CROSS = flags.DEFINE_bool(
    "drop_cross", False, "leave the cross features out of the labeled data set", flag_values=FLAGS
)
_TOWERS = flags.DEFINE_string(
    "tower_features",
    "",
    "folder of an export whose logits are features of the ranker; its towers must have learned from earlier days only",
    flag_values=FLAGS,
)
_TOWER_EMBEDDINGS = flags.DEFINE_bool(
    "tower_embeddings", False, "with --tower_features, the towers' embeddings are features too", flag_values=FLAGS
)
_FIRST = flags.DEFINE_string(
    "first_day", "", "first day that the ranker learns from; earlier ones are left out", flag_values=FLAGS
)
_LAST = flags.DEFINE_string("last_day", "", "last day to label; later ones are left out", flag_values=FLAGS)
_EVAL_FROM = flags.DEFINE_string(
    "eval_from",
    "",
    "first day of the labeled data set's split eval; by default each day stays in its split",
    flag_values=FLAGS,
)
settings.define(HeavyweightConfig, into=FLAGS)
settings.define(HeavyweightTrainConfig, into=FLAGS)


def main(argv: list[str]) -> None:
    """Trains the ranker, labels the later days, prints how the labels compare with the events."""
    del argv
    started, folder = time.perf_counter(), pathlib.Path(_DATA.value)
    model, train = settings.read(HeavyweightConfig, source=FLAGS), settings.read(HeavyweightTrainConfig, source=FLAGS)
    if train.skip_corrupt:
        raise ConfigError(
            f"--skip_corrupt is for train.py: all requests of a data set are labeled. Build {folder} again, or "
            f"restore what is corrupt: python -m tfrecords_tools validate {folder} --max_errors=0 lists it."
        )

    if _TOWER_EMBEDDINGS.value and not _TOWERS.value:
        raise ConfigError("--tower_embeddings are those of --tower_features: name the folder of an export there too.")

    # TensorFlow takes seconds: only once the flags are good
    from mtmd_tf.experiments.labels import label_quality
    from mtmd_tf.experiments.labels import report as ranker_report
    from mtmd_tf.experiments.labels import tables as ranker_tables
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.heavyweight.labels.chance import no_better_than_chance
    from mtmd_tf.heavyweight.labels.labeling import label
    from mtmd_tf.heavyweight.labels.output import Output
    from mtmd_tf.heavyweight.labels.period import Period, require_splits, thin, untrainable
    from mtmd_tf.heavyweight.labels.sampled import of_a_sample
    from mtmd_tf.heavyweight.labels.tower_features import TowerFeatures, with_tower_features
    from mtmd_tf.heavyweight.labels.truth import Truth
    from mtmd_tf.training import requirements, runs

    data = DataSet.open(folder)
    if all(f"label/{task}" in data.manifest.columns for task in data.schema.task_names):
        requirements.require_labels(data, data.schema.task_names)
        print(f"{folder} already carries labels for every task: no ranker is needed. Train with --data={folder}.")
        return
    require_events(data)
    run = pathlib.Path(_RUN.value) if _RUN.value else default_run(data.manifest, within=pathlib.Path("runs"))
    require_own_folder(pathlib.Path(_OUT.value), run=run)
    unit = data.manifest.partition
    first, last, eval_from = (
        unit.parse(flag.value, what=f"--{flag.name}") if flag.value else "" for flag in (_FIRST, _LAST, _EVAL_FROM)
    )
    period = Period.cut(data.manifest, share=_SHARE.value, held_out=train.held_out_days, first_day=first, last_day=last)
    require_splits(period, data.manifest, eval_from=eval_from)
    for few in (thin(period, data.manifest), untrainable(period, data.manifest, eval_from=eval_from)):
        if few:
            print(f"Warning: {few}", flush=True)
    output = Output(drop_cross=_DROP_CROSS.value, eval_from=eval_from)
    if _TOWERS.value:
        towers = TowerFeatures(_TOWERS.value, embeddings=_TOWER_EMBEDDINGS.value, partition=unit)
        wider = wider_data(run)
        print(f"Writing the ranker's days with features of the towers {towers.spec.stamp} to {wider}/.", flush=True)
        drop = [each.name for each in towers.features]
        output = dataclasses.replace(output, drop=drop, towers=towers.origin, truth=Truth.beside(folder))
        data = with_tower_features(data, wider, towers, period=period)
    label(data, pathlib.Path(_OUT.value), run=run, period=period, model=model, train=train, output=output)
    splits = label_quality.LabelQuality.load(run).splits
    for split in splits:
        above = split.above_parent
        print(f"\nLabels of the split {split.split} against events; {above} of them are above their parent's.\n")
        print(ranker_tables.of_split(split))
    sampled = of_a_sample(data.manifest.columns, use_weights=train.use_weights)
    fitted = runs.warnings(run, train=HeavyweightTrainConfig, widths="units")
    for sentence in (*fitted, *no_better_than_chance(splits), *sampled):
        print(f"Warning: {sentence}")
    if _RESULTS.value:
        label_quality.save(run, pathlib.Path(_RESULTS.value))
        ranker_report.write(pathlib.Path(_RESULTS.value))
    print(f"\nLabeled data is in {_OUT.value}/, the ranker in {run}/; done in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
