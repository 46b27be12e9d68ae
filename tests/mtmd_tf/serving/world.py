"""A small model whose every weight is its own, its export, and its items' embeddings."""

import dataclasses
import functools
import pathlib
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from mtmd_tf.config import ModelConfig
from mtmd_tf.exporting.export import export
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.embeddings import embed_items
from tests.made_once import made_once
from tests.tfrecords_tools.test_shards import write_tiny
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.manifest import Manifest

NARROW = ModelConfig(
    dim=4,
    deep_units=(8,),
    shallow_units=(4,),
    router_units=(8,),
    root_embedding=8,
    child_embedding=4,
    cross_projection=4,
    unconstrained_surfaces=("search",),
)


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """What a session of tests shares and does not change."""

    model: TwoTowerModel
    data: pathlib.Path
    exports: pathlib.Path
    embeddings: pathlib.Path


@functools.cache
def make_world(base: pathlib.Path) -> World:
    """For the tests of serving and of its jobs; `base` is this worker's temporary folder."""
    return _world(base, "serving", small_model())


@functools.cache
def make_world_with_term(base: pathlib.Path) -> World:
    """The same of a model that scores by `cross/seen` too."""
    return _world(base, "serving_with_term", small_model(score_features=("cross/seen",)))


def _world(base: pathlib.Path, name: str, model: TwoTowerModel) -> World:
    def make(folder: pathlib.Path) -> None:
        write_tiny(folder / "data")
        export(model, folder / "exports")
        embed_items(folder / "exports", folder / "data", folder / "embeddings", workers=1)

    folder = made_once(base, name, make)
    return World(model=model, **{part: folder / part for part in ("data", "exports", "embeddings")})


def small_model(*, seed: int = 1, architecture: str = "mtmd", score_features: tuple[str, ...] = ()) -> TwoTowerModel:
    """Of the tiny schema; no weight is left at its initial 0 or 1, so that a dropped one shows."""
    config = dataclasses.replace(NARROW, architecture=architecture, score_features=score_features)
    model = TwoTowerModel(tiny_schema(), config=config, seed=seed)
    model.make_variables()
    random = np.random.default_rng(seed)
    term = model.cross_term.weights if model.cross_term else []
    for variable in (*model.query_tower.weights, *model.item_tower.weights, *term):
        noise = random.uniform(0.02, 0.15, variable.shape).astype(np.float32)
        variable.assign_add(noise)
    return model


def rewrite_items(data: pathlib.Path, shards: Sequence[Sequence[bytes]], *, count: int | None = None) -> None:
    """Gives a data set other item shards; `count` is what its manifest says of the items, by default the truth."""
    manifest, entries = Manifest.load(data), []
    for number, records in enumerate(shards):
        path = data / "items" / f"part-{number:05d}-of-{len(shards):05d}.tfrecord"
        with tf.io.TFRecordWriter(str(path)) as writer:
            for record in records:
                writer.write(record)
        size = path.stat().st_size
        entries.append({"path": str(path.relative_to(data)), "items": len(records), "bytes": size})
    items = manifest.items | {"shards": entries, "items": sum(map(len, shards)) if count is None else count}
    dataclasses.replace(manifest, items=items).write()
