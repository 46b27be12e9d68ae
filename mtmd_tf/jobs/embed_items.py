"""Embeds every item of a data set with an exported item tower (paper section 2.2).

`python -m mtmd_tf.jobs.embed_items --export=exports/hf --data=data/adworld-labeled --out=embeddings/hf`
writes Parquet parts and, last, manifest.json. A run that was cut off goes on; a finished one does nothing.
"""

import time
from typing import TYPE_CHECKING

from absl import flags

from mtmd_tf.config import AuditConfig
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.serving.embedding.embeddings import Embedded


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data",
    None,
    "data set whose items to embed, or the folder that `python -m tfrecords_tools items` made of a catalog",
    required=True,
    flag_values=FLAGS,
)
_OUT = flags.DEFINE_string("out", None, "folder of the embeddings", required=True, flag_values=FLAGS)
_SINCE = flags.DEFINE_string(
    "since",
    None,
    "folder of previous embeddings of the same export: items that did not change are taken from it",
    flag_values=FLAGS,
)
_TOLERATE = flags.DEFINE_integer(
    "tolerate", 0, "items that may be left out because they fail", lower_bound=0, flag_values=FLAGS
)
_WORKERS = flags.DEFINE_integer(
    "workers",
    None,
    "processes here; by default one a core from 200,000 items on, else one",
    lower_bound=1,
    flag_values=FLAGS,
)
_BEAM = flags.DEFINE_string(
    "beam", "", "a cluster: arguments of a Beam pipeline, such as --runner=FlinkRunner", flag_values=FLAGS
)
_PART_ITEMS = flags.DEFINE_integer(
    "part_items", 8192, "most items of a part, the unit of work", lower_bound=1, flag_values=FLAGS
)
settings.define(AuditConfig, into=FLAGS)


def main(argv: list[str]) -> None:
    """Reads the flags, embeds and says what the folder holds and how fast it came."""
    del argv
    started, audit = time.perf_counter(), settings.read(AuditConfig, source=FLAGS)
    from mtmd_tf.serving.embedding.embeddings import embed_items

    done = embed_items(
        _EXPORT.value,
        _DATA.value,
        _OUT.value,
        since=_SINCE.value,
        tolerate=_TOLERATE.value,
        workers=_WORKERS.value,
        beam=_BEAM.value,
        part_items=_PART_ITEMS.value,
        audit=audit,
    )
    manifest = done.manifest
    counts = ", ".join(f"{count:,} {product}" for product, count in manifest.products.items())
    width = f"{manifest.width} coordinates each"
    print(f"{_OUT.value}/ holds {manifest.items:,} items ({counts}), {width}, stamp {manifest.stamp}.")
    if lost := sum(failure["items"] for failure in manifest.skipped):
        print(f"Left out: {lost:,} items; manifest.json names them.")
    if done.work:
        print(speed(done))
    print(f"Done in {time.perf_counter() - started:.0f} s.")


def speed(done: "Embedded") -> str:
    """What this run did and how fast, next to how fast its processes multiply matrices, measured beside the work."""
    items, embedded, flops = (done.total(name) for name in ("items", "embedded", "flops"))
    text = (
        f"{items:,} items in this run, {done.total('taken'):,} taken over, {embedded:,} through the tower: "
        f"{items / done.seconds:,.0f} items/s end to end, from records to Parquet."
    )
    if not embedded:
        return text
    seconds = done.total("tower_seconds") / done.processes
    return (
        f"{text}\nThe tower's part: {embedded / seconds:,.0f} items/s on {_processes(done.processes)}, "
        f"{flops / embedded / 1e6:.1f} MFLOP an item; {flops / seconds / 1e9:,.0f} of the "
        f"{done.throughput / 1e9:,.0f} GFLOP/s reached in float32 matrix products: "
        f"{flops / seconds / done.throughput:.0%}, end to end {flops / done.seconds / done.throughput:.0%}."
    )


def _processes(count: int) -> str:
    return "one process" if count == 1 else f"{count} processes"


if __name__ == "__main__":
    settings.run(main, FLAGS)
