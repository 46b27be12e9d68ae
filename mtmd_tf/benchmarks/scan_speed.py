"""Speed of the exact scan, beside the memory bandwidth that bounds it (paper section 2.2)."""

import dataclasses
import pathlib
import statistics
import time

import numpy as np

from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.seeds import derive_seed
from mtmd_tf.serving.embedding.stored import EmbeddingManifest
from mtmd_tf.serving.ranking.building import write_index
from mtmd_tf.serving.ranking.index import FOLDER
from mtmd_tf.serving.ranking.pair_values import numbers_of
from mtmd_tf.serving.ranking.ranker import FEATURES, TOWER, Ranker
from mtmd_tf.serving.ranking.request import RankRequest
from mtmd_tf.serving.ranking.scan import Scorer
from mtmd_tf.serving.ranking.utility import Utility
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import RankerSpec

_WRITTEN_AT_ONCE = 65_536
_READ_AT_ONCE = 16_384


@dataclasses.dataclass(frozen=True, kw_only=True)
class ScanSpeed:
    """Medians over rounds in which the two took turns.

    Attributes:
        bytes: Bytes that one scan reads.
        read_seconds: Adding up the same bytes, with the same threads.
        scan_seconds: Dot products, constraint, utility, top K and ids.
        seconds: `{part: seconds}` end to end, raw features in, ranked ids out.
    """

    bytes: int
    read_seconds: float
    scan_seconds: float
    seconds: dict[str, float]

    @property
    def share(self) -> float:
        """Of the memory's bandwidth."""
        return self.read_seconds / self.scan_seconds


def write_random_embeddings(folder: pathlib.Path, spec: RankerSpec, *, items: int, storage: str, seed: int = 0) -> None:
    """Embeddings of an export's sizes, products in turn, as an index alone: there are no Parquet parts."""
    products = spec.schema.products
    product = np.arange(items) % len(products)
    counts = dict(zip(products, np.bincount(product, minlength=len(products)).tolist(), strict=True))
    manifest = EmbeddingManifest(
        stamp=spec.stamp, data="random", width=spec.width, items=items, products=counts, parts=[]
    )
    random = np.random.default_rng(derive_seed(seed, "random embeddings"))
    sizes = [min(_WRITTEN_AT_ONCE, items - first) for first in range(0, items, _WRITTEN_AT_ONCE)]
    write_index(
        folder / FOLDER / storage,
        spec=spec,
        storage=storage,
        manifest=manifest,
        item_id=np.char.mod("item %09d", np.arange(items)).astype(np.bytes_),
        product=product,
        embeddings=(0.2 * random.standard_normal((size, spec.width), dtype=np.float32) for size in sizes),
    )
    manifest.write(folder)


def measure_scan(ranker: Ranker, *, surface: str, top: int = 100, rounds: int = 15) -> ScanSpeed:
    """One synthetic request of `surface` over all items, again and again, and between them the bare reading."""
    drawn = np.random.default_rng(0)
    cross = {f.name: drawn.random(ranker.items.items, dtype=np.float32) for f in numbers_of(ranker.spec)}
    request = dataclasses.replace(synthetic_request(ranker.spec, surface), cross=cross)
    utility = Utility(ranker.utility, tasks=tuple(task.name for task in ranker.spec.tasks))
    scorer = Scorer(index=ranker.items, spec=ranker.spec, surface=surface, utility=utility)
    parts = _parts(scorer)
    ranker.rank_batch([request], top=top)
    reads, rankings = [], []
    for _ in range(rounds):
        begun = time.perf_counter()
        list(ranker.pool.map(_read, parts))
        reads.append(time.perf_counter() - begun)
        rankings.append(ranker.rank_batch([request], top=top)[0])
    seconds = {part: statistics.median(one.seconds[part] for one in rankings) for part in rankings[0].seconds}
    scans = [sum(time for part, time in one.seconds.items() if part not in (FEATURES, TOWER)) for one in rankings]
    return ScanSpeed(
        bytes=sum(part.nbytes for part in parts),
        read_seconds=statistics.median(reads),
        scan_seconds=statistics.median(scans),
        seconds=seconds,
    )


def synthetic_request(spec: RankerSpec, surface: str) -> RankRequest:
    """A request of `surface` for all items."""
    schema = spec.schema
    sample = sample_requests(schema, requests_per_surface=1, candidates_per_product=1)
    rows = to_rows(schema.features_of("query"), sample.query, sample.query_mask)
    return RankRequest(surface=surface, features=rows[schema.surfaces.index(surface)])


def _parts(scorer: Scorer) -> list[np.ndarray]:
    """What a scan reads, in chunks of the size of the scan's size."""
    parts = []
    for product, rows in scorer.index.rows.items():
        for first in range(rows.start, rows.stop, _READ_AT_ONCE):
            own = slice(first, min(first + _READ_AT_ONCE, rows.stop))
            for task in scorer.tasks(product):
                stored = scorer.index.tasks[task]
                parts += [part[own] for part in (stored.values, stored.bias, stored.scale) if part is not None]
    return parts


def _read(part: np.ndarray) -> int:
    flat = part.reshape(-1).view(np.uint8)
    whole = flat[: len(flat) // 8 * 8].view(
        np.int64
    )  # integers add up at the memory's speed, floats in one core do not
    return int(whole.sum())
