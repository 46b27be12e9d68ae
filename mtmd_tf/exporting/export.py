"""Publishes a trained model as two SavedModels and a ranker.json, all of them or none (paper section 2.2)."""

import dataclasses
import os
import pathlib
from collections.abc import Mapping
from typing import Any, NamedTuple

from mtmd_tf.architectures import AnyTower
from mtmd_tf.exporting.description import describe, stamp_of
from mtmd_tf.exporting.parity import Differences, check_parity
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.signatures import build_signatures, save_signatures
from mtmd_tf.exporting.warmup import FILE_NAME as WARMUP_FILE
from mtmd_tf.exporting.warmup import write_warmup
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.loading import load_tower
from mtmd_tf.serving.specification import FILE_NAME, TOWERS, RankerSpec, ServingError, graph_digest
from mtmd_tf.serving.stamps import require_stamp
from mtmd_tf.trained import Trained
from tfrecords_tools.digests import read_object
from tfrecords_tools.files import folder_beside
from tfrecords_tools.locks import alone_in
from tfrecords_tools.progress import progress_bar
from tfrecords_tools.requests import Requests

_EXTRA = "assets.extra"  # TensorFlow Serving's place for what is not the model's own


class Export(NamedTuple):
    """Result of `export`: the export, and the largest difference from the model by slice and task, if it was made."""

    spec: RankerSpec
    differences: Differences


def export(
    model: TwoTowerModel,
    out: str | pathlib.Path,
    *,
    version: int | None = None,
    stamp: str | None = None,
    sample: Requests | None = None,
    statistics: Mapping[str, Mapping[str, Any]] | None = None,
    trained: Trained | None = None,
    last_day: str = "",
    usual: Mapping[str, list[str]] | None = None,
) -> Export:
    """Writes `query_tower/<version>/`, `item_tower/<version>/`, then schema.json and ranker.json.

    Both towers are written under a temporary name, reloaded and compared with the model before either is published. An
    interrupted export is completed by the next; a complete one with the same stamp is loaded and left as it is.

    Args:
        model: Model with its variables made.
        out: The export's folder.
        version: The towers' version folder; by default the one of the same stamp, or one above the highest.
        stamp: Stamp of the export; by default `stamp_of(model)`.
        sample: Requests to compare by, beside synthetic ones that cover every slice.
        statistics: Statistics of the data set, so that synthetic numbers are as large as in the data.
        trained: The labeled training pairs of each slice and task, for ranker.json.
        last_day: The last day that has shaped the model, for ranker.json.
        usual: `{surface: query features that nearly all training requests had}`, for ranker.json. Where this or the day
            is not known, a complete export of the same weights keeps its own.

    Raises:
        ServingError: The towers differ from the model, the version exists with another stamp or damaged, the schema
            uses a name that a signature needs, or another process exports into `out`.
    """
    out = pathlib.Path(out)
    stamp = stamp_of(model) if stamp is None else stamp

    def plan() -> _Plan:
        return _plan(model, out, stamp=stamp, version=version, trained=trained, last_day=last_day, usual=usual)

    finished = plan().finished
    if finished is None:
        out.mkdir(parents=True, exist_ok=True)
        with alone_in(out, doing="exporting", other="--out", raises=ServingError):
            found = plan()  # again: another process may have finished meanwhile
            if found.finished is None:
                return _publish(model, out, found, sample=sample, statistics=statistics)
            finished = found.finished
    for name in TOWERS:
        load_tower(finished.require_graph(out, name), stamp=stamp)
    return Export(finished, {})


class _Plan(NamedTuple):
    """What is to be exported, which towers are there already, and what ranker.json says where nothing is missing."""

    spec: RankerSpec
    fresh: tuple[str, ...]
    finished: RankerSpec | None


def _plan(
    model: TwoTowerModel,
    out: pathlib.Path,
    *,
    stamp: str,
    version: int | None,
    trained: Trained | None,
    last_day: str,
    usual: Mapping[str, list[str]] | None,
) -> _Plan:
    version = _choose_version(out, stamp) if version is None else version
    spec = describe(model, stamp=stamp, version=version, trained=trained, last_day=last_day, usual=usual)
    fresh = tuple(name for name in TOWERS if not _is_ours(spec.tower_folder(out, name), stamp))
    complete = None if fresh else _complete(out)
    if complete:  # the training data may be gone by now; what was known of it is as true as it was
        kept = complete.usual if usual is None else usual
        spec = dataclasses.replace(spec, last_day=last_day or complete.last_day, usual=kept)
    return _Plan(spec, fresh, complete if complete == spec else None)


def _publish(
    model: TwoTowerModel,
    out: pathlib.Path,
    plan: _Plan,
    *,
    sample: Requests | None,
    statistics: Mapping[str, Mapping[str, Any]] | None,
) -> Export:
    """Writes what is missing, compares the towers with the model, and only then moves them into the export."""
    towers = {name: plan.spec.tower_folder(out, name) for name in TOWERS}
    synthetic = sample_requests(model.schema, statistics=statistics)
    written = {
        name: _write(getattr(model, name), plan.spec, towers[name], synthetic)
        for name in progress_bar(plan.fresh, desc="export", unit=" towers")
    }
    samples = [synthetic] if sample is None else [synthetic, sample]
    differences = check_parity(model, plan.spec, **{**towers, **written}, samples=samples)
    for name, folder in written.items():
        os.replace(folder, towers[name])
    spec = dataclasses.replace(plan.spec, graphs={name: graph_digest(folder) for name, folder in towers.items()})
    spec.write(out)
    return Export(spec, differences)


def _complete(out: pathlib.Path) -> RankerSpec | None:
    """What ranker.json says; None where it is missing, of another format or damaged, and so to be written."""
    try:
        return RankerSpec.load(out)
    except ServingError:
        return None


def _write(tower: AnyTower, spec: RankerSpec, folder: pathlib.Path, sample: Requests) -> pathlib.Path:
    temporary = folder_beside(folder)  # its name is no number: TensorFlow Serving looks past it
    module, signatures = build_signatures(tower, stamp=spec.stamp)
    save_signatures(module, signatures, temporary)
    (temporary / _EXTRA).mkdir()
    write_warmup(temporary / _EXTRA / WARMUP_FILE, spec.schema, tower=folder.parent.name, sample=sample)
    (temporary / _EXTRA / FILE_NAME).write_text(spec.to_json(), encoding="utf-8")
    return temporary


def _choose_version(out: pathlib.Path, stamp: str) -> int:
    numbers = sorted({int(path.name) for tower in TOWERS for path in (out / tower).glob("*") if path.name.isdecimal()})
    for number in reversed(numbers):
        folders = [out / tower / str(number) for tower in TOWERS]
        if all(_stamp_of(folder) == stamp for folder in folders if folder.exists()):
            return number
    return max([0, *numbers]) + 1


def _is_ours(folder: pathlib.Path, stamp: str) -> bool:
    if not folder.exists():
        return False
    found, rule = _stamp_of(folder), "choose another version"
    require_stamp(found, stamp, holder=f"{folder} exists and", other="this export has", rule=rule)
    return True


def _stamp_of(folder: pathlib.Path) -> str | None:
    path = folder / _EXTRA / FILE_NAME
    rule = f"remove {folder} and export again"
    return read_object(path, raises=ServingError, rule=rule).get("stamp") if path.exists() else None
