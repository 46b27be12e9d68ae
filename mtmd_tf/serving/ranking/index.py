"""The item embeddings as a scoring index: memory-mapped, one array a task, items in order (paper section 2.2).

    EMBEDDINGS/index/float32/index.json     stamp, items of each product
    EMBEDDINGS/index/float32/item_id.npy    `[items]` bytes
    EMBEDDINGS/index/float32/ctr.npy        `[items, width of the task]`

Items are sorted by product, then by id: a filter by product is a range of rows, an item is found by bisection, and the
earlier of two rows of a product has the smaller id. It is made of the Parquet parts where it is missing or older.
"""

import dataclasses
import json
import os
import pathlib
import shutil
import tempfile
from collections.abc import Iterable, Sequence

import numpy as np

from mtmd_tf.config import STORAGES
from mtmd_tf.serving.embedding.stored import EmbeddingManifest, read_parts, require_stamp
from mtmd_tf.serving.ranking.storage import StoredTask
from mtmd_tf.serving.specification import RankerSpec, ServingError, read_json
from tfrecords_tools.files import write_text

FOLDER = "index"
FILE_NAME = "index.json"
FORMAT = 1
_ITEM_ID = "item_id.npy"
_REMOVE = "delete the folder, and it is made again"


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScoringIndex:
    """All item embeddings of one export, mapped into memory.

    Attributes:
        folder: Where it lies.
        stamp: Of the export that made them.
        storage: `float32`, `bfloat16` or `int8`.
        rows: `{product: its range of rows}`.
        item_id: `[items]` bytes, sorted within each product.
        tasks: `{task: its embeddings}`.
    """

    folder: pathlib.Path
    stamp: str
    storage: str
    rows: dict[str, slice]
    item_id: np.ndarray
    tasks: dict[str, StoredTask]

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
        require_stamp(embeddings, manifest.stamp, spec.stamp)
        folder = embeddings / FOLDER / storage
        if _written(folder) != made_of(manifest):
            _build(embeddings, manifest, folder, spec=spec, storage=storage)
        return cls.load(folder, spec=spec)

    @classmethod
    def load(cls, folder: pathlib.Path, *, spec: RankerSpec) -> "ScoringIndex":
        """Maps a finished index.

        Raises:
            ServingError: It is of another export; it names both stamps.
        """
        plain = read_json(folder / FILE_NAME, rule=_REMOVE)
        require_stamp(folder, plain["made_of"]["stamp"], spec.stamp)
        storage = plain["storage"]
        return cls(
            folder=folder,
            stamp=spec.stamp,
            storage=storage,
            rows={product: slice(*bounds) for product, bounds in plain["rows"].items()},
            item_id=np.asarray(np.load(folder / _ITEM_ID, mmap_mode="r")),
            tasks={task.name: StoredTask.open(folder, task.name, storage=storage) for task in spec.tasks},
        )

    @property
    def items(self) -> int:
        """How many there are."""
        return len(self.item_id)

    def products_of(self, rows: np.ndarray) -> list[str]:
        """The product of each row."""
        names = list(self.rows)
        stops = np.array([self.rows[name].stop for name in names])
        return [names[place] for place in np.searchsorted(stops, rows, side="right")]

    def by_product(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """`{product: the places in `rows` of its rows}`."""
        return {product: np.flatnonzero((rows >= own.start) & (rows < own.stop)) for product, own in self.rows.items()}

    def find(self, item_ids: Sequence[str]) -> np.ndarray:
        """`[len(item_ids)]` rows.

        Raises:
            ServingError: An item that has no embedding; it names it.
        """
        wanted = np.array([item.encode() for item in item_ids], dtype=np.bytes_)
        found = np.full(len(wanted), -1, np.int64)
        for rows in self.rows.values():
            own = self.item_id[rows]
            if len(own):
                place = np.minimum(np.searchsorted(own, wanted), len(own) - 1)
                found = np.where(own[place] == wanted, rows.start + place, found)
        if (found < 0).any():
            raise ServingError(f"no embedding of item {item_ids[int(found.argmin())]!r} among {self.items} items")
        return found


def write_index(
    folder: pathlib.Path,
    *,
    spec: RankerSpec,
    storage: str,
    manifest: EmbeddingManifest,
    item_id: np.ndarray,
    product: np.ndarray,
    embeddings: Iterable[np.ndarray],
) -> None:
    """Writes an index beside its place, then moves it there whole.

    Args:
        folder: Its place; an index there is replaced.
        spec: Tasks and products.
        storage: One of `STORAGES`.
        manifest: Of the embeddings; the index is made again when it changes.
        item_id: `[items]` bytes.
        product: `[items]`, index into the schema's products.
        embeddings: `[some items, width]` float32, together those of all items, in the order of `item_id`.
    """
    order = np.lexsort((item_id, product))
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    stops = np.cumsum(np.bincount(product, minlength=len(spec.schema.products))).tolist()
    rows = dict(zip(spec.schema.products, zip([0, *stops], stops, strict=False), strict=True))
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = pathlib.Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        np.save(temporary / _ITEM_ID, item_id[order])
        sizes = {"storage": storage, "items": len(order)}
        files = {
            task.name: StoredTask.allocate(temporary, task.name, storage=storage, items=len(order), width=_width(task))
            for task in spec.tasks
        }
        first = 0
        for embedding in embeddings:
            own = row_of[first : first + len(embedding)]
            for task in spec.tasks:
                files[task.name].write(own, embedding[:, task.coordinates])
            first += len(embedding)
        plain = {"made_of": made_of(manifest), **sizes, "rows": rows}
        write_text(temporary / FILE_NAME, json.dumps(plain, indent=1) + "\n")
        _publish(temporary, folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _build(
    embeddings: pathlib.Path,
    manifest: EmbeddingManifest,
    folder: pathlib.Path,
    *,
    spec: RankerSpec,
    storage: str,
) -> None:
    names = list(read_parts(embeddings, manifest, stamp=spec.stamp, products=spec.schema.products, embedding=False))
    write_index(
        folder,
        spec=spec,
        storage=storage,
        manifest=manifest,
        item_id=np.concatenate([np.zeros(0, np.bytes_), *(part.item_id for part in names)]),
        product=np.concatenate([np.zeros(0, np.int32), *(part.product for part in names)]),
        embeddings=(
            part.embedding for part in read_parts(embeddings, manifest, stamp=spec.stamp, products=spec.schema.products)
        ),
    )


def _publish(temporary: pathlib.Path, folder: pathlib.Path) -> None:
    temporary.chmod(0o755)  # mkdtemp's folder is its maker's alone
    old = temporary.with_name(f"{temporary.name}.old")
    if folder.exists():
        os.rename(folder, old)  # who has it mapped keeps it
    try:
        os.rename(temporary, folder)
    except OSError:
        if not (folder / FILE_NAME).exists():  # else another process made the same index meanwhile
            raise
    shutil.rmtree(old, ignore_errors=True)


def made_of(manifest: EmbeddingManifest) -> dict:
    """What an index must be made again for, when it changes."""
    return {"format": FORMAT, "stamp": manifest.stamp, "data": manifest.data, "parts": manifest.parts}


def _written(folder: pathlib.Path) -> dict | None:
    path = folder / FILE_NAME
    return read_json(path, rule=_REMOVE).get("made_of") if path.exists() else None


def _width(task) -> int:
    return task.coordinates.stop - task.coordinates.start
