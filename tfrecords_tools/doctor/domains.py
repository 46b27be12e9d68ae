"""Surfaces, products and slices with no or few rows."""

from collections.abc import Iterator

from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding, named
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_towers import without_features

_FEW = 100  # pairs of a slice, below which it is measured more than learned


def examine(manifest: Manifest, schema: Schema) -> Iterator[Finding]:
    """From the manifest alone."""
    for what, bare in without_features(schema).items():
        if bare:
            yield Finding(
                level=SERIOUS,
                about="schema",
                said=f"no feature can exist on the {what} {named(bare)}",
                advice="train.py refuses it for --architecture=mtmd: give it one, such as a category",
            )
    for split in manifest.splits:
        slices = manifest.splits[split]["slices"]
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
                    said=f"{split} has no pair of the {side} {named(empty)}",
                    advice=f"an untrained {side} is exported and ranked all the same: repair the log, or leave it out "
                    "of the schema",
                    weight=1.0,
                )
        few = [f"{s} x {p} ({n:,})" for (s, p), n in pairs.items() if 0 < n < _FEW]
        if few:
            yield Finding(
                level=NOTE,
                about="domains",
                said=f"{split} has fewer than {_FEW} pairs in {named(few)}",
                advice="trust no measure of so few; they lean on what domains share",
                weight=len(few) / len(pairs),
            )
