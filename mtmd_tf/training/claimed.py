"""What a run's folder has been claimed for: how that differs from what is asked now, and whether a step was taken."""

import dataclasses
import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf import config as configs
from mtmd_tf.features.reading import DataSet
from mtmd_tf.training import checkpoints, journal
from tfrecords_tools.printable import cut

_LONG = 4  # values of a list that are shown


def begun(run: pathlib.Path) -> bool:
    """Whether a step was taken in a run's folder, or anything was written that came of one."""
    steps = ("fit.json", journal.FILE_NAME, f"{checkpoints.FOLDER}/*", f"{journal.BOARD}/*")
    return any(True for name in steps for _ in run.glob(name))


def difference(run: pathlib.Path, data: DataSet, *, origin: Mapping[str, Any], before: Mapping, **named: Any) -> str:
    """How a claimed run differs from what is asked now: `with seed=3, not 4`; empty where it does not.

    Args:
        run: Folder of the run.
        data: Data set that is asked for.
        origin: What the run's data.json holds.
        before: What its config.json holds.
        named: Configurations that are asked for, by name.
    """
    if origin["manifest"] != data.manifest.fingerprint():
        if (folder := origin.get("folder")) == str(data.folder):
            return f"on other data than what is now in {folder}"
        return f"on the data of {folder}, not of {data.folder}"
    found = [_unlike("slice", origin.get("slice", ""), slice_name(data))]
    for name, config in named.items():
        recorded, older, plain = before.get(name), configs.older(type(config)), configs.plain(config)
        for field in dataclasses.fields(config):
            old = None if recorded is None else recorded.get(field.name, older.get(field.name))
            found.append(_unlike(field.name, old, plain[field.name]))
    return next(filter(None, found), "")


def slice_name(data: DataSet) -> str:
    """The slice that is read, `home_feed/standard`; empty for all."""
    return "/".join(data.slice) if data.slice else ""


def _unlike(field: str, old: Any, new: Any) -> str:
    return "" if old == new else f"with {field}={_told(old)}, not {_told(new)}"


def _told(value: Any) -> str:
    if isinstance(value, list) and len(value) > _LONG:
        return f"[{value[0]!r}, {value[1]!r}, ..., {value[-1]!r}] ({len(value)} values)"
    return cut(repr(value))
