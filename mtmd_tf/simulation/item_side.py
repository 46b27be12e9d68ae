"""The item embeddings of an arm, in the order of the ads: as stored, or with a fault (docs/funnel.md)."""

import dataclasses
from collections.abc import Mapping

import numpy as np

from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.embedding.versions import Version, mixed
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

    Candidates are listed, so a `Ranker` scores them as finely as its storage keeps them: int8 by both digits.

    Attributes:
        tasks: `{task: [items, width]}` float32, as the storage has kept them.
        rows: `[ads]` the row of each ad in them.
    """

    tasks: dict[str, np.ndarray]
    rows: np.ndarray

    @classmethod
    def of(cls, stored: Mapping[str, StoredTask], rows: np.ndarray) -> "ItemSide":
        """Of the stored embeddings of each task, of as many items as there are `rows`."""
        every = slice(0, len(rows))
        return cls(tasks={task: own.embedding(every) for task, own in stored.items()}, rows=rows)

    def logits(self, queries: np.ndarray, task: str, candidate: np.ndarray) -> np.ndarray:
        """`[requests, candidates]` of queries `[requests, width of the task]`; all ads are multiplied at once."""
        every = np.ascontiguousarray(queries) @ self.tasks[task].T
        return np.take_along_axis(every, self.rows[candidate], axis=1)


def item_side(arm: Arm, number: int, ranker: Ranker, world: World, *, corpus: str | None) -> ItemSide:
    """The item embeddings of one of an arm's exports.

    Args:
        arm: The arm.
        number: Index of the export among those of the arm's.
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
        return ItemSide.of(ranker.items.tasks, ranker.items.find([own.decode() for own in ids]))
    stored = {
        task.name: StoredTask.of(np.ascontiguousarray(found[:, task.coordinates]), storage=arm.faults.storage)
        for task in ranker.spec.tasks
    }
    return ItemSide.of(stored, np.arange(len(ids)))


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
    return mixed(versions, hashed(key_of(0, "version"), np.arange(len(ids))))


def _read(arm: Arm, folder: str, spec: RankerSpec, ids: np.ndarray) -> np.ndarray:
    """`[ads, width]` of any export with the same coordinates, whatever its stamp."""
    try:
        version = Version.read(folder, spec)
    except ServingError as error:
        raise ServingError(f"arm {arm.name!r}: {error}") from error
    rows = version.rows(ids)
    if (rows < 0).any():
        raise ServingError(f"arm {arm.name!r}: {folder} lacks an ad of this world; embed this world's own items")
    return version.embedding[rows]


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
