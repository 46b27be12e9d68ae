"""Measures a trained run on a split: `python -m mtmd_tf.jobs.evaluate --run=runs/hf` (paper section 3.2).

The model runs once over the split, in bounded memory however many requests there are. Before that, one cheap pass
reads the labels alone, for where the buckets begin, and with --by one the features named, for their frequent values.
"""

import pathlib

from absl import flags

from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUN = flags.DEFINE_string("run", None, "folder of a finished run", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data", "", "folder of the labeled data set; by default the one that the run was trained on", flag_values=FLAGS
)
_OUT = flags.DEFINE_string(
    "out",
    "",
    "folder for the report; by default the run's own, or one inside it for other data, another split or a part",
    flag_values=FLAGS,
)
_SPLIT = flags.DEFINE_string("split", "eval", "split to measure on", flag_values=FLAGS)
_SURFACE = flags.DEFINE_string("report_surface", "", "surface to report first", flag_values=FLAGS)
_MAX = flags.DEFINE_integer("requests", 0, "requests to measure on; 0 takes all", lower_bound=0, flag_values=FLAGS)
_BY = flags.DEFINE_list(
    "by", [], "categorical features to split the measures by too, such as item/brand,query/age", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Loads the run and measures it."""
    del argv
    from mtmd_tf.evaluation.run_evaluation import default_folder, measure
    from mtmd_tf.training import requirements, runs

    run = pathlib.Path(_RUN.value)
    model = runs.load_model(run)
    data = runs.open_data(run, _DATA.value)
    requirements.require_same_schema(model, data)
    requirements.require_labels(data, model.parents)
    requirements.require_surface(data, _SURFACE.value)
    out = pathlib.Path(_OUT.value)
    if not _OUT.value:
        own = not _DATA.value
        out = default_folder(run, data=data.folder.name, own=own, split=_SPLIT.value, most=_MAX.value)
    options = {"split": _SPLIT.value, "surface": _SURFACE.value, "max_requests": _MAX.value, "by": _BY.value}
    options["warnings"] = runs.warnings(run)
    print(measure(model, data, run=run.name, out=out, **options))
    print(f"Written to {out}/.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
