"""Surfaces, products and slices with no or few rows."""

from collections.abc import Iterator

from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.printable import few
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_towers import without_features

_MOST = 0.7  # of the pairs in one day, of a training that needs two
_MANY = 20  # surfaces and products, from which on they are felt before the first step
_SECONDS_EACH, _GIGABYTES_EACH = 1.4, 0.036
_FEW = 100  # pairs of a slice, below which it is measured more than learned


def examine(manifest: Manifest, schema: Schema) -> Iterator[Finding]:
    """From the manifest alone."""
    yield from _uneven(manifest)
    for what, bare in without_features(schema).items():
        if bare:
            yield Finding(
                level=SERIOUS,
                about="schema",
                said=f"no feature can exist on the {what} {few(bare)}",
                advice="train.py refuses it for --architecture=mtmd: give it one, such as a category",
            )
    yield from _many(schema)
    for split in manifest.splits:
        slices = manifest.split(split)["slices"]
        if not manifest.requests(split):
            yield Finding(
                level=SERIOUS if split == "train" else LOOK,
                about="domains",
                said=f"{split} has no request",
                advice="cut the log elsewhere: convert --eval_from",
                weight=2.0,
            )
            continue
        pairs = {names: slices[names[0]][names[1]]["pairs"] for names in schema.slices}
        for side, place in (("surface", 0), ("product", 1)):
            names = schema.surfaces if side == "surface" else schema.products
            of = {name: sum(count for key, count in pairs.items() if key[place] == name) for name in names}
            if empty := [name for name, count in of.items() if not count]:
                yield Finding(
                    level=SERIOUS if split == "train" else LOOK,
                    about="domains",
                    said=f"{split} has no pair of the {side} {few(empty)}",
                    advice=f"an untrained {side} is exported and ranked all the same: repair the log, or leave it out "
                    "of the schema"
                    if split == "train"
                    else f"nothing is measured on this {side}: repair the log, or begin eval elsewhere",
                    weight=1.0,
                )
        rare = [f"{s} x {p} ({n:,})" for (s, p), n in pairs.items() if 0 < n < _FEW]
        if rare:
            yield Finding(
                level=NOTE,
                about="domains",
                said=f"{split} has fewer than {_FEW} pairs in {few(rare)}",
                advice="trust no measure of so few; they lean on what domains share",
                weight=len(rare) / len(pairs),
            )


def _many(schema: Schema) -> Iterator[Finding]:
    """Each domain's expert is its own part of the graph (docs/performance.md, "Many domains")."""
    domains = len(schema.surfaces) + len(schema.products)
    if domains >= _MANY:
        yield Finding(
            level=NOTE,
            about="domains",
            said=f"{len(schema.surfaces)} surfaces and {len(schema.products)} products: train.py makes an expert for "
            f"each, which takes about {_SECONDS_EACH * domains:.0f} s of processor time and "
            f"{_GIGABYTES_EACH * domains:.1f} GB before its first step, TensorFlow aside",
            advice="give domains that are alike one name, or compare --architecture=shared_bottom, whose start does "
            "not grow with them",
        )


def _uneven(manifest: Manifest) -> Iterator[Finding]:
    """The last part of train is held out of every training, however much it is."""
    days = manifest.days("train")
    pairs, last = manifest.pairs("train"), sum(shard.pairs for shard in manifest.shards("train", days=days[-1:]))
    finer = manifest.partition.next_finer
    if len(days) > 1 and last > _MOST * pairs:
        yield Finding(
            level=SERIOUS,
            about="domains",
            said=f"{days[-1]}, the last of {manifest.partition.words(len(days))} of train, has {last:,} of its "
            f"{pairs:,} pairs: a training holds it out and learns from {pairs - last:,}",
            advice=f"cut the log finer, by convert --partition={finer}, or begin eval sooner"
            if finer
            else "begin eval sooner",
            weight=1.0,
        )
