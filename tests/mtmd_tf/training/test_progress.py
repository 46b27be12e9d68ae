import tensorflow as tf

from mtmd_tf.training.progress import Progress


def test_an_evaluation_is_better_than_all_before_or_costs_patience():
    progress = Progress()
    found = []
    for step, loss in enumerate((0.5, 0.4, 0.4, 0.6), start=1):
        assert progress.take_step(epoch=0, epoch_step=step, pairs=8) == step
        found.append((progress.take_evaluation(loss), progress.without_gain))
    assert found == [(True, 0), (True, 0), (False, 1), (False, 2)]
    result = progress.result(total_steps=9)
    assert (result.steps, result.best_step, result.stopped_early, result.pairs) == (4, 2, True, 32)
    assert round(result.held_out_loss, 9) == 0.4


def test_clocks_count_what_lies_between_start_and_stop(monkeypatch):
    now = iter((1.0, 3.0, 4.0, 10.0, 10.5))
    monkeypatch.setattr("time.perf_counter", lambda: next(now))
    progress = Progress()  # starts at 1
    progress.take_step(epoch=0, epoch_step=1, pairs=30)
    assert progress.pairs_per_second() == 15.0  # at 3
    progress.stop_clocks()  # at 4
    progress.start_clocks()  # at 10
    progress.stop_clocks()  # at 10.5
    assert progress.result(total_steps=1).seconds == 3.5


def test_a_checkpoint_has_the_names_of_what_it_holds(tmp_path):
    progress = Progress()
    progress.take_evaluation(0.25)
    progress.take_evaluation(0.5)
    path = tf.train.Checkpoint(progress=progress.checkpoint).write(str(tmp_path / "ckpt"))
    names = {name.split("/")[1] for name, _ in tf.train.list_variables(path) if name.startswith("progress/")}
    assert names == {
        "step", "epoch", "epoch_step", "pairs", "seconds", "cpu_seconds", "best_step", "best_loss",
        "evaluations_without_gain",
    }  # fmt: skip
    again = Progress()
    tf.train.Checkpoint(progress=again.checkpoint).read(path).assert_consumed()
    assert again.without_gain == 1
