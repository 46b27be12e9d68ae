"""Item embeddings of an older export, beside a newer query tower: for measuring what that costs, never for serving.

A ranker refuses them by their stamp. Here only their coordinates must be those of the query tower.
"""

import dataclasses
import pathlib

import numpy as np

from mtmd_tf.serving.embedding.reading import read_parts
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.specification import RankerSpec, ServingError


@dataclasses.dataclass(frozen=True, kw_only=True)
class Version:
    """All item embeddings of one folder.

    Attributes:
        folder: Folder of the embeddings.
        stamp: Stamp of the export that made them.
        embedding: `[items, width]` float32.
    """

    folder: pathlib.Path
    stamp: str
    embedding: np.ndarray
    _sorted_id: np.ndarray
    _order: np.ndarray

    @classmethod
    def read(cls, folder: str | pathlib.Path, spec: RankerSpec) -> "Version":
        """The embeddings of any export with the same coordinates as `spec`, whatever its stamp.

        Raises:
            ServingError: Incomplete or damaged embeddings, or other coordinates.
        """
        folder = pathlib.Path(folder)
        manifest = EmbeddingManifest.load(folder)
        own = {task.name: [task.coordinates.start, task.coordinates.stop] for task in spec.tasks}
        if manifest.tasks != own:
            raise ServingError(
                f"{folder} has the coordinates {manifest.tasks}, the query tower {own}; an older version has the same: "
                "of these no query tower can score, so embed all items with its own item tower before it is launched"
            )
        parts = list(read_parts(folder, manifest, stamp=manifest.stamp, products=spec.schema.products))
        ids = np.concatenate([np.empty(0, np.bytes_), *(part.item_id for part in parts)])
        order = np.argsort(ids, kind="stable")
        width = np.empty((0, spec.width), np.float32)
        return cls(
            folder=folder,
            stamp=manifest.stamp,
            embedding=np.concatenate([width, *(part.embedding for part in parts)]),
            _sorted_id=ids[order],
            _order=order,
        )

    def rows(self, item_id: np.ndarray) -> np.ndarray:
        """`[n]` int64 rows of items by their ids, `[n]` bytes; -1 for one that is not there."""
        if not len(self._order):
            return np.full(len(item_id), -1, np.int64)
        wanted = item_id.astype(np.bytes_)
        place = np.minimum(np.searchsorted(self._sorted_id, wanted), len(self._order) - 1)
        return np.where(self._sorted_id[place] == wanted, self._order[place], -1)


def mixed(embeddings: np.ndarray, numbers: np.ndarray) -> np.ndarray:
    """`[items, width]`: of `[versions, items, width]` each item's of the version that a number `[items]` falls to."""
    return embeddings[numbers % np.uint64(len(embeddings)), np.arange(embeddings.shape[1])]
