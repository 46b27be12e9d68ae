"""The ad world that a data set was made of (docs/adr/0034)."""

import pathlib

from mtmd_tf.serving.embedding.parts import fingerprint, plan_parts
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.distance import AS_IS, distance_named
from tfrecords_tools.sources.adworld.world import World

_SIZES = ("seed", "requests", "candidates", "days")


def world_of(folder: str | pathlib.Path) -> World:
    """The world of an ad world's data set, raw or labeled, made again from the arguments in its manifest.

    Raises:
        DataError: The data set is of another source.
    """
    source = Manifest.load(folder).source
    if source.get("name") != "adworld":
        raise DataError(
            f"{folder} is of the source {source.get('name')!r}; a simulation needs the world that made the data: "
            "build one with python -m tfrecords_tools build adworld"
        )
    arguments = source["arguments"]
    return World.make(
        **{name: arguments[name] for name in _SIZES},
        distance=distance_named(arguments.get("domain_distance", AS_IS)),
    )


def corpus_of(folder: str | pathlib.Path) -> str:
    """The fingerprint of a data set's item corpus, which embeddings of its items carry.

    Raises:
        DataError: A shard of items that is missing or not as the manifest describes.
    """
    manifest = Manifest.load(folder)
    return fingerprint(manifest, plan_parts(manifest, pathlib.Path(folder)))
