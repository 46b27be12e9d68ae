"""A step has few operations; by XLA it is the step without it, and few sizes of a domain are compiled."""

import dataclasses
import json

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.benchmarks.synthetic import Size, batch_of, model_of
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.execution import PLAIN, Execution, executing
from mtmd_tf.features.batch import Batch, batch_spec
from mtmd_tf.sizing.facts import NOMINAL, Domain, Side
from mtmd_tf.sizing.start import start_of
from mtmd_tf.training.optimizers import SplitOptimizer, dense_variables
from tests.mtmd_tf.distribution.processes import ended, start
from tests.mtmd_tf.small import SHARED

PROGRAM = """
import dataclasses
import json
import mtmd_tf
from mtmd_tf.benchmarks.synthetic import Size, batch_of, model_of
from mtmd_tf.config import TrainConfig
from mtmd_tf.training.optimizers import SplitOptimizer, dense_variables
from mtmd_tf.training.steps import TrainStep
from tests.mtmd_tf.small import SHARED

small = dataclasses.replace(SHARED, deep_units=(8,), shallow_units=(4,), router_units=(4,))
sizes = [Size(surfaces=1, tasks=1, fields=4, candidates=3, pairs=pairs, vocabulary=50) for pairs in (84, 87, 90, 93)]
config = TrainConfig(warmup_steps=1)
found = {}
for xla in (False, True):
    model = model_of(sizes[0], config=small)
    batches = [batch_of(size, model) for size in sizes]
    model.compute_loss(batches[0])
    optimizer = SplitOptimizer(config, total_steps=9)
    optimizer.make_variables(tables=model.embedding_variables, dense=dense_variables(model))
    step = TrainStep(model, optimizer, config=config, empty=batches[0], group=None, xla=xla)
    found[str(xla)] = [float(step([batch]).loss) for batch in batches]
print(json.dumps(found))
"""
TINY = dataclasses.replace(SHARED, deep_units=(4,), shallow_units=(2,), router_units=(2,), crossing=False)
INSTANTLY = "Instantly compiling for signature"


@pytest.mark.slow
def test_xla_trains_the_same_and_compiles_few_sizes():
    seen = {"TF_CPP_MIN_LOG_LEVEL": "0", "TF_CPP_VMODULE": "device_compiler=2"}
    [(code, said, errors)] = ended([start(("-c", PROGRAM), **seen)])
    assert code == 0, errors
    found = json.loads(said)
    assert found["True"] == pytest.approx(found["False"], abs=1e-5)
    # The surface has 28 to 31 rows and each product about 45: sizes of 28 and 32, and of 40, 48 and 56, each forward
    # and back, and one optimizer. Without padding each of the 4 steps would compile 6.
    assert 7 <= errors.count(INSTANTLY) <= 17


def test_a_step_in_blocks_is_the_step_at_once() -> None:
    size = Size(surfaces=2, tasks=2, fields=8, candidates=3, pairs=780, vocabulary=20)  # the items in two blocks
    model = model_of(size, config=dataclasses.replace(TINY, deep_units=(8, 4)))
    batch = batch_of(size, model)

    def step(batch: Batch) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, training=True)
        gradients = tape.gradient(loss, model.trainable_variables, unconnected_gradients="zero")
        return [loss, *map(tf.convert_to_tensor, gradients)]

    found = []
    for execution in (Execution(in_blocks=True), PLAIN):
        for moments in model.non_trainable_variables:
            moments.assign(tf.zeros_like(moments))
        traced = tf.function(step, input_signature=[batch_spec(batch)], autograph=False)
        with executing(execution):
            found.append(traced(batch))
        types = [operation.type for operation in traced.get_concrete_function().graph.get_operations()]
        assert ("MapDefun" in types) == execution.in_blocks
    for own, plain in zip(*found, strict=True):
        np.testing.assert_allclose(own, plain, rtol=1e-3, atol=1e-6)


def operations(*, surfaces: int, tasks: int, config: ModelConfig = TINY) -> int:
    """Operations of the graph of a training step, of any batch."""
    size = Size(surfaces=surfaces, tasks=tasks, fields=8, candidates=3, pairs=6, vocabulary=20)
    model = model_of(size, config=config)
    optimizer = SplitOptimizer(TrainConfig(), total_steps=9)
    optimizer.make_variables(tables=model.embedding_variables, dense=dense_variables(model))

    def step(batch: Batch) -> tf.Tensor:
        with tf.GradientTape() as tape:
            loss = model.compute_loss(batch, training=True)
        return optimizer.minimize(loss, tape, tables=model.embedding_variables, dense=dense_variables(model))

    traced = tf.function(step, input_signature=[batch_spec(batch_of(size, model))], autograph=False)
    with executing(Execution(in_blocks=True)):
        return len(traced.get_concrete_function().graph.get_operations())


def test_operations_of_a_step_grow_in_a_straight_line_with_the_surfaces() -> None:
    two, three, four = (operations(surfaces=surfaces, tasks=1) for surfaces in (2, 3, 4))
    assert abs((four - three) - (three - two)) <= 3
    assert four < 2 * two


def test_a_step_of_the_default_layers_has_few_operations() -> None:
    """Some 17,000 where gradients are not written out; a millisecond of processor time each, to trace and to start."""
    default = ModelConfig()
    layers = {name: (2,) * len(getattr(default, name)) for name in ("deep_units", "shallow_units", "router_units")}
    narrow = dataclasses.replace(default, dim=4, **layers, cross_projection=1, root_embedding=2, child_embedding=2)
    counted = operations(surfaces=3, tasks=4, config=narrow)
    assert counted < 8_800
    sides = [
        Side(fields=4, table_rows=20, domains=(Domain(fields=4, descriptors=2, tasks=4),) * domains)
        for domains in (3, 2)
    ]
    facts = dataclasses.replace(NOMINAL, query=sides[0], item=sides[1])
    assert start_of(narrow, facts).operations == pytest.approx(counted, rel=0.1)  # what `train.py` says of many domains
