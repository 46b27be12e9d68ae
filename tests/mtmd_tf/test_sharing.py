"""A weight as a base plus a deviation, by hand-computed numbers; what a whole tower makes of it."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from mtmd_tf.blocks import FeedForward, Linear
from mtmd_tf.features.layout import SideLayout
from mtmd_tf.sharing import Sharing, deviations, folded
from mtmd_tf.towers import Tower
from tests.mtmd_tf.layer_checks import assign, ramp
from tests.mtmd_tf.small import SHARED, SMALL, small_batch, small_schema

FORMS = ("additive", "multiplicative", "low_rank")


def pair(form: str, *, scale: float = 1.0) -> tuple[Linear, Linear]:
    """A base of copies a, b and inputs 0 to 2, and a domain's b with inputs 0 and 2; base kernel of b: 4, 5, 6."""
    base = Linear(["a", "b"], units=1, name="base")
    base(tf.zeros([0, 3]))
    base.set_weights([np.reshape([1.0, 2.0, 3.0, 4.0, 5.0, 6.0], [2, 3, 1]), np.reshape([10.0, 20.0], [2, 1, 1])])
    own = Linear(["b"], units=1, name="own")
    own.deviate(base, sharing=Sharing(form=form, rank=1, scale=scale), inputs=(0, 2))
    own(tf.zeros([0, 2]))
    return base, own


@pytest.mark.parametrize("form", FORMS)
def test_a_domain_starts_as_the_base_of_its_own_tasks_and_features(form):
    _, own = pair(form)
    np.testing.assert_allclose(own(tf.constant([[1.0, 100.0]])), [[[4.0 + 600.0 + 20.0]]])


@pytest.mark.parametrize(
    ("form", "weights", "wanted"),
    [
        ("additive", {"kernel": [[[1.0], [2.0]]], "bias": [[[3.0]]]}, (4 + 1) + 100 * (6 + 2) + 20 + 3),
        ("multiplicative", {"kernel": [[[1.0], [2.0]]], "bias": [[[3.0]]]}, 4 * 2 + 100 * 6 * 3 + 20 + 3),
        (
            "low_rank",
            {"kernel_down": [[[1.0], [2.0]]], "kernel_up": [[[3.0]]], "bias": [[[3.0]]]},
            (4 + 3) + 100 * (6 + 6) + 20 + 3,
        ),
    ],
)
def test_a_deviation_by_hand(form, weights, wanted):
    _, own = pair(form)
    assign(own, weights)
    np.testing.assert_allclose(own(tf.constant([[1.0, 100.0]])), [[[wanted]]])


@pytest.mark.parametrize(
    ("form", "weights", "wanted"),
    [
        ("additive", {"kernel": [[[1.0], [2.0]]], "bias": [[[3.0]]]}, (4 + 0.5) + 100 * (6 + 1) + 20 + 3),
        ("multiplicative", {"kernel": [[[1.0], [2.0]]], "bias": [[[3.0]]]}, 4 * 1.5 + 100 * 6 * 2 + 20 + 3),
        (
            "low_rank",
            {"kernel_down": [[[1.0], [2.0]]], "kernel_up": [[[3.0]]], "bias": [[[3.0]]]},
            (4 + 1.5) + 100 * (6 + 3) + 20 + 3,
        ),
    ],
)
def test_a_scale_of_one_half_halves_the_kernels_deviation_and_not_the_biases(form, weights, wanted):
    _, own = pair(form, scale=0.5)
    assign(own, weights)
    np.testing.assert_allclose(own(tf.constant([[1.0, 100.0]])), [[[wanted]]])
    assert deviations(own)[0].deviation(tf.constant([[[4.0], [6.0]]])).shape == [1, 2, 1]


def test_base_and_deviation_both_learn_from_a_domains_rows():
    base, own = pair("additive")
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(own(tf.constant([[1.0, 100.0]])))
    of_base, of_own = tape.gradient(total, [base.trainable_variables[0], own.trainable_variables[0]])
    assert isinstance(of_base, tf.Tensor)  # dense: Adam decays what a look-up's sparse gradient leaves out
    np.testing.assert_allclose(of_base[:, :, 0], [[0, 0, 0], [1, 0, 100]])
    np.testing.assert_allclose(of_own[:, :, 0], [[1.0, 100.0]])


def test_a_feed_forward_without_inputs_of_the_base_keeps_its_first_kernel():
    base, own = (FeedForward(["a"], units=[3, 2], name=name, seed=seed) for seed, name in enumerate(("base", "own")))
    base(tf.zeros([0, 5]))
    own.deviate(base, sharing=Sharing(), inputs=())
    own(tf.zeros([0, 1]))
    assert len(deviations(own)) == 2  # the second kernel and bias


def make(side: str = "item", **settings) -> Tower:
    config = dataclasses.replace(SHARED, **settings)
    tower = Tower(SideLayout(side, small_schema()), tasks=config.task_configs(small_schema()), config=config, seed=3)
    run(tower)
    return tower


def run(tower: Tower, *, training: bool = False) -> dict[str, np.ndarray]:
    batch = small_batch(8)
    side, domain = (batch.query, batch.surface) if tower.layout.side == "query" else (batch.item, batch.product)
    return {task: rows.numpy() for task, rows in tower(side, domain, training=training).items()}


@pytest.mark.parametrize("side", ["query", "item"])
@pytest.mark.parametrize("form", FORMS)
def test_folded_towers_say_what_they_said(side, form):
    tower = make(side, domain_sharing=form)
    for place, weight in enumerate(deviations(tower)):
        for variable in weight.own:
            variable.assign(ramp(*variable.shape) * (1 + place % 3))
    before = run(tower)
    with folded(tower) as variables:
        assert len(variables) == len(deviations(tower))
        for variable in [own for weight in deviations(tower) for own in weight.own]:
            variable.assign_add(tf.ones_like(variable))  # nobody reads it now
        after = run(tower)
    for task, rows in before.items():
        np.testing.assert_allclose(after[task], rows, rtol=1e-5, atol=1e-5)
    assert any(np.abs(run(tower)[task] - rows).max() > 0.01 for task, rows in before.items())  # read again


def test_domains_of_zero_deviation_are_one_function():
    """With biases and moments alike, a row of features that every product has is embedded alike by all of them."""
    tower = make("item")
    for norm in (expert.adaptation._normalize for expert in tower.experts.values()):
        norm.set_weights([np.zeros_like(weight) for weight in norm.get_weights()])
    batch = small_batch(8)
    shopping_only = [feature.name for feature in tower.layout.features].index("discount")
    mask = batch.item.mask.numpy()
    mask[:, shopping_only] = 0.0
    side = batch.item._replace(mask=tf.constant(mask))
    encoded = tower.encode(side, training=False)
    adapted = {name: expert.adapt(encoded, training=False) for name, expert in tower.experts.items()}
    own = tower.layout.fields_of("standard")
    both = tf.gather(adapted["shopping"], own, axis=1)
    np.testing.assert_allclose(adapted["standard"], both, atol=1e-6)


def test_the_papers_text_has_no_base_and_no_deviation():
    config = dataclasses.replace(SMALL)
    tower = Tower(SideLayout("item", small_schema()), tasks=config.task_configs(small_schema()), config=config)
    run(tower)
    assert tower.base is None
    assert not deviations(tower)


def test_a_tower_of_one_domain_shares_nothing_with_itself():
    schema = dataclasses.replace(small_schema(), surfaces=("search",))
    tower = Tower(SideLayout("query", schema), tasks=SHARED.task_configs(schema), config=SHARED)
    assert tower.base is None


def test_every_weight_of_a_shared_tower_learns():
    tower = make("query")
    batch = small_batch(30)
    with tf.GradientTape() as tape:
        embedded = tower(batch.query, batch.surface, training=True)
        total = tf.add_n([tf.reduce_sum(tf.square(rows)) for rows in embedded.values()])
    missing = [
        variable.name
        for variable, gradient in zip(
            tower.trainable_variables, tape.gradient(total, tower.trainable_variables), strict=True
        )
        if gradient is None
    ]
    assert not missing
