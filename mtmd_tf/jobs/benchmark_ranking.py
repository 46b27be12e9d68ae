"""Measures the exact top K of a corpus against the memory's bandwidth, and end to end (paper section 2.2).

`python -m mtmd_tf.jobs.benchmark_ranking --export=exports/hf` ranks a million random items of the export's sizes.
"""

import pathlib
import tempfile

from absl import flags

from mtmd_tf.config import STORAGES
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_ITEMS = flags.DEFINE_integer("items", 1_000_000, "random items", lower_bound=1, flag_values=FLAGS)
_TOP = flags.DEFINE_integer("top", 100, "items to keep", lower_bound=1, flag_values=FLAGS)
_ROUNDS = flags.DEFINE_integer("rounds", 15, "times that each is measured, in turn", lower_bound=1, flag_values=FLAGS)
_STORAGE = flags.DEFINE_enum("storage", "float32", list(STORAGES), "how the index keeps embeddings", flag_values=FLAGS)
_SURFACE = flags.DEFINE_string(
    "surface", "", "surface of the request; by default the export's first", flag_values=FLAGS
)
_TOWER = flags.DEFINE_string("query_tower", "local", "local, grpc://HOST:PORT or http://HOST:PORT", flag_values=FLAGS)
_THREADS = flags.DEFINE_integer("threads", 0, "threads that scan; 0 takes one a core", lower_bound=0, flag_values=FLAGS)
_FOLDER = flags.DEFINE_string(
    "folder", "", "where the temporary index is written; it must fit in memory too", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Writes random embeddings to a temporary folder, measures in turn, prints medians."""
    del argv
    from mtmd_tf.benchmarks.scan_speed import measure_scan, write_random_embeddings
    from mtmd_tf.serving.ranking.ranker import Ranker
    from mtmd_tf.serving.specification import RankerSpec

    spec = RankerSpec.load(_EXPORT.value)
    with tempfile.TemporaryDirectory(dir=_FOLDER.value or None) as folder:
        write_random_embeddings(pathlib.Path(folder), spec, items=_ITEMS.value, storage=_STORAGE.value)
        ranker = Ranker(
            _EXPORT.value,
            folder,
            storage=_STORAGE.value,
            query_tower=_TOWER.value,
            threads=_THREADS.value or None,
        )
        surface = _SURFACE.value or spec.schema.surfaces[0]
        speed = measure_scan(ranker, surface=surface, top=_TOP.value, rounds=_ROUNDS.value)
    gigabytes = speed.bytes / 1e9
    print(f"{_ITEMS.value:,} items, {_STORAGE.value}, by {ranker.utility} on {surface}: {gigabytes:.2f} GB a request")
    print(f"memory, the same bytes added up   {gigabytes / speed.read_seconds:>8.1f} GB/s")
    print(f"exact top {_TOP.value:<5}                   {gigabytes / speed.scan_seconds:>8.1f} GB/s")
    print(f"share of the memory's bandwidth   {speed.share:>8.0%}")
    for part, seconds in speed.seconds.items():
        print(f"{part:<34}{1e3 * seconds:>8.2f} ms")
    print(f"{'end to end':<34}{1e3 * sum(speed.seconds.values()):>8.2f} ms")


if __name__ == "__main__":
    settings.run(main, FLAGS)
