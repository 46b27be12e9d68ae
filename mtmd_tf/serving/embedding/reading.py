"""Reads the item embeddings part by part, and checks each against the manifest (paper section 2.2)."""

import dataclasses
import json
import pathlib
from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from mtmd_tf.serving.embedding.part_files import METADATA_KEY, read_part
from mtmd_tf.serving.embedding.stored import EmbeddingManifest, require_fresh
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.printable import listed

_NAMES = ["item_id", "product"]


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredEmbeddings:
    """The embeddings of one part, in memory.

    Attributes:
        item_id: `[items]` bytes, of one length: a million Python strings would cost more than their embeddings.
        product: `[items]` int32, index into the products given.
        embedding: `[items, width]` float32; width 0 where they were not asked for.
        features: `item/<feature>` a column; none where the embeddings were asked for.
    """

    item_id: np.ndarray
    product: np.ndarray
    embedding: np.ndarray
    features: pa.Table


def read_parts(
    folder: pathlib.Path,
    manifest: EmbeddingManifest,
    *,
    stamp: str,
    products: tuple[str, ...],
    embedding: bool = True,
) -> Iterator[StoredEmbeddings]:
    """Part after part, one in memory: all of it is verified, and its embeddings read or else its features.

    Raises:
        ServingError: Made by another export (it names both stamps), or not what the manifest says.
    """
    require_fresh(folder, manifest.stamp, stamp)
    for part in manifest.parts:
        path = folder / part["path"]
        columns = [*_NAMES, "embedding"] if embedding else None
        table = read_part(path, columns, wanted=part["checksum"], without=["embedding", "fingerprint"])
        require_fresh(path, json.loads(table.schema.metadata[METADATA_KEY])["stamp"], stamp)
        if len(table) != part["items"]:
            raise ServingError(f"{path} holds {len(table)} items, the manifest says {part['items']}")
        flat = [chunk.flatten().to_numpy() for chunk in table["embedding"].chunks] if embedding else []
        product = pc.index_in(table["product"], pa.array(products, pa.string()))
        if product.null_count:
            unknown = table["product"].filter(product.is_null())[0].as_py()
            raise ServingError(f"{path}: no product {unknown!r}; the export has {listed(products)}")
        yield StoredEmbeddings(
            item_id=_to_bytes(table["item_id"], path),
            product=product.to_numpy().astype(np.int32),
            embedding=np.concatenate([np.empty(0, np.float32), *flat]).reshape(
                len(table), manifest.width if embedding else 0
            ),
            features=table.select(
                [name for name in table.column_names if name.startswith("item/")]
            ).replace_schema_metadata(None),
        )


def _to_bytes(column: pa.ChunkedArray, path: pathlib.Path) -> np.ndarray:
    texts = column.cast(pa.binary()).to_pylist()
    item_id = np.array(texts, dtype=np.bytes_)
    if item_id.tolist() != texts:
        wrong = next(text for text, kept in zip(texts, item_id.tolist(), strict=True) if text != kept)
        raise ServingError(f"{path}: item {wrong!r}: an id must not end in a zero byte")
    return item_id
