"""A data set's folder before its records (fresh, resumed, complete or refused) and after them."""

import contextlib
import json
import pathlib
import shutil
from collections.abc import Iterator
from typing import Any

from absl import logging

from tfrecords_tools import folder_kinds, schema_pbtxt, tfds_metadata
from tfrecords_tools import manifest as manifests
from tfrecords_tools.files import UNFINISHED, inside, write_text
from tfrecords_tools.locks import FILE_NAME as LOCK
from tfrecords_tools.locks import alone_in
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.schema import Schema

JOB = ".job"  # what the workers of an unfinished build keep for each other
_NAMED = 3  # entries of a list in a message
_SIDECAR = folder_kinds.BUILDING  # what an interrupted build is of; without it a folder is nothing that may be cleared


@contextlib.contextmanager
def building(
    out: str | pathlib.Path, *, schema: Schema, source: dict[str, Any], resume: bool = False, inputs: Any = None
) -> Iterator[Manifest | None]:
    """Makes `out` ready for a build of `source`, and keeps other processes out of it meanwhile.

    Args:
        out: The data set's folder; made if need be.
        schema: Schema of the data set.
        source: `{"name", "arguments"}`: what a complete data set must have come from to be left alone.
        resume: Whether to keep the finished shards, and the folder `JOB`, of an interrupted build of the same `source`.
        inputs: JSON types: what else an interrupted build must share for that, such as the times of its files.

    Yields:
        The manifest of a data set that this very build has already made, or None where there is work to do.

    Raises:
        DataError: `out` holds other files, or a complete data set of another build; or another process builds there.
    """
    out = pathlib.Path(out)
    if (done := _complete(out, schema=schema, source=source)) is not None:
        yield done
        return
    require_data_set_or_empty(out)
    out.mkdir(parents=True, exist_ok=True)
    with alone_in(out, doing="building a data set", other="--out", raises=DataError):
        done = _complete(out, schema=schema, source=source)  # which another process may just have made
        if done is None:
            _make_ready(out, schema=schema, source=source, resume=resume, inputs=inputs)
        yield done


def _complete(out: pathlib.Path, *, schema: Schema, source: dict[str, Any]) -> Manifest | None:
    """The manifest, if `out` is complete and of this very build; None if it is not complete."""
    if (out / manifests.FILE_NAME).exists():
        done = Manifest.load(out)
        if done.source == json.loads(json.dumps(source)) and done.schema_fingerprint == schema.fingerprint():
            _forget(out)  # a kill may have come between the manifest and this
            logging.info("%s is complete already, made by the same build: left as it is", out)
            return done
        there, here = _differing(done.source, source), _differing(source, done.source)
        raise DataError(
            f"{out} holds a complete data set of another build ({there}, schema {done.schema_fingerprint}); "
            f"this one is {here}, schema {schema.fingerprint()}: give another --out, or delete the folder"
        )
    return None


def _differing(source: dict[str, Any], other: dict[str, Any]) -> str:
    """What made a data set, with only the arguments in which another differs, and the first of a list's entries."""
    there = json.loads(_plain(other.get("arguments", {})))
    differing = {}
    for name, value in json.loads(_plain(source.get("arguments", {}))).items():
        if value == there.get(name):
            continue
        if isinstance(value, list) and isinstance(there.get(name), list):
            new = [entry for entry in value if entry not in there[name]]
            value = new[:_NAMED] + ([f"and {len(new) - _NAMED:,} more"] if len(new) > _NAMED else [])
        differing[name] = value
    return _plain({**source, "arguments": differing})


def _make_ready(out: pathlib.Path, *, schema: Schema, source: dict[str, Any], resume: bool, inputs: Any) -> None:
    sidecar = out / _SIDECAR
    identity = _plain(source) + ("" if inputs is None else _plain(inputs))
    keep = resume and sidecar.exists() and sidecar.read_text(encoding="utf-8") == identity
    write_text(sidecar, identity)  # before anything else: from now on the folder is ours
    write_text(out / SCHEMA_FILE, schema.to_json())
    if not keep:
        shutil.rmtree(out / JOB, ignore_errors=True)
    _clear(out, (UNFINISHED,) if keep else (UNFINISHED, "part-*.tfrecord"))


def require_data_set_or_empty(out: pathlib.Path) -> None:
    """Refuses a folder that holds what is no data set, finished or begun here; none at all is fine.

    Raises:
        DataError: It names some of the files.
    """
    folder_kinds.require_no_other(out, mine=folder_kinds.DATA_SET, flag="--out", raises=DataError)
    strangers = sorted(path.name for path in out.iterdir() if not path.match(UNFINISHED)) if out.exists() else []
    if set(strangers) - {LOCK} and not any((out / name).exists() for name in (_SIDECAR, manifests.FILE_NAME)):
        raise DataError(f"{out} is no data set but holds {strangers[:3]}: give an empty or a new folder")


def seal(schema: Schema, manifest: Manifest) -> Manifest:
    """Writes the metadata of other tools, then the manifest: from now on the data set is complete.

    The metadata describe requests: items alone have none.
    """
    if manifest.splits:
        schema_pbtxt.write(manifest.folder, schema=schema, columns=manifest.columns, compact=manifest.compact)
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
    for part in ("train", "eval", "items", manifests.ITEM_TABLE):
        inside(out, part, said_by=str(out))  # not through a link
        for pattern in patterns:
            for stale in sorted((out / part).rglob(pattern)):
                stale.unlink()
        for day in sorted((out / part).glob("*=*")):
            if not any(day.iterdir()):
                day.rmdir()


def _plain(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
