"""Speed of the query tower for one request, beside one of all experts and its lower bound (paper section 2.2)."""

import dataclasses
import functools
import pathlib
import time
from collections.abc import Callable, Mapping

import numpy as np
import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.benchmarks.all_experts_tower import AllExpertsTower
from mtmd_tf.benchmarks.memory_speed import memory_reader
from mtmd_tf.exporting.description import stamp_of
from mtmd_tf.exporting.frozen_tower import FrozenTower
from mtmd_tf.exporting.sample import sample_requests
from mtmd_tf.exporting.signatures import build_signatures, save_signatures
from mtmd_tf.exporting.warmup import warmup_inputs
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.querying.session import SavedModelSession
from mtmd_tf.serving.specification import DEFAULT
from mtmd_tf.sharing import served
from mtmd_tf.towers import Tower
from tfrecords_tools.schema import Schema

OWN, ROUTED, ALL_EXPERTS, SHARED_ONCE, NO_OP = (
    "domain signature",
    DEFAULT,
    "all experts",
    "all experts, shared one once",
    "no_op",
)
WAYS = (OWN, ROUTED, ALL_EXPERTS, SHARED_ONCE, NO_OP)
_BLOCKS = 10  # between which the memory is read
_WARM_CALLS = 5
_READ = 1 << 28  # bytes: many times a cache


@dataclasses.dataclass(frozen=True, kw_only=True)
class TowerSpeed:
    """Of one surface, batch 1; all ways took turns, request by request.

    Attributes:
        milliseconds: `{way: [calls]}` by `WAYS`: the surface's own signature, the routed one, exports of all experts,
            and a signature that takes the same inputs and computes nothing.
        active_bytes: Bytes of the weights that one request reads, each once, without embedding tables.
        bandwidth: Bytes a second, read by all cores, the best of the blocks.
    """

    milliseconds: dict[str, np.ndarray]
    active_bytes: int
    bandwidth: float

    @property
    def floor(self) -> float:
        """Milliseconds that reading the active weights once takes."""
        return 1e3 * self.active_bytes / self.bandwidth

    def percentile(self, way: str, share: float) -> float:
        """Milliseconds."""
        return float(np.percentile(self.milliseconds[way], share))


def save_towers(model: TwoTowerModel, folder: pathlib.Path) -> dict[str, pathlib.Path]:
    """The query tower as it is exported (`OWN`), and with all experts on every row: `{way: SavedModel}`.

    Raises:
        ValueError: The model has no domain experts.
    """
    tower = model.query_tower
    if not isinstance(tower, Tower):
        raise ValueError(f"an export of all experts needs domain experts; {model.config.architecture!r} has none.")
    stamp = stamp_of(model)
    ways: dict[str, Callable[[AnyTower], FrozenTower]] = {
        OWN: FrozenTower,
        ALL_EXPERTS: AllExpertsTower,
        SHARED_ONCE: functools.partial(AllExpertsTower, shared_once=True),
    }
    folders = {way: folder / str(place) for place, way in enumerate(ways)}
    for way, freeze in ways.items():
        module, signatures = build_signatures(tower, stamp=stamp, freeze=freeze)
        nothing = {f"{NO_OP}_{name}": _no_op(signatures[name]) for name in tower.domains}
        save_signatures(module, signatures | nothing if way == OWN else {DEFAULT: signatures[DEFAULT]}, folders[way])
    return folders


def measure_tower(
    model: TwoTowerModel, folders: Mapping[str, pathlib.Path], *, surface: str, calls: int = 300
) -> TowerSpeed:
    """Calls the reloaded signatures in this process, in sessions as TensorFlow Serving does: arrays in, arrays out.

    Args:
        model: The model that was saved.
        folders: Folders that `save_towers` returned.
        surface: Surface of the request.
        calls: Timed, of each way.
    """
    inputs = one_request(model.schema)
    routed = {**inputs[DEFAULT], **inputs[surface], "surface": np.array([surface.encode()], object)}
    towers = {way: SavedModelSession(folder) for way, folder in folders.items()}
    ways: dict[str, Callable[[], object]] = {
        OWN: lambda: towers[OWN](surface, inputs[surface]),
        ROUTED: lambda: towers[OWN](DEFAULT, routed),
        ALL_EXPERTS: lambda: towers[ALL_EXPERTS](DEFAULT, routed),
        SHARED_ONCE: lambda: towers[SHARED_ONCE](DEFAULT, routed),
        NO_OP: lambda: towers[OWN](f"{NO_OP}_{surface}", inputs[surface]),
    }
    milliseconds: dict[str, list[float]] = {way: [] for way in ways}
    reads = []
    with memory_reader(_READ) as read:
        for _ in range(_BLOCKS):
            reads.append(read())
            for call in range(-_WARM_CALLS, -(-calls // _BLOCKS)):
                for way, run in ways.items():
                    seconds = _seconds(run)
                    if call >= 0:
                        milliseconds[way].append(1e3 * seconds)
    return TowerSpeed(
        milliseconds={way: np.array(own) for way, own in milliseconds.items()},
        active_bytes=_active_bytes(model.query_tower, surface),
        bandwidth=max(reads),
    )


def one_request(schema: Schema) -> dict[str, Mapping[str, np.ndarray]]:
    """`{signature: {input: [1, ...]}}` of a synthetic request."""
    sample = sample_requests(schema, requests_per_surface=1, candidates_per_product=1)
    every = warmup_inputs(schema, tower="query_tower", sample=sample)
    return {name: given for name, given in every if len(next(iter(given.values()))) == 1}


def _active_bytes(tower: Tower, surface: str) -> int:
    parts = (tower.experts[surface], tower.domain_shared, tower.encoder)
    numbers = sum(size for part in parts for _, size in served(part)) - tower.encoder.table.shape.num_elements()
    return 4 * numbers


def _no_op(signature: tf.types.experimental.PolymorphicFunction) -> tf.types.experimental.PolymorphicFunction:
    """A signature of the same inputs that computes nothing."""
    specs = signature.input_signature

    def first(*tensors: tf.Tensor) -> dict[str, tf.Tensor]:
        del tensors
        return {"embedding": tf.zeros([1, 1])}

    return tf.function(first, input_signature=specs, autograph=False)


def _seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
