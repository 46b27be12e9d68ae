"""Builds a scoring index from the item embeddings; it appears complete or not at all (paper section 2.2)."""

import contextlib
import json
import os
import pathlib
import shutil
from collections.abc import Iterable

import numpy as np
import pyarrow as pa

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.reading import read_parts
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.ranking.item_table import FILE_NAME as TABLE
from mtmd_tf.serving.ranking.item_table import write_item_table
from mtmd_tf.serving.ranking.mapped import map_new
from mtmd_tf.serving.ranking.storage import StoredTask
from mtmd_tf.serving.specification import RankerSpec
from tfrecords_tools.digests import with_digest
from tfrecords_tools.files import about, folder_beside, write_text

FILE_NAME = "index.json"
FORMATS = {"float32": 2, "bfloat16": 2, "int8": 3}
ITEM_ID, CHECKSUMS = "item_id.npy", "checksums.npz"


def write_index(
    folder: pathlib.Path,
    *,
    spec: RankerSpec,
    storage: str,
    manifest: EmbeddingManifest,
    item_id: np.ndarray,
    product: np.ndarray,
    embeddings: Iterable[np.ndarray],
    features: pa.Table | None = None,
) -> None:
    """Writes an index beside its folder, then moves it there whole.

    Args:
        folder: Folder of the index; an index there is replaced.
        spec: Tasks and products.
        storage: Storage of the embeddings, one of `STORAGES`.
        manifest: Manifest of the embeddings; the index is made again when it changes.
        item_id: Ids of the items, `[items]` bytes.
        product: `[items]`, index into the schema's products.
        embeddings: `[some items, width]` float32, together those of all items, in the order of `item_id`.
        features: A row an item, in the same order; None for none.

    Raises:
        OSError: What the file system refuses; it names the folder where the system names none.
    """
    order = np.lexsort((item_id, product))
    row_of = np.empty_like(order)
    row_of[order] = np.arange(len(order))
    stops = np.cumsum(np.bincount(product, minlength=len(spec.schema.products))).tolist()
    rows = dict(zip(spec.schema.products, zip([0, *stops], stops, strict=False), strict=True))
    temporary = folder_beside(folder, alone=False)  # another process may make the same
    with contextlib.ExitStack() as stack:
        stack.callback(shutil.rmtree, temporary, ignore_errors=True)
        stack.enter_context(about(folder))
        ordered = map_new(temporary / ITEM_ID, dtype=item_id.dtype, shape=item_id.shape)
        ordered[...] = item_id[order]
        table = pa.table({}) if features is None else features.take(pa.array(order))
        sizes = {
            "storage": storage,
            "items": len(order),
            "item_id": checksum(ordered),
            "item_id_type": ordered.dtype.str,
        }
        sizes["items_footer"] = write_item_table(temporary / TABLE, table)
        files = {
            task.name: StoredTask.allocate(temporary, task.name, storage=storage, items=len(order), width=task.width)
            for task in spec.tasks
        }
        first = 0
        for embedding in embeddings:
            own = row_of[first : first + len(embedding)]
            for task in spec.tasks:
                files[task.name].write(own, embedding[:, task.coordinates])
            first += len(embedding)
        np.savez(temporary / CHECKSUMS, **{k: v for name, own in files.items() for k, v in own.checksums(name).items()})
        plain = with_digest({"made_of": made_of(manifest, storage), **sizes, "rows": rows})
        write_text(temporary / FILE_NAME, json.dumps(plain, indent=1) + "\n")
        _publish(temporary, folder)


def build(
    embeddings: pathlib.Path,
    manifest: EmbeddingManifest,
    folder: pathlib.Path,
    *,
    spec: RankerSpec,
    storage: str,
) -> None:
    """Makes the index of a folder of embeddings.

    Raises:
        ServingError: Parts of another export, missing or damaged.
    """
    names = list(read_parts(embeddings, manifest, stamp=spec.stamp, products=spec.schema.products, embedding=False))
    write_index(
        folder,
        spec=spec,
        storage=storage,
        manifest=manifest,
        item_id=np.concatenate([np.zeros(0, np.bytes_), *(part.item_id for part in names)]),
        product=np.concatenate([np.zeros(0, np.int32), *(part.product for part in names)]),
        features=pa.concat_tables([part.features for part in names]) if names else None,
        embeddings=(
            part.embedding for part in read_parts(embeddings, manifest, stamp=spec.stamp, products=spec.schema.products)
        ),
    )


def _publish(temporary: pathlib.Path, folder: pathlib.Path) -> None:
    old = temporary.with_name(f"{temporary.name}.old")
    if folder.exists():
        os.rename(folder, old)  # who has it mapped keeps it
    try:
        os.rename(temporary, folder)
    except OSError:
        if not (folder / FILE_NAME).exists():  # else another process made the same index meanwhile
            raise
    shutil.rmtree(old, ignore_errors=True)


def made_of(manifest: EmbeddingManifest, storage: str) -> dict:
    """What an index must be made again for, when it changes."""
    return {"format": FORMATS[storage], "stamp": manifest.stamp, "data": manifest.data, "parts": manifest.parts}
