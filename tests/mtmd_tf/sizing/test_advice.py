import pytest

from mtmd_tf.sizing.advice import advice


@pytest.mark.parametrize(
    ("losses", "options", "said"),
    [
        ((0.5, 0.4, 0.399), {}, None),
        ((0.5, 0.4, 0.41), {"stopped_early": True}, None),
        ((0.5, 0.4, 0.3), {}, "The best weights are those of the last evaluation, 25.0% better than any before"),
        ((0.5, 0.4, 0.3), {"stopped_early": True}, None),
        ((0.3, 0.4, 0.5), {}, "The best weights are those of the first evaluation, at step 10 of 30"),
        (
            (0.5, 0.3, 0.4),
            {"warmup_steps": 20},
            "The best weights are those of step 20, inside the warm-up of 20 steps",
        ),
        ((0.5, 0.3, 0.4), {"warmup_steps": 100}, "The training took 30 steps and the rate climbs over 100"),
        ((0.5,), {"steps": 10}, "The training was evaluated once on the held-out days, at step 10"),
        ((), {}, None),
    ],
)
def test_how_a_training_ended(losses, options, said):
    evaluations = [(10 * (place + 1), loss) for place, loss in enumerate(losses)]
    found = advice(evaluations, **{"steps": 30, "warmup_steps": 3, "stopped_early": False, **options})
    assert len(found) == (0 if said is None else 1)
    assert said is None or found[0].startswith(said)


def test_an_open_end_that_met_its_limit_is_told_to_stay_open():
    falling = [(10, 0.5), (20, 0.4), (30, 0.3)]
    [said] = advice(falling, steps=30, warmup_steps=3, stopped_early=False, open_end=True)
    assert said.endswith("before: --schedule=averaged with more --epochs may help.")
    [said] = advice(falling, steps=30, warmup_steps=3, stopped_early=False, open_end=True, max_steps=30)
    assert said.endswith("before: a larger --max_steps may help.")


def test_the_widths_are_those_of_the_model():
    said = advice([(10, 0.3), (20, 0.4)], steps=20, warmup_steps=3, stopped_early=False, widths="units")
    assert said[0].endswith("Try fewer --epochs, a lower --embedding_learning_rate or narrower --units.")
