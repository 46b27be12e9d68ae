"""Exports a finished run for serving: `python export.py --run=runs/hf --out=exports/hf` (paper section 2.2).

Writes two SavedModels, query_tower/<version>/ and item_tower/<version>/, and ranker.json; both towers are reloaded and
compared with the model, slice by slice and task by task, before anything is published.
"""

import itertools
import pathlib
import time
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.config import FLOOR, AuditConfig, ConfigError
from mtmd_tf.jobs import settings
from mtmd_tf.slices import ANY
from mtmd_tf.trained import untrained, usual_features
from tfrecords_tools import folder_kinds

if TYPE_CHECKING:
    from mtmd_tf.exporting.export import Export
    from mtmd_tf.features.reading import DataSet
    from tfrecords_tools.item_profile.profile import ItemProfile
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
settings.define(AuditConfig, into=FLAGS)


def publish(
    run: pathlib.Path,
    out: pathlib.Path,
    *,
    data: pathlib.Path | None = None,
    version: int | None = None,
    pairs: int = 2000,
    audit: AuditConfig | None = None,
) -> "Export":
    """Exports the run's best weights.

    Args:
        run: Folder of a finished run.
        out: Folder of the export.
        data: Data set whose `eval` requests the towers are checked on, beside synthetic ones of every slice; None takes
            the one that the run was trained on.
        version: The towers' version folder; None takes the next.
        pairs: About how many pairs of `data` to check.
        audit: When the item corpus differs too much from what training's items had; None takes the defaults.

    Raises:
        ConfigError: No finished run, a run without towers, or `out` is a data set's or a run's.
        ServingError: Item features of the corpus that are not those of training.
    """
    from mtmd_tf.exporting.export import export
    from mtmd_tf.features.reading import DataSet
    from mtmd_tf.serving.embedding.audit import audit_corpus
    from mtmd_tf.training import requirements, runs
    from tfrecords_tools.item_profile import stored

    folder_kinds.require_no_other(out, mine=folder_kinds.EXPORT, flag="--out", raises=ConfigError)
    model = runs.load_model(run)
    if model.joint:
        raise ConfigError(
            f"{run} was trained with --architecture={FLOOR}, one network over both sides, which only shows what no two "
            "towers could reach; it has no towers to export. Export a run of another architecture."
        )
    opened = DataSet.open(data) if data else runs.open_data(run)
    training = _training(run) if data else opened
    requirements.require_same_schema(model, opened)
    sample, statistics = _sample(opened, pairs), opened.manifest.statistics
    audit = audit or AuditConfig()
    profile = None if training is None or audit.audit == "off" else _profile(training, audit.audit_pairs)
    if profile is not None:
        audit_corpus(profile, opened.manifest, opened.schema, config=audit)
    done = export(
        model,
        out,
        version=version,
        sample=sample,
        statistics=statistics,
        trained=runs.trained(run),
        last_day="" if training is None else training.manifest.days("train")[-1],
        usual=None if training is None else usual_features(training.manifest),
    )
    if profile is not None:
        stored.write(out, profile, stamp=done.spec.stamp)
    return done


def _training(run: pathlib.Path) -> "DataSet | None":
    """The data that the run was trained on; None where it is gone, which is warned of."""
    from absl import logging

    from mtmd_tf.training import runs
    from tfrecords_tools.requests import DataError

    try:
        return runs.open_data(run)
    except (ConfigError, DataError, OSError) as error:
        logging.warning("%s The export will not say which features and days its training had.", error)
        return None


def _profile(data: "DataSet", pairs: int) -> "ItemProfile":
    """What the items of a training had."""
    from tfrecords_tools.item_profile.reading import training_profile

    surface, product = (None if name == ANY else name for name in data.slice or (ANY, ANY))
    return training_profile(data.manifest, data.schema, most=pairs, surface=surface, product=product)


def _sample(data: "DataSet", pairs: int) -> "Requests | None":
    """The first requests of every eval shard, `pairs` pairs together or a few more."""
    from tfrecords_tools.item_table.table import table_of
    from tfrecords_tools.parsing import decode_requests
    from tfrecords_tools.records import read_records, verified

    manifest = data.manifest
    shards = verified(manifest.shards("eval"))
    if not manifest.pairs("eval"):
        return None
    each = -(-pairs * manifest.requests("eval") // manifest.pairs("eval") // len(shards))
    records = [record for shard in shards for record in itertools.islice(read_records(shard), each)]
    return decode_requests(data.schema, records, manifest.columns, items=table_of(manifest, data.schema))


def main(argv: list[str]) -> None:
    """Reads the flags, exports and says how well the towers agree with the model."""
    del argv
    run, out = pathlib.Path(_RUN.value), pathlib.Path(_OUT.value)
    started = time.perf_counter()
    data = pathlib.Path(_DATA.value) if _DATA.value else None
    audit = settings.read(AuditConfig, source=FLAGS)
    done = publish(run, out, data=data, version=_VERSION.value, pairs=_PAIRS.value, audit=audit)
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
