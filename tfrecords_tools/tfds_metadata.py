"""The TensorFlow Datasets metadata of a data set, so that `tfds.builder_from_directory(DIR)` opens it."""

import pathlib
from typing import Any

from tfrecords_tools.files import about
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.masks import words
from tfrecords_tools.schema import Feature, Schema
from tfrecords_tools.specs import column_dtype


def tfds_split(folder: str | pathlib.Path, split: str) -> str:
    """What to ask TensorFlow Datasets for to get a whole split, such as `train_20170301+train_20170302`.

    A TensorFlow Datasets split is one folder of shards, and this layout has one folder a day.

    Raises:
        DataError: No such split.
    """
    return "+".join(_split_name(split, day) for day in Manifest.load(folder).days(split))


def write(schema: Schema, manifest: Manifest) -> None:
    """Writes `dataset_info.json` and `features.json` into the manifest's folder; no clock or path gets into them."""
    import tensorflow_datasets as tfds  # seconds to import

    infos = []
    for split in sorted(manifest.splits):
        for day in manifest.days(split):
            shards = manifest.shards(split, days={day})
            template = tfds.core.ShardedFileTemplate(
                data_dir=manifest.folder,
                dataset_name=schema.name,
                split=_split_name(split, day),
                filetype_suffix="tfrecord",
                template=f"{split}/{manifest.partition.folder(day)}/part-{{SHARD_X_OF_Y}}.{{FILEFORMAT}}",
            )
            infos.append(
                tfds.core.SplitInfo(
                    name=_split_name(split, day),
                    shard_lengths=[shard.requests for shard in shards],
                    num_bytes=sum(shard.bytes for shard in shards),
                    filename_template=template,
                )
            )
    identity = tfds.core.dataset_info.DatasetIdentity(
        name=schema.name, version=tfds.core.Version(schema.version), data_dir=str(manifest.folder), module_name=""
    )
    info = tfds.core.DatasetInfo(
        builder=identity,
        features=tfds.features.FeaturesDict(_features(schema, manifest)),
        description=schema.description or f"Requests of {schema.name}.",
    )
    info.set_file_format(tfds.core.FileFormat.TFRECORD)
    info.set_splits(tfds.core.splits.SplitDict(infos))
    with about(manifest.folder / "dataset_info.json"):
        info.write_to_directory(manifest.folder)


def _split_name(split: str, day: str) -> str:
    return f"{split}_{day.replace('-', '')}"


def _features(schema: Schema, manifest: Manifest) -> dict[str, Any]:
    sides: dict[str, dict[str, Any]] = {
        "query": {"mask": _mask(schema, "query")},
        "item": {"part": _tensor("int64"), "row": _tensor("int64", None)},
    }
    if not manifest.compact:
        tokens = {name: _tensor("bytes", None) for name in ("id", "product")}
        sides["item"] = {**tokens, "mask": _mask(schema, "item", None)}
    for feature in schema.features:
        if manifest.compact and feature.side == "item":
            continue
        side = sides.setdefault(feature.side, {"mask": _mask(schema, feature.side, None)})
        rows = () if feature.side == "query" else (None,)
        if feature.kind == "ragged":
            side[feature.name] = _tensor(feature.dtype, None)
            if rows:
                side.setdefault("lengths", {})[feature.name] = _tensor("int64", None)
        else:
            side[feature.name] = _tensor(feature.dtype, *rows, *_sizes(feature))
    features: dict[str, Any] = {
        "request_id": _tensor("bytes"),
        "surface": _tensor("bytes"),
        "timestamp": _tensor("int64"),
        **sides,
    }
    for column in manifest.columns:
        group, _, task = column.partition("/")
        tensor = _tensor(column_dtype(schema, column), None)
        if task:
            features.setdefault(group, {})[task] = tensor
        else:
            features[group] = tensor
    return features


def _mask(schema: Schema, side: str, *rows: None) -> Any:
    several = words(len(schema.features_of(side)))
    return _tensor("int64", *rows, *((several,) if several > 1 else ()))


def _sizes(feature: Feature) -> tuple[int, ...]:
    return (feature.size,) if feature.size else ()


def _tensor(dtype: str, *shape: int | None) -> Any:
    import tensorflow_datasets as tfds

    from tfrecords_tools.specs import TENSOR_TYPES

    return tfds.features.Tensor(shape=shape, dtype=TENSOR_TYPES[dtype])
