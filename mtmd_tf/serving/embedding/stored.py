"""The item embeddings on disk: Parquet parts and a manifest written last (paper section 2.2).

One row an item: `item_id` text, `product` text, `embedding` a fixed-size list of float32, all tasks side by side as the
towers' `embedding` output, and `fingerprint`, 16 bytes, a hash of the item's record. The stamp is in the manifest and
in the metadata of every part.
"""

import dataclasses
import json
import pathlib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from mtmd_tf.serving.specification import ServingError, read_json
from tfrecords_tools.files import write_text
from tfrecords_tools.refusals import one_line

FILE_NAME = "manifest.json"
FORMAT = 2
METADATA_KEY = b"mtmd_tf"
FAULTS_KEY = b"mtmd_tf_faults"
FINGERPRINT = pa.binary(16)


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
        tasks: `{task: [first coordinate, the one behind its last]}`.
        skipped: What of the corpus was left out, as a `Fault`'s fields.
    """

    stamp: str
    data: str
    width: int
    items: int
    products: dict[str, int]
    parts: list[dict[str, Any]]
    tasks: dict[str, list[int]] = dataclasses.field(default_factory=dict)
    skipped: list[dict[str, Any]] = dataclasses.field(default_factory=list)

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
        rule = "delete the folder and run python -m mtmd_tf.jobs.embed_items"
        plain = read_json(path, rule=rule)
        if plain.pop("format", None) != FORMAT:
            raise ServingError(f"{path}: this version reads format {FORMAT} only; {rule}")
        return cls(**plain)

    def write(self, folder: pathlib.Path) -> None:
        """Writes the manifest, which makes the embeddings complete."""
        write_text(folder / FILE_NAME, json.dumps({"format": FORMAT, **dataclasses.asdict(self)}, indent=1) + "\n")


def part_schema(*, width: int, made_of: Mapping[str, Any], faults: Sequence[Mapping[str, Any]] = ()) -> pa.Schema:
    """A part's columns, and in its metadata what it was made of (its `stamp` among it) and what was left out."""
    columns = [
        pa.field("item_id", pa.string(), nullable=False),
        pa.field("product", pa.string(), nullable=False),
        pa.field("embedding", pa.list_(pa.field("element", pa.float32(), nullable=False), width), nullable=False),
        pa.field("fingerprint", FINGERPRINT, nullable=False),
    ]
    metadata = {METADATA_KEY: _json(made_of), FAULTS_KEY: _json(list(faults))}
    return pa.schema(columns, metadata=metadata)


def part_metadata(path: pathlib.Path) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """What a part was made of and what was left out; None where there is no such part, or a broken one."""
    try:
        metadata = pq.read_metadata(path).metadata or {}
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    if not {METADATA_KEY, FAULTS_KEY} <= set(metadata):
        return None
    return json.loads(metadata[METADATA_KEY]), json.loads(metadata[FAULTS_KEY])


def _json(plain: Any) -> bytes:
    return json.dumps(plain, sort_keys=True).encode()


def _read_part(path: pathlib.Path, columns: list[str]) -> pa.Table:
    try:
        return pq.read_table(path, columns=columns)
    except (OSError, pa.ArrowInvalid) as error:
        raise ServingError(
            f"{path} is missing or damaged ({one_line(error)}); run python -m mtmd_tf.jobs.embed_items again"
        ) from error


@dataclasses.dataclass(frozen=True, kw_only=True)
class StoredEmbeddings:
    """The embeddings of one part, in memory.

    Attributes:
        item_id: `[items]` bytes, of one length: a million Python strings would cost more than their embeddings.
        product: `[items]` int32, index into the products given.
        embedding: `[items, width]` float32; width 0 where they were not asked for.
    """

    item_id: np.ndarray
    product: np.ndarray
    embedding: np.ndarray


def read_parts(
    folder: pathlib.Path,
    manifest: EmbeddingManifest,
    *,
    stamp: str,
    products: tuple[str, ...],
    embedding: bool = True,
) -> Iterator[StoredEmbeddings]:
    """Part after part, so that only one is in memory.

    Raises:
        ServingError: Made by another export (it names both stamps), or not what the manifest says.
    """
    require_stamp(folder, manifest.stamp, stamp)
    columns = ["item_id", "product", *(["embedding"] if embedding else [])]
    for part in manifest.parts:
        path = folder / part["path"]
        table = _read_part(path, columns)
        require_stamp(path, json.loads(table.schema.metadata[METADATA_KEY])["stamp"], stamp)
        if len(table) != part["items"]:
            raise ServingError(f"{path} holds {len(table)} items, the manifest says {part['items']}")
        flat = [chunk.flatten().to_numpy() for chunk in table["embedding"].chunks] if embedding else []
        product = pc.index_in(table["product"], pa.array(products, pa.string()))
        if product.null_count:
            unknown = table["product"].filter(product.is_null())[0].as_py()
            raise ServingError(f"{path}: no product {unknown!r}; the export has {list(products)}")
        yield StoredEmbeddings(
            item_id=_to_bytes(table["item_id"], path),
            product=product.to_numpy().astype(np.int32),
            embedding=np.concatenate([np.empty(0, np.float32), *flat]).reshape(
                len(table), manifest.width if embedding else 0
            ),
        )


def _to_bytes(column: pa.ChunkedArray, path: pathlib.Path) -> np.ndarray:
    texts = column.cast(pa.binary()).to_pylist()
    item_id = np.array(texts, dtype=np.bytes_)
    if item_id.tolist() != texts:
        wrong = next(text for text, kept in zip(texts, item_id.tolist(), strict=True) if text != kept)
        raise ServingError(f"{path}: item {wrong!r}: an id must not end in a zero byte")
    return item_id


def require_stamp(path: pathlib.Path, own: str, stamp: str) -> None:
    """Refuses what another export made.

    Raises:
        ServingError: It names both stamps.
    """
    if own != stamp:
        raise ServingError(
            f"stale embeddings: {path} carries the stamp {own}, the exported towers {stamp}; embed the items again: "
            "python -m mtmd_tf.jobs.embed_items"
        )
