"""A ranker's description and embeddings without a model: for tests that need no TensorFlow."""

import pathlib
from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.embedding.part_files import FINGERPRINT, part_schema, write_part
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.specification import RankerSpec, TaskSlice
from tests.tfrecords_tools.tiny import tiny_schema


def small_spec() -> RankerSpec:
    """Tasks ctr of 6 coordinates and its child gctr of 4, for standard items only; search is unconstrained."""
    return RankerSpec(
        stamp="0123456789abcdef",
        version=1,
        schema=tiny_schema(),
        tasks=(
            TaskSlice(name="ctr", parent=None, start=0, deep=4, shallow=2),
            TaskSlice(name="gctr", parent="ctr", start=6, deep=2, shallow=2),
        ),
        constrained={"home": True, "search": False},
    )


def write_embeddings(
    folder: pathlib.Path,
    spec: RankerSpec,
    item_id: Sequence[str],
    *,
    product: Sequence[int | str],
    embedding: np.ndarray | None = None,
    data: str = "data",
    features: Mapping[str, pa.Array] | None = None,
) -> None:
    """One part and a manifest; without `embedding` all coordinates of an item are its place."""
    features = features or {}
    places = np.arange(len(item_id), dtype=np.float32)
    embedding = np.repeat(places[:, None], spec.width, axis=1) if embedding is None else embedding
    names = [own if isinstance(own, str) else spec.schema.products[own] for own in product]
    fields = [pa.field(name, own.type) for name, own in features.items()]
    schema = part_schema(width=spec.width, made_of={"stamp": spec.stamp}, features=fields)
    flat = pa.FixedSizeListArray.from_arrays(pa.array(embedding.reshape(-1)), type=schema.field("embedding").type)
    fingerprints = pa.array([item.encode().rjust(16) for item in item_id], FINGERPRINT)
    texts = [pa.array(column, pa.string()) for column in (item_id, names)]
    table = pa.Table.from_arrays([*texts, flat, fingerprints, *features.values()], schema=schema)
    write_part(table, folder / "part.parquet")
    EmbeddingManifest(
        stamp=spec.stamp,
        data=data,
        width=spec.width,
        items=len(item_id),
        products={name: names.count(name) for name in spec.schema.products},
        parts=[
            {
                "path": "part.parquet",
                "items": len(item_id),
                "checksum": checksum((folder / "part.parquet").read_bytes()),
            }
        ],
    ).write(folder)
