import json

from mtmd_tf.training.journal import HELD_OUT_LOSS, Journal, evaluations


def lines(run):
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text().splitlines()]


def test_each_call_is_one_line_and_one_point_of_each_scalar(tmp_path):
    journal = Journal(tmp_path, step=0)
    journal.write(20, loss=0.5)
    assert lines(tmp_path) == [{"step": 20, "loss": 0.5}]
    assert list((tmp_path / "tensorboard").glob("events.out.tfevents.*"))


def test_what_was_written_after_the_checkpoint_is_dropped(tmp_path):
    journal = Journal(tmp_path, step=0)
    for step in (20, 40, 60):
        journal.write(step, loss=1 / step)
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 80, "lo')  # cut off by the kill
    Journal(tmp_path, step=40)
    assert [line["step"] for line in lines(tmp_path)] == [20, 40]


def test_looks_are_read_back_without_the_line_that_a_kill_cut_off(tmp_path):
    assert evaluations(tmp_path) == []
    journal = Journal(tmp_path, step=0)
    journal.write(20, loss=0.5)
    journal.write(25, **{HELD_OUT_LOSS: 0.4})
    with (tmp_path / "metrics.jsonl").open("a") as file:
        file.write('{"step": 30, "held_out_lo')
    assert evaluations(tmp_path) == [(25, 0.4)]


def test_lines_that_are_none_of_ours_are_dropped(tmp_path):
    Journal(tmp_path, step=0).write(20, loss=0.5)
    with (tmp_path / "metrics.jsonl").open("ab") as file:
        file.write(b'7\n[]\nnull\n"step"\n{"step": "x"}\n{"step": null}\n{}\n\xff\xfe\n')
    assert evaluations(tmp_path) == []
    Journal(tmp_path, step=20)
    assert lines(tmp_path) == [{"step": 20, "loss": 0.5}]
