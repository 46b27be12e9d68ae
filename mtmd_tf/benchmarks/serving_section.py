"""One request through the query tower, items through the item tower, and the exact top 100 (paper section 2.2)."""

import functools
import multiprocessing
import pathlib
import statistics
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np

from mtmd_tf.benchmarks import grpc_speed, tower_speed
from mtmd_tf.benchmarks import training_speed as speed
from mtmd_tf.benchmarks.figures import Figure
from mtmd_tf.benchmarks.scan_speed import ScanSpeed, measure_scan, synthetic_request, write_random_embeddings
from mtmd_tf.config import AuditConfig
from mtmd_tf.exporting.export import export
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.embeddings import embed_items
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.specification import RankerSpec
from tfrecords_tools.quiet import quiet_tensorflow

_FLOORS, _SHARE_OF_PEAK, _SHARE_OF_BANDWIDTH, _INT8, _RECALL = 2.0, 60.0, 80.0, 2.5, 0.99
_TOP = 100
_SCANS = 3  # of one storage before the other has its turn


def measure(
    folder: pathlib.Path,
    *,
    tasks: Sequence[str],
    rounds: int,
    calls: int,
    items: int,
    sizes: Mapping[str, Any] | None = None,
) -> list[Figure]:
    """All three, of a model with random weights, which are as fast as trained ones.

    Args:
        folder: Data set whose items are embedded.
        tasks: Names of the tasks.
        rounds: Times that each is measured.
        calls: Timed requests of each way through the query tower.
        items: Random items to rank.
        sizes: Other sizes than the paper's, fields of the model's configuration.
    """
    model = speed.paper_sized(speed.open_data(folder, batch_requests=1), tasks=tasks, **(sizes or {}))
    with tempfile.TemporaryDirectory() as temporary:
        place = pathlib.Path(temporary)
        export(model, place / "export")
        return [
            *_query_tower(model, place / "towers", calls=calls),
            _item_tower(place, folder, rounds=rounds),
            *_ranking(place, rounds=rounds, items=items),
        ]


def _query_tower(model: TwoTowerModel, place: pathlib.Path, *, calls: int) -> Iterator[Figure]:
    """Of the slowest surface."""
    folders = tower_speed.save_towers(model, place)
    alone, behind = [], []
    for surface in model.schema.surfaces:
        here = tower_speed.measure_tower(model, folders, surface=surface, calls=calls)
        own, nothing = grpc_speed.measure_over_grpc(
            folders[tower_speed.OWN],
            surface=surface,
            inputs=tower_speed.one_request(model.schema)[surface],
            calls=calls,
        )
        median = here.percentile(tower_speed.OWN, 50)
        alone.append((median / here.floor, surface, median, here.floor))
        added = float(np.median(own) - np.median(nothing))
        behind.append((added / here.floor, surface, float(np.median(own)), float(np.median(nothing))))
    ratio, surface, median, floor = max(alone)
    note = f"{surface}: {median:.2f} ms; reading its weights once takes {floor:.2f} ms"
    target: dict[str, Any] = {"target": _FLOORS, "at_most": True}
    yield Figure(name="query tower, one request, in process", value=ratio, unit="floors", note=note, **target)
    ratio, surface, median, nothing_ms = max(behind)
    note = f"{surface}: {median:.2f} ms, of which the client and the server take {nothing_ms:.2f} ms"
    yield Figure(name="query tower behind gRPC, less gRPC's cost", value=ratio, unit="floors", note=note, **target)


def _item_tower(place: pathlib.Path, data: pathlib.Path, *, rounds: int) -> Figure:
    """In a process of its own, whose TensorFlow has not started: the job gives it one thread there."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context, initializer=quiet_tensorflow) as pool:
        embed = functools.partial(_embedded, place / "export", data)
        runs = [pool.submit(embed, place / f"embeddings {number}").result() for number in range(rounds + 1)][1:]
    share, items = (statistics.median(each) for each in zip(*runs, strict=True))
    return Figure(
        name="item tower, share of one core's matrix peak",
        value=100 * share,
        unit="%",
        target=_SHARE_OF_PEAK,
        note=f"{items:,.0f} items/s in the tower, one process",
    )


def _embedded(exports: pathlib.Path, data: pathlib.Path, out: pathlib.Path) -> tuple[float, float]:
    """The tower's share of the peak, and items a second in it."""
    unaudited = AuditConfig(audit="off")  # random weights have learned from no item
    done = embed_items(exports, data, out, workers=1, audit=unaudited)
    seconds = done.total("tower_seconds")
    return done.total("flops") / seconds / done.throughput, done.total("embedded") / seconds


def _ranking(place: pathlib.Path, *, rounds: int, items: int) -> Iterator[Figure]:
    """Both storages in turn."""
    spec, surface = RankerSpec.load(place / "export"), RankerSpec.load(place / "export").schema.surfaces[0]
    rankers = {}
    for storage in ("float32", "int8"):
        write_random_embeddings(place / storage, spec, items=items, storage=storage)
        rankers[storage] = Ranker(place / "export", place / storage, storage=storage)
    found: dict[str, list[ScanSpeed]] = {storage: [] for storage in rankers}
    for _ in range(rounds):
        for storage, ranker in rankers.items():
            found[storage].append(measure_scan(ranker, surface=surface, top=_TOP, rounds=_SCANS))
    scans = {storage: statistics.median(each.scan_seconds for each in own) for storage, own in found.items()}
    share = statistics.median(each.share for each in found["float32"])
    note = f"{items:,} items of {spec.width} numbers: {1e3 * scans['float32']:.1f} ms"
    yield Figure(
        name=f"exact top {_TOP}, share of memory bandwidth",
        value=100 * share,
        unit="%",
        target=_SHARE_OF_BANDWIDTH,
        note=note,
    )
    note = f"{1e3 * scans['int8']:.1f} ms"
    yield Figure(
        name="int8 / float32, the same scan",
        value=scans["float32"] / scans["int8"],
        unit="times",
        target=_INT8,
        note=note,
    )
    requests = [synthetic_request(spec, name) for name in spec.schema.surfaces]
    tops = {name: [set(one.item_id) for one in own.rank_batch(requests, top=_TOP)] for name, own in rankers.items()}
    shares = [len(a & b) / len(a) for a, b in zip(tops["float32"], tops["int8"], strict=True)]
    yield Figure(
        name=f"int8, recall@{_TOP}",
        value=float(np.mean(shares)),
        unit="",
        target=_RECALL,
        note="random embeddings, the hardest: their scores lie closest",
    )
