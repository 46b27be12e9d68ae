"""The item embeddings of an arm, in the order of the ads: as stored, or with a fault (docs/funnel.md)."""

import dataclasses
import pathlib

import numpy as np

from mtmd_tf.serving.embedding.reading import read_parts
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.ranking.storage import StoredTask
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.simulation.arms import Arm
from mtmd_tf.simulation.draws import hashed, key_of
from tfrecords_tools.sources.adworld.columns import identifiers
from tfrecords_tools.sources.adworld.names import PRODUCTS
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class ItemSide:
    """What queries are multiplied with.

    Attributes:
        tasks: `{task: embeddings}`.
        rows: `[ads]` the row of each ad in them.
    """

    tasks: dict[str, StoredTask]
    rows: np.ndarray

    def logits(self, queries: np.ndarray, task: str, candidate: np.ndarray) -> np.ndarray:
        """`[requests, candidates]` of queries `[requests, width of the task]`; all ads are multiplied at once."""
        every = self.tasks[task].logits(np.ascontiguousarray(queries), slice(0, len(self.rows)))
        return np.take_along_axis(every, self.rows[candidate], axis=1)


def item_side(arm: Arm, number: int, ranker: Ranker, world: World, *, corpus: str | None) -> ItemSide:
    """The item embeddings of one of an arm's exports.

    Args:
        arm: The arm.
        number: Place of the export among the arm's.
        ranker: The ranker of this export.
        world: The world whose ads are ranked.
        corpus: Fingerprint of the world's item corpus; None where there is no data set to compare with.

    Raises:
        ServingError: Embeddings of other ads, of other coordinates, or without such a feature.
    """
    export, embeddings = arm.exports[number]
    ids = identifiers("a", np.arange(len(world.ads)))
    for folder in (embeddings, *arm.faults.stale):
        _require_corpus(arm, folder, EmbeddingManifest.load(folder), ads=len(ids), corpus=corpus)
    if arm.faults.missing:
        found = _embed_without(arm, export, ranker.spec, world)
    elif arm.faults.stale:
        found = _mixture(arm, ranker.spec, ids)
    else:
        return ItemSide(tasks=ranker.items.tasks, rows=ranker.items.find([own.decode() for own in ids]))
    tasks = {
        task.name: StoredTask.of(np.ascontiguousarray(found[:, task.coordinates]), storage=arm.faults.storage)
        for task in ranker.spec.tasks
    }
    return ItemSide(tasks=tasks, rows=np.arange(len(ids)))


def _require_corpus(arm: Arm, folder: str, manifest: EmbeddingManifest, *, ads: int, corpus: str | None) -> None:
    if corpus is not None and manifest.data != corpus:
        raise ServingError(
            f"arm {arm.name!r}: {folder} was made of the item corpus {manifest.data}, this world's is {corpus}; embed "
            "the items of this world's data set"
        )
    if manifest.items != ads:
        raise ServingError(
            f"arm {arm.name!r}: {folder} holds {manifest.items} items, this world has {ads} ads; embed the items of "
            "this world's data set"
        )


def _mixture(arm: Arm, spec: RankerSpec, ids: np.ndarray) -> np.ndarray:
    """`[ads, width]`: each ad's embedding from one of the folders, chosen by its number."""
    versions = np.stack([_read(arm, folder, spec, ids) for folder in arm.faults.stale])
    ads = np.arange(len(ids))
    return versions[hashed(key_of(0, "version"), ads) % np.uint64(len(versions)), ads]


def _read(arm: Arm, folder: str, spec: RankerSpec, ids: np.ndarray) -> np.ndarray:
    """`[ads, width]` of any export with the same coordinates, whatever its stamp."""
    manifest = EmbeddingManifest.load(folder)
    own = {task.name: [task.coordinates.start, task.coordinates.stop] for task in spec.tasks}
    if manifest.tasks != own:
        raise ServingError(
            f"arm {arm.name!r}: {folder} has the coordinates {manifest.tasks}, the query tower {own}; an older version "
            "has the same"
        )
    parts = list(read_parts(pathlib.Path(folder), manifest, stamp=manifest.stamp, products=spec.schema.products))
    found = np.concatenate([part.item_id for part in parts])
    order = np.argsort(found)
    place = order[np.minimum(np.searchsorted(found[order], ids.astype(found.dtype)), len(found) - 1)]
    if not np.array_equal(found[place].astype(object), ids):
        raise ServingError(f"arm {arm.name!r}: {folder} lacks an ad of this world; embed this world's own items")
    return np.concatenate([part.embedding for part in parts])[place]


def _embed_without(arm: Arm, export: str, spec: RankerSpec, world: World) -> np.ndarray:
    """`[ads, width]` by the item tower, which finds one feature missing of every ad."""
    from mtmd_tf.serving.embedding.item_tower import ItemTower  # with TensorFlow
    from tfrecords_tools.examples import encode_items
    from tfrecords_tools.sources.adworld.build import corpus

    features = [feature.name for feature in SCHEMA.features_of("item")]
    if arm.faults.missing not in features:
        raise ServingError(f"arm {arm.name!r}: no item feature {arm.faults.missing!r}; there is {features}")
    items = corpus(world)
    mask = items.item_mask.copy()
    mask[:, features.index(arm.faults.missing)] = False
    records = list(encode_items(SCHEMA, dataclasses.replace(items, item_mask=mask)))
    tower, embedding = ItemTower(export, stamp=spec.stamp), np.zeros((len(records), spec.width), np.float32)
    for product in range(len(PRODUCTS)):
        rows = np.flatnonzero(items.product == product)
        embedding[rows], failures = tower.embed([records[row] for row in rows])
        if failures:
            raise ServingError(f"arm {arm.name!r}: {next(iter(failures.values()))}")
    return embedding
