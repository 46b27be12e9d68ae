"""One case per layer class: ramp weights, ramp input or the tiny data set, and what comes out."""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from mtmd_tf import (
    adaptation,
    blocks,
    crossing,
    embedding,
    experts,
    gates,
    layer_norm,
    normalization,
    routing,
)
from mtmd_tf.architectures.embedding import PlainEmbedding
from mtmd_tf.architectures.fields import FlatFields
from mtmd_tf.architectures.joint import FieldsOnly, JointNetwork
from mtmd_tf.architectures.mmoe import MixtureOfExperts
from mtmd_tf.architectures.mmoe_dcn import MixtureOfCrosses
from mtmd_tf.architectures.ple import ExtractionLevel, ProgressiveExtraction
from mtmd_tf.architectures.shared_bottom import SharedBottom
from mtmd_tf.architectures.tower import PlainTower
from mtmd_tf.config import HeavyweightConfig
from mtmd_tf.cross_term import CrossTerm
from mtmd_tf.crossing import Crosses
from mtmd_tf.domain_expert import DomainExpert
from mtmd_tf.features.batch import Batch
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.heavyweight.network.cross_products import CrossProducts
from mtmd_tf.heavyweight.network.inputs import SideInput
from mtmd_tf.heavyweight.network.model import HeavyweightRanker
from mtmd_tf.heavyweight.network.piecewise_linear import PiecewiseLinearEncoding
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.tasks import LogProbability, MultiTask
from mtmd_tf.towers import Tower
from tests.mtmd_tf.layer_checks import ramp
from tests.mtmd_tf.small import SMALL
from tests.tfrecords_tools.tiny import tiny_requests, tiny_schema
from tfrecords_tools.examples import encode_requests, optional_columns

Outputs = dict[str, tf.Tensor]

QUERY, ITEM = (SideLayout(side, tiny_schema()) for side in ("query", "item"))
TASKS = SMALL.task_configs(tiny_schema())
NAMES = ["ctr", "gctr"]
DOMAIN = tf.constant([0, 1, 1])
PRESENT = tf.constant([[1.0, 0.0, 1.0], [1.0, 1.0, 1.0], [0.0, 1.0, 0.0]])


def built(case: Callable[[], Outputs]) -> tuple[Outputs, tf.keras.layers.Layer]:
    """The outputs of a case, and the layer that was called last, by no other layer."""
    called: list[tf.keras.layers.Layer] = []
    depth, call = 0, tf.keras.layers.Layer.__call__

    def noted(layer, *inputs, **options):
        nonlocal depth
        if not depth:
            called.append(layer)
        depth += 1
        try:
            return call(layer, *inputs, **options)
        finally:
            depth -= 1

    tf.keras.layers.Layer.__call__ = noted
    try:
        return case(), called[-1]
    finally:
        tf.keras.layers.Layer.__call__ = call


def ramped(layer: tf.keras.layers.Layer, *inputs, **options) -> Outputs:
    """What the layer makes of the inputs once every weight is a ramp; variances are made positive."""
    layer(*inputs, **options)
    for weight in layer.weights:
        numbers = (np.arange(int(np.prod(weight.shape))) % 7 - 3).reshape(weight.shape)
        numbers = 1 + numbers / 10 if "variance" in weight.name else numbers / 10
        weight.assign(tf.cast(numbers, weight.dtype))
    return named(layer(*inputs, **options))


def named(outputs) -> Outputs:
    """Tensors by name, whatever held them."""
    if isinstance(outputs, tuple):
        outputs = outputs._asdict() if hasattr(outputs, "_asdict") else {str(i): part for i, part in enumerate(outputs)}
    if isinstance(outputs, dict):
        return {f"{name}/{key}".rstrip("/"): t for name, part in outputs.items() for key, t in named(part).items()}
    return {"": outputs}


def batch() -> Batch:
    requests = tiny_requests()
    parser = RequestParser(tiny_schema(), columns=optional_columns(tiny_schema(), requests), cross=True)
    return parser(tf.constant(list(encode_requests(tiny_schema(), requests)), tf.string))


def masked_batch_norm() -> Outputs:
    layer = normalization.MaskedBatchNorm()
    outputs = ramped(layer, ramp(3, 3), PRESENT)
    trained = layer(ramp(3, 3), PRESENT, training=True)
    return outputs | {"training": trained, "moving_mean": layer.moving_mean, "moving_variance": layer.moving_variance}


def running_norm() -> Outputs:
    layer = normalization.RunningNorm()
    trained = layer(ramp(3, 3), PRESENT, training=True)
    return {"training": trained} | named(layer.moments) | {"serving": layer(ramp(2, 3), PRESENT[:2])}


def domain_expert() -> Outputs:
    expert = DomainExpert("standard", layout=ITEM, tasks=TASKS, config=SMALL, prior={}, seed=0)
    return ramped(expert, ramp(3, 4, 4), ramp(3, 8))


def multi_task() -> Outputs:
    label = {"ctr": tf.constant([0.5, float("nan")]), "gctr": tf.constant([0.25, 1.0])}
    even = LogProbability.of_logit(tf.constant([0.0, 1.0]))
    return {"loss": MultiTask(TASKS)(label, {"ctr": even, "gctr": even})}


def piecewise_numbers() -> Outputs:
    layer = PiecewiseLinearEncoding(2, bins=3)
    return named(layer(3 * ramp(4, 2), tf.ones([4, 2])))  # edges -1, -1/3, 1/3 and 1


def side_input() -> Outputs:
    layer = SideInput(QUERY, dim=2, bins=2)
    layer(batch().query)
    ramped(layer.encoder, batch().query)
    return named(layer(batch().query))


def heavyweight_ranker() -> Outputs:
    config = HeavyweightConfig(dim=2, bins=2, units=(4, 3), cross_projection=2)
    model = HeavyweightRanker(tiny_schema(), config=config)
    model(batch())
    for weight in model.trainable_weights:
        weight.assign(ramp(*weight.shape))
    return named(model(batch()))


CASES: dict[str, Callable[[], Outputs]] = {
    "ContinuousFields": lambda: ramped(adaptation.ContinuousFields(2), ramp(3, 2)),
    "CrossProducts": lambda: ramped(CrossProducts(tiny_schema(), units=2), batch()),
    "Crosses": lambda: ramped(Crosses(["a", "b"], rank=2), ramp(1, 3, 4), ramp(2, 3, 4)),
    "Crossing": lambda: ramped(crossing.Crossing(["ctr", "gctr"], projection=2), ramp(2, 3, 4)),
    "DomainAdaptation": lambda: ramped(adaptation.DomainAdaptation(2), PRESENT, ramp(3, 2, 2), ramp(3, 1)),
    "DomainExpert": domain_expert,
    "DomainExperts": lambda: ramped(
        experts.DomainExperts(["ctr", "gctr"], deep_units=[4, 3], shallow_units=[2]), ramp(3, 5), ramp(3, 2)
    ),
    "Encoder": lambda: ramped(Encoder(ITEM, dim=2), batch().item),
    "ExtractionLevel": lambda: ramped(
        ExtractionLevel(NAMES, task_experts=1, shared_experts=2, units=[3]), ramp(2, 3, 4), ramp(1, 3, 4)
    ),
    "FeedForward": lambda: ramped(blocks.FeedForward(["a", "b"], units=[4, 3]), ramp(3, 5)),
    "FlatFields": lambda: ramped(FlatFields(2, domains=2), PRESENT, ramp(3, 2, 2), ramp(3, 1), DOMAIN),
    "HeavyweightRanker": heavyweight_ranker,
    "FieldsOnly": lambda: ramped(FieldsOnly(ITEM, dim=2), batch().item, batch().product),
    "CrossTerm": lambda: ramped(CrossTerm(NAMES, features=3), ramp(3, 3), PRESENT),
    "JointNetwork": lambda: ramped(
        JointNetwork(NAMES, units=[4], head_units=[3], rank=2, biases=[[1.0, 2.0], [3.0, 4.0]]), ramp(3, 5), ramp(3, 4)
    ),
    "LayerNorm": lambda: ramped(layer_norm.LayerNorm(slope=0.2), ramp(2, 3, 4)),
    "Linear": lambda: ramped(blocks.Linear(["a", "b"], units=3), ramp(3, 5)),
    "TwoTowerModel": lambda: ramped(TwoTowerModel(tiny_schema(), config=SMALL), batch()),
    "MaskedBatchNorm": masked_batch_norm,
    "MixtureOfCrosses": lambda: ramped(
        MixtureOfCrosses(NAMES, experts=2, units=[5], rank=2, gate_units=[3], head_units=[4]), ramp(3, 5)
    ),
    "MixtureOfExperts": lambda: ramped(MixtureOfExperts(NAMES, experts=2, units=[5], head_units=[4]), ramp(3, 5)),
    "MultiTask": multi_task,
    "PiecewiseLinearEncoding": piecewise_numbers,
    "PlainEmbedding": lambda: ramped(PlainEmbedding(3, side="query", biases=[0.0, 0.0]), ramp(3, 4), DOMAIN),
    "PlainTower": lambda: ramped(
        PlainTower(ITEM, tasks=TASKS, network=SharedBottom(NAMES, units=[5], head_units=[4]), dim=2),
        batch().item,
        batch().product,
    ),
    "ProgressiveExtraction": lambda: ramped(
        ProgressiveExtraction(NAMES, levels=2, task_experts=1, shared_experts=1, units=[5, 3], head_units=[4]),
        ramp(3, 5),
    ),
    "Router": lambda: ramped(
        routing.Router(["ctr", "gctr"], experts=2, units=[4, 3]), ramp(3, 5), [ramp(2, 3, 4), ramp(1, 3, 4)]
    ),
    "RunningNorm": running_norm,
    "SharedBottom": lambda: ramped(SharedBottom(NAMES, units=[5, 3], head_units=[4]), ramp(3, 5)),
    "SideInput": side_input,
    "SqueezeExcite": lambda: ramped(gates.SqueezeExcite(), ramp(3, 3, 2), PRESENT),
    "TaskEmbedding": lambda: ramped(embedding.TaskEmbedding(3, side="query"), ramp(3, 4), ramp(3, 2)),
    "Tower": lambda: ramped(Tower(ITEM, tasks=TASKS, config=SMALL), batch().item, batch().product),
}


PEERS = "mtmd_tf.benchmarks.peers"  # layers that others would write, for comparison alone


def is_ours(layer: type) -> bool:
    """Whether a layer is a public one of the package."""
    module = layer.__module__
    return module.startswith("mtmd_tf.") and not module.startswith(PEERS) and not layer.__name__.startswith("_")


def layer_classes(root: type = tf.keras.layers.Layer) -> set[str]:
    """Names of the public layer classes that the imported modules of mtmd_tf define; Keras counts metrics as layers."""
    found = set()
    for subclass in root.__subclasses__():
        if is_ours(subclass) and not issubclass(subclass, tf.keras.metrics.Metric):
            found.add(subclass.__name__)
        found |= layer_classes(subclass)
    return found
