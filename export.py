"""Exports a finished run for serving: `python export.py --run=runs/hf --out=exports/hf` (paper section 2.2).

Writes two SavedModels, query_tower/<version>/ and item_tower/<version>/, and ranker.json; both towers are reloaded and
compared with the model, slice by slice and task by task, before anything is published.
"""

import itertools
import pathlib
import time
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.config import FLOOR, ConfigError
from mtmd_tf.jobs import settings
from mtmd_tf.trained import untrained
from tfrecords_tools import places

if TYPE_CHECKING:
    from mtmd_tf.exporting.export import Export
    from mtmd_tf.features.reading import DataSet
    from tfrecords_tools.requests import Requests


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_RUN = flags.DEFINE_string("run", None, "folder of a finished run", required=True, flag_values=FLAGS)
_OUT = flags.DEFINE_string("out", None, "folder of the export", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data", "", "data set to check the towers on; by default the one that the run was trained on", flag_values=FLAGS
)
_VERSION = flags.DEFINE_integer(
    "version", None, "version folder of the towers; by default the next one", lower_bound=1, flag_values=FLAGS
)
_PAIRS = flags.DEFINE_integer(
    "check_pairs", 2000, "about how many pairs of the data's split eval to check", lower_bound=1, flag_values=FLAGS
)


def publish(
    run: pathlib.Path,
    out: pathlib.Path,
    *,
    data: pathlib.Path | None = None,
    version: int | None = None,
    pairs: int = 2000,
) -> "Export":
    """Exports the run's best weights.

    Args:
        run: Folder of a finished run.
        out: Folder of the export.
        data: Data set whose `eval` requests the towers are checked on, beside made-up ones of every slice; None takes
            the one that the run was trained on.
        version: The towers' version folder; None takes the next.
        pairs: About how many pairs of `data` to check.

    Raises:
        ConfigError: No finished run, a run without towers, or `out` is a data set's or a run's.
    """
    from mtmd_tf.exporting.export import export
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.training import requirements, runs

    places.require_no_other(out, mine=places.EXPORT, flag="--out", refusal=ConfigError)
    model = runs.load_model(run)
    if model.joint:
        raise ConfigError(
            f"{run} was trained with --architecture={FLOOR}, one network over both sides, which only shows what no two "
            "towers could reach; it has no towers to export. Export a run of another architecture."
        )
    opened = DataSet.open(data) if data else runs.open_data(run)
    requirements.require_same_schema(model, opened)
    sample, statistics = _sample(opened, pairs), opened.manifest.statistics
    return export(model, out, version=version, sample=sample, statistics=statistics, trained=runs.trained(run))


def _sample(data: "DataSet", pairs: int) -> "Requests | None":
    """The first requests of every eval shard, `pairs` pairs together or a few more."""
    from tfrecords_tools.parsing import decode_requests
    from tfrecords_tools.records import read_records, verified

    manifest = data.manifest
    shards = verified(manifest.shards("eval"))
    if not manifest.pairs("eval"):
        return None
    each = -(-pairs * manifest.requests("eval") // manifest.pairs("eval") // len(shards))
    records = [record for shard in shards for record in itertools.islice(read_records(shard), each)]
    return decode_requests(data.schema, records, manifest.columns)


def main(argv: list[str]) -> None:
    """Reads the flags, exports and says how well the towers agree with the model."""
    del argv
    run, out = pathlib.Path(_RUN.value), pathlib.Path(_OUT.value)
    started = time.perf_counter()
    data = pathlib.Path(_DATA.value) if _DATA.value else None
    done = publish(run, out, data=data, version=_VERSION.value, pairs=_PAIRS.value)
    for sentence in untrained(done.spec.trained or {}):
        print(f"Warning: {sentence}")
    print(f"{out}/ holds version {done.spec.version}, stamp {done.spec.stamp}.")
    if not done.differences:
        print("It was complete already, from the same weights: left as it is.")
        return
    print("Largest difference between the reloaded towers' dot products and the model's logits:")
    for (surface, product, task), difference in done.differences.items():
        print(f"  {surface:<14} {product:<14} {task:<10} {difference:.1e}")
    print(f"Done in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
