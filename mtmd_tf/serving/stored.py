"""The item embeddings on disk: Parquet parts and a manifest written last (paper section 2.2).

One row an item: `item_id` text, `product` text, `embedding` a fixed-size list of float32, all tasks side by side as the
towers' `embedding` output. The stamp is in the manifest and in the metadata of every part.
"""

import dataclasses
import json
import pathlib
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.manifest import write_text

FILE_NAME = "manifest.json"
FORMAT = 1
METADATA_KEY = b"mtmd_tf"


@dataclasses.dataclass(frozen=True, kw_only=True)
class EmbeddingManifest:
    """What a complete folder of embeddings holds.

    Attributes:
        stamp: Of the export whose item tower made them.
        data: Fingerprint of the data set's item corpus.
        width: Coordinates of an embedding.
        items: How many there are.
        products: `{product: items}`.
        parts: `{"path", "items"}` of each file, in order.
    """

    stamp: str
    data: str
    width: int
    items: int
    products: dict[str, int]
    parts: list[dict[str, Any]]

    @classmethod
    def load(cls, folder: str | pathlib.Path) -> "EmbeddingManifest":
        """Reads the manifest of a folder.

        Raises:
            ServingError: There is none, so the embeddings are incomplete; or another format.
        """
        path = pathlib.Path(folder) / FILE_NAME
        if not path.exists():
            raise ServingError(
                f"{folder} holds no {FILE_NAME}: incomplete embeddings; run python -m mtmd_tf.jobs.embed_items"
            )
        plain = json.loads(path.read_text())
        if plain.pop("format", None) != FORMAT:
            raise ServingError(f"{path}: this version reads format {FORMAT} only; embed the items again")
        return cls(**plain)

    def write(self, folder: pathlib.Path) -> None:
        """Writes the manifest, which makes the embeddings complete."""
        write_text(folder / FILE_NAME, json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=1) + "\n")


def part_schema(*, width: int, stamp: str, data: str, shard: str) -> pa.Schema:
    """A part's columns, and in its metadata what it was made of."""
    made_of = json.dumps({"stamp": stamp, "data": data, "shard": shard, "width": width}, sort_keys=True)
    columns = [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("product", pa.string(), nullable=False),
        pa.field("embedding", pa.list_(pa.field("element", pa.float32(), nullable=False), width), nullable=False),
    ]
    return pa.schema(columns, metadata={METADATA_KEY: made_of.encode()})


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredEmbeddings:
    """All embeddings, in memory.

    Attributes:
        stamp: Of the export that made them.
        item_id: `[items]` text, an Arrow column: a million Python strings would cost more than their embeddings.
        product: `[items]` int32, index into the products given to `load`.
        embedding: `[items, width]` float32.
    """

    stamp: str
    item_id: pa.ChunkedArray
    product: np.ndarray
    embedding: np.ndarray

    @classmethod
    def load(cls, folder: str | pathlib.Path, *, stamp: str, products: tuple[str, ...]) -> "StoredEmbeddings":
        """Reads the embeddings of the export with `stamp`.

        Raises:
            ServingError: Incomplete, made by another export (it names both stamps), or not what the manifest says.
        """
        folder = pathlib.Path(folder)
        manifest = EmbeddingManifest.load(folder)
        _require_stamp(folder, manifest.stamp, stamp)
        embedding = np.empty((manifest.items, manifest.width), np.float32)
        item_ids, product, row = [pa.chunked_array([], pa.string())], np.empty(manifest.items, np.int32), 0
        for part in manifest.parts:
            table = pq.read_table(folder / part["path"])
            made_of = json.loads(table.schema.metadata[METADATA_KEY])
            _require_stamp(folder / part["path"], made_of["stamp"], stamp)
            if len(table) != part["items"]:
                raise ServingError(
                    f"{folder / part['path']} holds {len(table)} items, the manifest says {part['items']}"
                )
            rows = slice(row, row + len(table))
            flat = [chunk.flatten().to_numpy() for chunk in table["embedding"].chunks]
            embedding[rows] = np.concatenate([np.empty(0, np.float32), *flat]).reshape(-1, manifest.width)
            product[rows] = pa.compute.index_in(table["product"], pa.array(products, pa.string())).to_numpy()
            item_ids.append(table["item_id"])
            row += len(table)
        ids = pa.chunked_array([chunk for column in item_ids for chunk in column.chunks], pa.string())
        return cls(stamp=manifest.stamp, item_id=ids, product=product, embedding=embedding)


def _require_stamp(path: pathlib.Path, own: str, stamp: str) -> None:
    if own != stamp:
        raise ServingError(
            f"stale embeddings: {path} carries the stamp {own}, the exported towers {stamp}; embed the items again: "
            "python -m mtmd_tf.jobs.embed_items"
        )
