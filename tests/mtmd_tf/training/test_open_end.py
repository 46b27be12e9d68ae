"""A training with an open end goes on while it helps, resumes to the same bytes, and keeps averages."""

import dataclasses
import itertools

import numpy as np
import pytest

from mtmd_tf.training.averages import Averages
from mtmd_tf.training.optimizers import dense_variables
from tests.mtmd_tf.distribution import tiny_model
from tests.mtmd_tf.killed import Killed, KilledInThe
from tests.mtmd_tf.labeled import weights_of, write_labeled

OPEN = dataclasses.replace(tiny_model.CONFIG, epochs=2, max_steps=7, eval_every=1)  # 2 steps at least


class Mortal(KilledInThe):
    """Killed when the sixth epoch, which is the sixth step, begins."""

    epoch = 5


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_labeled(tmp_path_factory.mktemp("open") / "data", spread=True)


def test_it_goes_on_beyond_its_epochs_while_the_loss_falls_and_killed_it_goes_on(data, tmp_path, capsys):
    model, result = tiny_model.train(data, tmp_path / "run", config=OPEN)
    assert 5 < result.best_step <= result.steps <= 7
    with pytest.raises(Killed):
        tiny_model.train(data, tmp_path / "killed", config=OPEN, kind=Mortal)
    again, same = tiny_model.train(data, tmp_path / "killed", config=OPEN)
    assert "Going on from step 5 of " in capsys.readouterr().out
    assert (same.steps, same.best_step, same.held_out_loss) == (result.steps, result.best_step, result.held_out_loss)
    for one, other in zip(weights_of(model), weights_of(again), strict=True):
        np.testing.assert_array_equal(one, other)


def test_it_ends_where_nothing_is_gained(data, tmp_path):
    still = dataclasses.replace(OPEN, learning_rate=0.0, embedding_learning_rate=0.0)
    _, result = tiny_model.train(data, tmp_path / "run", config=still)
    assert result.stopped_early
    assert result.steps < 7  # weights stand still; statistics of normalization move for a few steps


def test_the_best_weights_are_averages_of_all_but_tables(data, tmp_path, monkeypatch):
    seen, own = [], Averages.take_step

    def watched(self: Averages, step: int) -> None:
        own(self, step)
        seen.append([variable.numpy() for variable in self._variables])

    monkeypatch.setattr(Averages, "take_step", watched)
    model, result = tiny_model.train(
        data, tmp_path / "run", config=dataclasses.replace(OPEN, max_steps=3, eval_every=3)
    )
    assert result.best_step == 3  # its only evaluation
    weights = np.array([1, 6, 21]) / 28
    for variable, *steps in zip(dense_variables(model), *seen, strict=True):
        np.testing.assert_allclose(variable, sum(w * each for w, each in zip(weights, steps, strict=True)), rtol=1e-5)
        assert any(not np.array_equal(one, other) for one, other in itertools.pairwise(steps))
