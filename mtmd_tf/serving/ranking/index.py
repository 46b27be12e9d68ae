"""The item embeddings as a scoring index: memory-mapped, one array a task, items in order (paper section 2.2).

    EMBEDDINGS/index/float32/index.json      stamp, items of each product, checksums; a digest of itself
    EMBEDDINGS/index/float32/item_id.npy     `[items]` bytes
    EMBEDDINGS/index/float32/ctr.npy         `[items, width of the task]`; other storages: more files (`storage.py`)
    EMBEDDINGS/index/float32/items.parquet   features of the items
    EMBEDDINGS/index/float32/checksums.npz   of every block of 1,024 rows, verified before its first use

Items are sorted by product, then by id: a filter by product is a range of rows, an item is found by bisection, and the
earlier of two rows of a product has the smaller id. It is made of the Parquet parts where it is missing or older.
"""

import dataclasses
import pathlib
import zipfile
import zlib
from collections.abc import Sequence

import numpy as np

from mtmd_tf.config import STORAGES
from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.stored import EmbeddingManifest, require_fresh
from mtmd_tf.serving.ranking.building import CHECKSUMS, FILE_NAME, ITEM_ID, build, made_of
from mtmd_tf.serving.ranking.item_table import FILE_NAME as TABLE
from mtmd_tf.serving.ranking.item_table import ItemTable
from mtmd_tf.serving.ranking.mapped import map_array
from mtmd_tf.serving.ranking.storage import StoredTask
from mtmd_tf.serving.rows import utf8
from mtmd_tf.serving.specification import RankerSpec, ServingError
from tfrecords_tools.digests import read_object, require_intact

FOLDER = "index"
_REMOVE = "delete the folder, and it is made again"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoringIndex:
    """All item embeddings of one export, mapped into memory.

    Attributes:
        folder: Folder of the index.
        stamp: Stamp of the export that made them.
        storage: `float32`, `bfloat16` or `int8`.
        rows: `{product: its range of rows}`.
        item_id: `[items]` bytes, sorted within each product.
        tasks: `{task: its embeddings}`.
        table: The items' features.
    """

    folder: pathlib.Path
    stamp: str
    storage: str
    rows: dict[str, slice]
    item_id: np.ndarray
    tasks: dict[str, StoredTask]
    table: ItemTable

    @classmethod
    def open(cls, embeddings: str | pathlib.Path, *, spec: RankerSpec, storage: str = "float32") -> "ScoringIndex":
        """The index of a folder of embeddings, made first where it is missing or of older embeddings.

        Raises:
            ServingError: Incomplete embeddings, those of another export (it names both stamps), an unknown storage.
        """
        if storage not in STORAGES:
            raise ServingError(f"no storage {storage!r}; it is one of {list(STORAGES)}")
        embeddings = pathlib.Path(embeddings)
        manifest = EmbeddingManifest.load(embeddings)
        require_fresh(embeddings, manifest.stamp, spec.stamp)
        folder = embeddings / FOLDER / storage
        if _written(folder) != made_of(manifest, storage):
            build(embeddings, manifest, folder, spec=spec, storage=storage)
        return cls.load(folder, spec=spec)

    @classmethod
    def load(cls, folder: pathlib.Path, *, spec: RankerSpec) -> "ScoringIndex":
        """Maps a finished index.

        Raises:
            ServingError: It is of another export (it names both stamps), edited or damaged.
        """
        plain = read_object(folder / FILE_NAME, raises=ServingError, rule=_REMOVE)
        require_intact(plain, folder / FILE_NAME, raises=ServingError, rule=_REMOVE)
        require_fresh(folder, plain["made_of"]["stamp"], spec.stamp)
        storage, checksums = plain["storage"], _read_checksums(folder / CHECKSUMS)
        items = plain["items"]
        item_id = map_array(folder / ITEM_ID, dtype=plain["item_id_type"], shape=(items,), rule=_REMOVE)
        if checksum(item_id) != plain["item_id"]:
            raise ServingError(f"{folder / ITEM_ID} is damaged; {_REMOVE}")
        return cls(
            folder=folder,
            stamp=spec.stamp,
            storage=storage,
            rows={product: slice(*bounds) for product, bounds in plain["rows"].items()},
            item_id=item_id,
            tasks={
                task.name: StoredTask.open(
                    folder,
                    task.name,
                    storage=storage,
                    items=items,
                    width=task.width,
                    checksums=checksums,
                    rule=_REMOVE,
                )
                for task in spec.tasks
            },
            table=ItemTable(folder / TABLE, footer=plain["items_footer"], rule=_REMOVE),
        )

    @property
    def items(self) -> int:
        """How many there are."""
        return len(self.item_id)

    def products_of(self, rows: np.ndarray) -> list[str]:
        """`[n]` rows to the products of these rows, a list of `n` names."""
        names = list(self.rows)
        stops = np.array([self.rows[name].stop for name in names])
        return [names[place] for place in np.searchsorted(stops, rows, side="right")]

    def by_product(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """`[n]` rows to `{product: [its rows] int64}`, where each product stands among the `n`."""
        return {product: np.flatnonzero((rows >= own.start) & (rows < own.stop)) for product, own in self.rows.items()}

    def find(self, item_ids: Sequence[str]) -> np.ndarray:
        """`[len(item_ids)]` rows.

        Raises:
            ServingError: An item that has no embedding; it names it.
        """
        wanted = np.array([utf8(item, what="an item id") for item in item_ids], dtype=np.bytes_)
        found = np.full(len(wanted), -1, np.int64)
        for rows in self.rows.values():
            own = self.item_id[rows]
            if len(own):
                place = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
                found = np.where(own[place] == wanted, rows.start + place, found)
        found[[item.endswith("\0") for item in item_ids]] = -1  # NumPy drops the zero, and no item's id ends in one
        if (found < 0).any():
            raise ServingError(f"no embedding of item {item_ids[int(found.argmin())]!r} among {self.items} items")
        return found


def _written(folder: pathlib.Path) -> dict | None:
    path = folder / FILE_NAME
    return read_object(path, raises=ServingError, rule=_REMOVE).get("made_of") if path.exists() else None


def _read_checksums(path: pathlib.Path) -> dict[str, np.ndarray]:
    try:
        with np.load(path) as file:  # a zip file, which has a checksum of its own of each array
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
        raise ServingError(f"{path} is missing or damaged; {_REMOVE}") from error
