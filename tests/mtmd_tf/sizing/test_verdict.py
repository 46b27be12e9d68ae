import pytest

from mtmd_tf.sizing.verdict import verdict


@pytest.mark.parametrize(
    ("losses", "options", "said"),
    [
        ((0.5, 0.4, 0.399), {}, None),
        ((0.5, 0.4, 0.41), {"stopped_early": True}, None),
        ((0.5, 0.4, 0.3), {}, "The best weights are those of the last look, 25.0% better than any before"),
        ((0.5, 0.4, 0.3), {"stopped_early": True}, None),
        ((0.3, 0.4, 0.5), {}, "The best weights are those of the first look, at step 10 of 30"),
        (
            (0.5, 0.3, 0.4),
            {"warmup_steps": 20},
            "The best weights are those of step 20, inside the warm-up of 20 steps",
        ),
        ((0.5, 0.3, 0.4), {"warmup_steps": 100}, "The training took 30 steps and the rate climbs over 100"),
        ((0.5,), {"steps": 10}, "The held-out days were looked at once, at step 10"),
        ((), {}, None),
    ],
)
def test_how_a_training_ended(losses, options, said):
    looks = [(10 * (place + 1), loss) for place, loss in enumerate(losses)]
    found = verdict(looks, **{"steps": 30, "warmup_steps": 3, "stopped_early": False, **options})
    assert len(found) == (0 if said is None else 1)
    assert said is None or found[0].startswith(said)
