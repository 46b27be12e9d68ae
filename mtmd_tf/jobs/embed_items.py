"""Embeds every item of a data set with an exported item tower (paper section 2.2).

`python -m mtmd_tf.jobs.embed_items --export=exports/hf --data=data/adworld-labelled --out=embeddings/hf`
writes Parquet parts and, last, manifest.json. A run that was cut off goes on; a finished one does nothing.
"""

import time

from absl import flags

from mtmd_tf.jobs import settings


def main(argv: list[str]) -> None:
    """Reads the flags, embeds and says what the folder holds."""
    del argv
    started = time.perf_counter()
    from mtmd_tf.serving.embeddings import embed_items

    done = embed_items(_EXPORT.value, _DATA.value, _OUT.value, batch_items=_BATCH.value)
    counts = ", ".join(f"{count:,} {product}" for product, count in done.products.items())
    print(f"{_OUT.value}/ holds {done.items:,} items ({counts}), {done.width} coordinates each, stamp {done.stamp}.")
    print(f"Done in {time.perf_counter() - started:.0f} s.")


if __name__ == "__main__":
    _EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True)
    _DATA = flags.DEFINE_string("data", None, "data set whose items to embed", required=True)
    _OUT = flags.DEFINE_string("out", None, "folder of the embeddings", required=True)
    _BATCH = flags.DEFINE_integer("batch_items", 1024, "items embedded at once", lower_bound=1)
    settings.run(main)
