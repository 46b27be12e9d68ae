"""A training ends after its epochs, or once the last quarter of the steps, 500 at least, gained too little."""

import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.config import AVERAGED, TrainConfig
from mtmd_tf.training.ending import Ending

OPEN = TrainConfig(epochs=4, schedule=AVERAGED, patience=0)


def followed(ending: Ending, losses: list[float], *, every: int) -> int:
    """The steps taken where the held-out loss is `losses`, one each `every` steps, the last again and again."""
    best, since, step = float("inf"), 0, 0
    while not ending.over(step=step, without_gain=since):
        step += 1
        if step % every == 0 or step == ending.expected:
            loss = losses[min(-(-step // every), len(losses)) - 1]
            since = 0 if loss < best else since + 1
            best = min(best, loss)
            ending.take_evaluation(best, step=step)
    return step


def test_a_cosine_takes_its_epochs_or_runs_out_of_patience():
    assert followed(Ending(TrainConfig(epochs=4, patience=0), per_epoch=25), [1.0], every=5) == 100
    assert followed(Ending(TrainConfig(epochs=4, patience=2), per_epoch=25), [1.0, 0.9, 0.95, 0.95], every=5) == 20
    assert followed(Ending(TrainConfig(epochs=4, max_steps=7), per_epoch=25), [1.0], every=5) == 7


@pytest.mark.parametrize(
    ("losses", "steps"),
    [
        ([1.0], 110),  # nothing after the first evaluation: as many steps as its epochs take
        ([0.9**n for n in range(12)], 220),  # falls to step 120, and 100 steps longer
        ([0.9**n for n in range(45)], 600),  # falls to step 450, and a third longer
        ([0.9**n for n in range(11)] + [0.9**10 * 0.995], 210),  # half a percent at step 120 is no reason to go on
        ([0.9**n for n in range(10)] + [0.3, 1.0, 0.9], 210),  # the best of noise counts, not the latest
        ([0.98**n for n in range(200)], 1000),  # it never stops falling: ten times its epochs
        ([1.0, 0.0], 120),  # nothing is left to gain, also where rounding leaves less than nothing
        ([1.0, -1e-9], 120),
    ],
)
def test_an_open_end_is_a_third_longer_than_the_loss_fell_or_its_epochs(losses, steps):
    assert followed(Ending(OPEN, per_epoch=25), losses, every=10) == steps


@pytest.mark.parametrize(("fell", "steps"), [(1200, 1700), (1400, 1900), (2100, 2800)])
def test_no_more_than_500_steps_are_waited_for_a_hump_to_end(fell, steps):
    losses = [0.9**n for n in range(fell // 100)]
    assert followed(Ending(OPEN, per_epoch=300), losses, every=100) == steps


def test_a_limit_of_steps_holds_for_an_open_end_too():
    falling = [0.9**n for n in range(200)]
    assert (
        followed(Ending(TrainConfig(epochs=4, schedule=AVERAGED, max_steps=130), per_epoch=25), falling, every=9) == 130
    )
    assert (
        followed(Ending(TrainConfig(epochs=4, schedule=AVERAGED, max_steps=30), per_epoch=25), falling, every=9) == 30
    )


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.floats(1e-6, 10.0), min_size=1, max_size=60),
    st.integers(1, 30),
    st.integers(1, 20),
    st.integers(1, 5),
)
def test_any_loss_ends_between_the_epochs_and_ten_times_as_many(losses, per_epoch, every, epochs):
    ending = Ending(TrainConfig(epochs=epochs, schedule=AVERAGED, patience=0), per_epoch=per_epoch)
    steps = followed(ending, losses, every=every)
    assert epochs * per_epoch <= steps <= 10 * epochs * per_epoch
    fell = int(ending.step)  # where the loss last fell by a percent
    assert steps == ending.most or steps >= 4 * fell // 3
    assert steps <= max(epochs * per_epoch, 4 * fell / 3, fell + min(500, epochs * per_epoch))


def test_a_restored_ending_ends_where_the_other_would_have(tmp_path):
    ending, again = Ending(OPEN, per_epoch=25), Ending(OPEN, per_epoch=25)
    ending.take_evaluation(0.5, step=90)
    path = tf.train.Checkpoint(ending=ending).write(str(tmp_path / "ckpt"))
    tf.train.Checkpoint(ending=again).read(path).assert_consumed()
    assert again.expected == ending.expected == 190  # 90 and the steps of its epochs
