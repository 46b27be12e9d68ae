"""Holds a heavyweight ranker's labels against LightGBM and, where it is known, the truth (paper section 1).

    python -m mtmd_tf.jobs.compare_ranker --run=runs/heavyweight-adworld --labeled=data/adworld-labeled

LightGBM (`pip install lightgbm`) learns from the days that the ranker learned from, with the same features; the days
that ended the ranker's training choose its settings and rounds. Both are measured against the events of the labeled
days, and so is the ranker before its labels were corrected by the events of the days before, as LightGBM's scores are
not. The run's folder gets against_lightgbm.json; --results=docs/results/adworld-ranker keeps that and heavyweight.json
for the page of results (`jobs.results`).
"""

import dataclasses
import pathlib
import time

from absl import flags

from mtmd_tf.heavyweight.labels.origin import period_of, require_own_data, require_own_labels
from mtmd_tf.jobs import settings
from tfrecords_tools import structure

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUN = flags.DEFINE_string("run", None, "folder of the heavyweight ranker", required=True, flag_values=FLAGS)
_LABELED = flags.DEFINE_string(
    "labeled", None, "folder of the data set that it labeled", required=True, flag_values=FLAGS
)
_DATA = flags.DEFINE_string(
    "data", "", "folder of the data set with its days; by default the one in the run", flag_values=FLAGS
)
_RESULTS = flags.DEFINE_string(
    "results",
    "",
    "folder to keep this and what jobs.label found in, such as docs/results/NAME-ranker",
    flag_values=FLAGS,
)
_LEAVES = flags.DEFINE_list("leaves", ["7", "15", "31", "63"], "leaves of a tree to try", flag_values=FLAGS)
_RATES = flags.DEFINE_multi_float(
    "rate", [0.03, 0.1], "learning rate of LightGBM to try with each; repeat it", flag_values=FLAGS
)
_SEED = flags.DEFINE_integer("seed", 0, "seed of LightGBM", flag_values=FLAGS)
_THREADS = flags.DEFINE_integer(
    "threads", 0, "threads of LightGBM; 0 takes all cores, which is slow beside other work", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Grows the trees, measures both, prints the table and writes it to the run's folder."""
    del argv
    started, run = time.perf_counter(), pathlib.Path(_RUN.value)
    period = period_of(run)
    leaves = [settings.number(item, name="leaves") for item in _LEAVES.value]

    # TensorFlow takes seconds: only once the flags are good
    from mtmd_tf.experiments.labels import label_quality
    from mtmd_tf.experiments.labels import report as ranker_report
    from mtmd_tf.experiments.labels import tables as ranker_tables
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.heavyweight.labels import finished
    from mtmd_tf.heavyweight.lightgbm_comparison.comparison import compare, grow_all
    from mtmd_tf.training import requirements, runs
    from mtmd_tf.training.journal import write_json

    data, labeled = runs.open_data(run, _DATA.value), DataSet.open(_LABELED.value)
    require_own_data(run, data)
    requirements.require_labels(labeled, data.schema.task_names)
    uncorrected = finished.uncorrected(run, data)
    require_own_labels(run, labeled)
    measured = [quality for quality in label_quality.Report.load(run).splits.values() if quality.truth]
    trees = grow_all(
        data,
        learn=period.learn,
        held_out=period.held_out,
        leaves=leaves,
        learning_rates=_RATES.value,
        seed=_SEED.value,
        threads=_THREADS.value,
        report=lambda line: print(line, flush=True),
    )
    rows = compare(data, labeled, trees=trees, uncorrected=uncorrected)
    print(f"\nLabels against LightGBM, days after {max(period.held_out)}:\n\n{ranker_tables.comparison_table(rows)}")
    for quality in measured:
        print(f"\nLabels of the split {quality.split} against the true probabilities:\n")
        print(ranker_tables.truth_table(quality))
    plain = {
        "data": str(data.folder),
        "labels": labeled.manifest.fingerprint(),
        "comparisons": [structure.plain(each) for each in rows],
        "lightgbm": {
            task: {
                "settings": dataclasses.asdict(each.settings),
                "rounds": each.rounds,
                "held_out_loss": each.held_out_loss,
                "tried": each.tried,
            }
            for task, each in trees.items()
        },
        "truth": {quality.split: [dataclasses.asdict(row) for row in quality.truth] for quality in measured},
    }
    write_json(run / label_quality.COMPARISON, plain)
    if _RESULTS.value:
        label_quality.save(run, pathlib.Path(_RESULTS.value))
        ranker_report.write(pathlib.Path(_RESULTS.value))
    print(f"\nWritten to {run / label_quality.COMPARISON}; done in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
