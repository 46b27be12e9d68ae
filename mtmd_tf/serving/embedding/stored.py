"""The manifest of the item embeddings; it is written last, so a folder with a manifest is complete (section 2.2).

It has a digest of itself and a checksum of each part; the stamp is in it and in the metadata of every part.
"""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf.serving.checksums import checksum
from mtmd_tf.serving.specification import ServingError
from mtmd_tf.serving.stamps import require_stamp
from tfrecords_tools.digests import DIGEST, read_object, require_intact, with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.structure import StructureError, structure

FILE_NAME = "manifest.json"
FORMAT = 3


@dataclasses.dataclass(frozen=True, kw_only=True)
class EmbeddingManifest:
    """What a complete folder of embeddings holds.

    Attributes:
        stamp: Stamp of the export whose item tower made them.
        data: Fingerprint of the data set's item corpus.
        width: Coordinates of an embedding.
        items: How many there are.
        products: Number of items of each product.
        parts: `{"path", "items", "checksum"}` of each file, in order.
        tasks: `{task: [first coordinate, the one behind its last]}`.
        skipped: Items of the corpus that were left out, with the fields of a `FailedItem`.
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
            ServingError: There is none, so the embeddings are incomplete; another format, or edited or damaged since.
        """
        path = pathlib.Path(folder) / FILE_NAME
        if not path.exists():
            raise ServingError(
                f"{folder} holds no {FILE_NAME}: incomplete embeddings; run python -m mtmd_tf.jobs.embed_items"
            )
        if (pathlib.Path(folder) / SCHEMA_FILE).exists():
            raise ServingError(f"{folder} is a data set, no embeddings; name the --out of mtmd_tf.jobs.embed_items")
        rule = "delete the folder and run python -m mtmd_tf.jobs.embed_items"
        plain = read_object(path, raises=ServingError, rule=rule)
        if plain.get("format") != FORMAT:
            raise ServingError(f"{path} has the format {plain.get('format')}, this version reads {FORMAT}; {rule}")
        require_intact(plain, path, raises=ServingError, rule=rule)
        try:
            return structure({name: value for name, value in plain.items() if name not in ("format", DIGEST)}, cls)
        except StructureError as error:
            raise ServingError(f"{path}: {error}; {rule}") from error

    def write(self, folder: pathlib.Path) -> None:
        """Writes the manifest, which makes the embeddings complete."""
        plain = with_digest({"format": FORMAT, **dataclasses.asdict(self)})
        write_text(folder / FILE_NAME, json.dumps(plain, indent=1) + "\n")

    def damaged(self, folder: pathlib.Path) -> list[str]:
        """The parts that are missing or not as they were written."""
        names = [part["path"] for part in self.parts]
        return [name for name, part in zip(names, self.parts, strict=True) if not _is_as_written(folder / name, part)]


def load_previous(folder: str | pathlib.Path, *, stamp: str) -> EmbeddingManifest:
    """The manifest of embeddings that another run may take over.

    Raises:
        ServingError: Incomplete embeddings, or those of another export (it names both stamps).
    """
    manifest = EmbeddingManifest.load(folder)
    rule = "every item must be embedded again: leave --since out"
    require_stamp(manifest.stamp, stamp, holder=f"{folder}", other="this export has", rule=rule)
    return manifest


def _is_as_written(path: pathlib.Path, part: Mapping[str, Any]) -> bool:
    try:
        return checksum(path.read_bytes()) == part["checksum"]
    except FileNotFoundError:
        return False


def require_fresh(path: pathlib.Path, own: str, stamp: str) -> None:
    """Refuses what another export made.

    Raises:
        ServingError: It names both stamps.
    """
    rule = "embed the items again: python -m mtmd_tf.jobs.embed_items"
    require_stamp(own, stamp, holder=f"stale embeddings: {path}", other="the exported towers", rule=rule)
