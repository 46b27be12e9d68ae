"""Two logical processors stand in for the host and its device."""

import json

from tests import warm

PROGRAM = """
import json
import mtmd_tf
import tensorflow as tf
[processor] = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(processor, [tf.config.LogicalDeviceConfiguration()] * 2)
from mtmd_tf.config import TrainConfig
from mtmd_tf.distribution.devices import tables_on
from mtmd_tf.distribution.prefetch import on_device
from mtmd_tf.features.fields import Encoder
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.training.optimizers import SplitOptimizer
from tests.mtmd_tf.small import small_batch, small_schema

def where(tensor):
    return (tensor.device if isinstance(tensor, tf.Variable) else tensor.backing_device)[-1]

found = {}
for place in ("host", "device"):
    with tf.device("CPU:1"), tables_on(place):
        encoder, kernel = Encoder(SideLayout("query", small_schema()), dim=4), tf.Variable(1.0, name="kernel")
        optimizer = SplitOptimizer(TrainConfig(), total_steps=9)
        optimizer.make_variables(tables=[encoder.table], dense=[kernel])
    before = encoder.table.numpy()

    @tf.function(autograph=False)
    def step(side):
        with tf.GradientTape() as tape:
            loss = kernel * tf.reduce_sum(encoder(side).embedded)
        return optimizer.minimize(loss, tape, tables=[encoder.table], dense=[kernel])

    batch = on_device(small_batch(), "CPU:1", tokens=place == "device")
    step(batch.query)
    found[place] = {
        "moved": bool((encoder.table.numpy() != before).any()),
        "table": where(encoder.table),
        "sums": where(optimizer.tables.get_slot(encoder.table, "accumulator")),
        "kernel": where(kernel),
        "tokens": where(batch.query.tokens),
        "bags": where(batch.query.bags[0].flat_values),
        "numbers": where(batch.item.numbers),
        "label": where(batch.label["ctr"]),
        "surface": where(batch.surface),
        "request_id": where(batch.request_id),
        "same": bool(tf.reduce_all(batch.item.numbers == small_batch().item.numbers)),
    }
print(json.dumps(found))
"""


def test_tables_their_optimizer_and_their_tokens_are_where_they_are_asked_for_and_all_else_on_the_device():
    done = warm.run("-c", PROGRAM)
    assert done.returncode == 0, done.stderr
    always = {
        "moved": True,
        "kernel": "1",
        "numbers": "1",
        "label": "1",
        "surface": "0",
        "request_id": "0",
        "same": True,
    }
    found = json.loads(done.stdout)
    assert found["host"] == {**always, "table": "0", "sums": "0", "tokens": "0", "bags": "0"}
    assert found["device"] == {**always, "table": "1", "sums": "1", "tokens": "1", "bags": "1"}
