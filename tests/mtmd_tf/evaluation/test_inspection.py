"""Router weights and gates: as the layers give them, over all batches, and nothing where there is no MTMD."""

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.config import EXPERTS
from mtmd_tf.evaluation.inspection import Inspection
from mtmd_tf.evaluation.inspection_figures import gate_maps, routing_bars
from mtmd_tf.features.batch import batch_spec
from mtmd_tf.gates import SqueezeExcite
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.routing import Router
from tests.mtmd_tf.small import SMALL, small_batch, small_schema


@pytest.fixture(scope="module")
def inspected() -> Inspection:
    model = TwoTowerModel(small_schema(), config=SMALL)
    model.make_variables()
    for variable in model.trainable_variables:  # away from the start, where all experts count the same
        variable.assign_add(tf.random.stateless_normal(variable.shape, seed=[1, 2]) * 0.3)
    inspection = Inspection(model)
    batches = [small_batch(12, seed=seed) for seed in (0, 1)]
    run = tf.function(inspection.run, input_signature=[batch_spec(batches[0])], autograph=False)
    for batch in batches:
        prediction, sums = run(batch)
        np.testing.assert_allclose(prediction["ctr"].yes, model(batch)["ctr"].yes, rtol=1e-4)
        inspection.add(sums)
    return inspection


def test_the_experts_of_a_task_add_up_to_one(inspected) -> None:
    total: dict[tuple[str, str, str], float] = {}
    for row in inspected.routing():
        place = (row.side, row.domain, row.task)
        total[place] = total.get(place, 0.0) + row.weight
    np.testing.assert_allclose(list(total.values()), 1.0, rtol=1e-5)
    assert ("item", "shopping", "octr") not in total
    assert ("item", "standard", "octr") in total


def test_every_row_of_a_domain_is_counted_once(inspected) -> None:
    surfaces = np.concatenate([small_batch(12, seed=seed).surface for seed in (0, 1)])
    rows = {row.domain: row.rows for row in inspected.gates() if row.side == "query"}
    assert rows == {name: (surfaces == at).sum() for at, name in enumerate(small_schema().surfaces)}


def test_a_field_that_cannot_exist_has_no_gate(inspected) -> None:
    fields = {(row.domain, row.field) for row in inspected.gates()}
    assert ("search", "words") in fields
    assert ("home_feed", "words") not in fields


def test_the_mean_is_the_layers_own() -> None:
    model, batch = TwoTowerModel(small_schema(), config=SMALL), small_batch(12)
    model(batch)
    inspection, expert = Inspection(model), model.item_tower.experts["standard"]
    given = {}
    original = expert.router.weights_of
    expert.router.__dict__["weights_of"] = lambda *inputs: given.setdefault("weights", original(*inputs))
    inspection.add(inspection.run(batch)[1])
    weight = [row.weight for row in inspection.routing() if (row.domain, row.task) == ("standard", "ctr")]
    np.testing.assert_allclose(weight, tf.reduce_mean(given["weights"][0], axis=0), rtol=1e-5)
    assert len(weight) == len(EXPERTS)


def test_the_model_is_left_as_it_was(inspected) -> None:
    layers = [layer for layer in inspected._model.submodules if isinstance(layer, Router | SqueezeExcite)]
    assert len(layers) == 2 * 5
    assert not any({"weights_of", "gate"} & set(vars(layer)) for layer in layers)


def test_another_architecture_has_nothing_to_inspect() -> None:
    inspection = Inspection(lambda batch: batch)
    assert inspection.run(3) == (3, {})
    assert inspection.routing() == inspection.gates() == ()


def test_figures_name_every_bar_and_field(inspected) -> None:
    bars, maps = routing_bars(inspected.routing()), gate_maps(inspected.gates())
    assert [label.get_text() for label in bars.axes[1].get_yticklabels()][:1] == ["standard, ctr"]
    assert "words" in [label.get_text() for label in maps.axes[0].get_yticklabels()]
    assert routing_bars([]) is gate_maps([]) is None
