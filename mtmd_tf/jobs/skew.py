"""Measures a new query tower beside item embeddings of older exports: a gate before its launch (paper section 2.2).

    python -m mtmd_tf.jobs.skew --export=exports/new --embeddings=embeddings/new,embeddings/old --data=data/mine-labeled

A query tower is served in a moment, and millions of items are embedded in hours; meanwhile the two are of different
versions. --embeddings names those of the export itself, to compare with, and those that are served beside it. Into
--out come skew.md, skew.html and skew.json. The exit code is 3 where a measure is beyond its threshold.
"""

import pathlib

from absl import flags

from mtmd_tf.config import SkewConfig
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_EXPORT = flags.DEFINE_string("export", None, "folder of the export to launch", required=True, flag_values=FLAGS)
_EMBEDDINGS = flags.DEFINE_list(
    "embeddings",
    None,
    "folders of item embeddings: the export's own, and those of older exports",
    required=True,
    flag_values=FLAGS,
)
_DATA = flags.DEFINE_string("data", None, "labeled data set to measure on", required=True, flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", "", "folder of the report; by default skew in the export's", flag_values=FLAGS)
_SPLIT = flags.DEFINE_enum("split", "eval", ["eval", "train"], "split to measure on", flag_values=FLAGS)
_REQUESTS = flags.DEFINE_integer(
    "max_requests", 0, "stop after so many requests; 0 reads all", lower_bound=0, flag_values=FLAGS
)
settings.define(SkewConfig, into=FLAGS)

FAILED = 3  # another code than that of a command that cannot be carried out


def main(argv: list[str]) -> int:
    """Measures, writes the report and prints it; returns 3 where a measure is beyond its threshold."""
    del argv
    config = settings.read(SkewConfig, source=FLAGS)
    from mtmd_tf.evaluation.skew import report
    from mtmd_tf.evaluation.skew.gate import judge
    from mtmd_tf.evaluation.skew.measure import measure_skew
    from mtmd_tf.features.reading import DataSet

    skew = measure_skew(
        _EXPORT.value,
        _EMBEDDINGS.value,
        DataSet.open(_DATA.value),
        split=_SPLIT.value,
        max_requests=_REQUESTS.value,
    )
    result, out = judge(skew, config), pathlib.Path(_OUT.value or pathlib.Path(_EXPORT.value, "skew"))
    print(report.write(out, skew, result, config))
    print(f"Written to {out / report.REPORT}.")
    return 0 if result.passed else FAILED


if __name__ == "__main__":
    settings.run(main, FLAGS)
