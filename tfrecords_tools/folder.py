"""A data set's folder before its records (fresh, resumed, complete or refused) and after them (sealed)."""

import json
import pathlib
import shutil
from typing import Any

from absl import logging

from tfrecords_tools import manifest as manifests
from tfrecords_tools import schema_pbtxt, tfds_metadata
from tfrecords_tools.files import UNFINISHED, write_text
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.schema import Schema

JOB = ".job"  # what the workers of an unfinished build keep for each other
_SIDECAR = ".build.json"  # what the finished shards of an interrupted build are of


def open_folder(
    out: str | pathlib.Path, *, schema: Schema, source: dict[str, Any], resume: bool = False, inputs: Any = None
) -> Manifest | None:
    """Makes `out` ready for a build of `source`.

    Args:
        out: The data set's folder; made if need be.
        schema: Its schema.
        source: `{"name", "arguments"}`: what a complete data set must have come from to be left alone.
        resume: Whether to keep the finished shards, and the folder `JOB`, of an interrupted build of the same `source`.
        inputs: JSON types: what else an interrupted build must share for that, such as the times of its files.

    Returns:
        The manifest of a data set that this very build has already made, or None where there is work to do.

    Raises:
        DataError: `out` holds other files, or a complete data set of another build.
    """
    out = pathlib.Path(out)
    if (out / manifests.FILE_NAME).exists():
        done = Manifest.load(out)
        if done.source == json.loads(json.dumps(source)) and done.schema_fingerprint == schema.fingerprint():
            _forget(out)  # a kill may have come between the manifest and this
            logging.info("%s is complete already, made by the same build: left as it is", out)
            return done
        raise DataError(
            f"{out} holds a complete data set of another build ({_plain(done.source)}, schema "
            f"{done.schema_fingerprint}); this one is {_plain(source)}, schema {schema.fingerprint()}: "
            "give another --out, or delete the folder"
        )
    require_data_set_or_empty(out)
    sidecar = out / _SIDECAR
    identity = _plain(source) + ("" if inputs is None else _plain(inputs))
    keep = resume and sidecar.exists() and sidecar.read_text(encoding="utf-8") == identity
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / SCHEMA_FILE, schema.to_json())
    if not keep:
        _forget(out)
    _clear(out, (UNFINISHED,) if keep else (UNFINISHED, "part-*.tfrecord"))
    if resume:
        write_text(sidecar, identity)
    else:
        sidecar.unlink(missing_ok=True)
    return None


def require_data_set_or_empty(out: pathlib.Path) -> None:
    """Refuses a folder that holds what is no data set, finished or not; none at all is fine.

    Raises:
        DataError: It names some of the files.
    """
    strangers = sorted(path.name for path in out.iterdir() if not path.match(UNFINISHED)) if out.exists() else []
    if strangers and not (out / SCHEMA_FILE).exists():
        raise DataError(f"{out} is no data set but holds {strangers[:3]}: give an empty or a new folder")


def seal(schema: Schema, manifest: Manifest) -> Manifest:
    """Writes the metadata of other tools, then the manifest: from now on the data set is complete."""
    schema_pbtxt.write(manifest.folder, schema=schema, columns=manifest.columns)
    tfds_metadata.write(schema, manifest)
    manifest.write()
    _forget(manifest.folder)  # not before: without it, a kill here would cost every shard
    return manifest


def _forget(out: pathlib.Path) -> None:
    """Deletes what only an unfinished build needs."""
    shutil.rmtree(out / JOB, ignore_errors=True)
    (out / _SIDECAR).unlink(missing_ok=True)


def _clear(out: pathlib.Path, patterns: tuple[str, ...]) -> None:
    for stale in out.glob(UNFINISHED):
        stale.unlink()
    for part in ("train", "eval", "items"):
        for pattern in patterns:
            for stale in sorted((out / part).rglob(pattern)):
                stale.unlink()
        for day in sorted((out / part).glob("day=*")):
            if not any(day.iterdir()):
                day.rmdir()


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
