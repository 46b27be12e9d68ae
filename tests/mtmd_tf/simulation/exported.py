"""A small model of the ad world's schema, exported, and the embeddings of the small world's ads."""

import dataclasses
import functools
import pathlib

import numpy as np

from mtmd_tf.exporting.export import export
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.embeddings import embed_items
from tests.made_once import made_once
from tests.mtmd_tf.serving.world import NARROW
from tfrecords_tools.sources import adworld
from tfrecords_tools.sources.adworld.schema import SCHEMA


@dataclasses.dataclass(frozen=True, kw_only=True)
class Exported:
    """Folders of a data set of the small world, an export and its embeddings."""

    data: pathlib.Path
    exports: pathlib.Path
    embeddings: pathlib.Path

    @property
    def pair(self) -> str:
        """As an arm names them."""
        return f"{self.exports}:{self.embeddings}"


@functools.cache
def make_exported(base: pathlib.Path) -> Exported:
    """`base` is this worker's temporary folder."""
    folder = made_once(base, "simulated", _make)
    return Exported(**{name: folder / name for name in ("data", "exports", "embeddings")})


def _make(folder: pathlib.Path) -> None:
    """Weights are noise, so that ads differ, and every task has its own."""
    model = TwoTowerModel(SCHEMA, config=dataclasses.replace(NARROW, architecture="shared_bottom"), seed=1)
    model.make_variables()
    random = np.random.default_rng(1)
    for variable in (*model.query_tower.weights, *model.item_tower.weights):
        variable.assign_add(random.uniform(-0.1, 0.15, variable.shape).astype(np.float32))
    adworld.build(folder / "data", requests=600, seed=3, candidates=20, days=6)
    export(model, folder / "exports")
    embed_items(folder / "exports", folder / "data", folder / "embeddings", workers=1)
