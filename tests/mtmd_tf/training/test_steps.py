"""A step by XLA is the step without it, and few sizes of a domain are compiled."""

import json

import pytest

from tests.mtmd_tf.distribution.processes import ended, start

PROGRAM = """
import dataclasses
import json
import mtmd_tf
from mtmd_tf.benchmarks.synthetic import Size, batch_of, model_of
from mtmd_tf.config import TrainConfig
from mtmd_tf.training.optimizers import SplitOptimizer
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
    optimizer.make_variables(tables=model.embedding_variables, dense=model.dense_variables)
    step = TrainStep(model, optimizer, config=config, empty=batches[0], group=None, xla=xla)
    found[str(xla)] = [float(step([batch]).loss) for batch in batches]
print(json.dumps(found))
"""
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
