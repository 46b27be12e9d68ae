import json
import pathlib
import subprocess
import sys

import pytest

import train as recipe
from mtmd_tf.training.runs import load_model
from tests import warm
from tests.mtmd_tf.jobs.recipe import ended
from tests.narrow import NARROW

CHECKOUT = pathlib.Path(__file__).parents[1]


def train(*arguments: str) -> subprocess.CompletedProcess:
    return warm.run("train.py", *arguments)


def train_cold(*arguments: str) -> subprocess.CompletedProcess:
    """As a user does, with a Python of its own."""
    command = [sys.executable, "train.py", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def run(labeled, tmp_path_factory) -> tuple[pathlib.Path, subprocess.CompletedProcess]:
    folder = tmp_path_factory.mktemp("runs") / "narrow"
    flags = folder.parent / "my.flags"
    flags.write_text("\n".join([f"--data={labeled}", f"--run={folder}", "--epochs=1", "--held_out_days=1", *NARROW]))
    return folder, train_cold(f"--flagfile={flags}", "--report_surface=search")


def test_a_flag_file_is_all_it_needs(run):
    folder, result = run
    assert result.returncode == 0, result.stderr
    assert "Training on 2017-03-01 to 2017-03-04, stopping early by 2017-03-05." in result.stdout
    names = {path.name for path in folder.iterdir()}
    assert {"config.json", "schema.json", "metrics.jsonl", "report.md", "evaluation.json", "figures"} <= names
    assert {"checkpoints", "tensorboard", "fit.json"} <= names
    assert json.loads((folder / "config.json").read_text())["model"]["deep_units"] == [8]
    warned = [line for line in result.stdout.splitlines() if line.startswith("Warning: ")]
    assert len(set(warned)) == len(warned)


def test_what_was_not_said_follows_from_the_data_with_its_reason_and_is_written_down(run):
    folder, result = run
    config = json.loads((folder / "config.json").read_text())
    assert "Settings that follow from the data (say one to change it):" in result.stdout
    assert f"--batch_requests={config['train']['batch_requests']}  about the root of 640 pairs" in result.stdout
    assert config["train"]["warmup_steps"] * 10 <= json.loads((folder / "fit.json").read_text())["steps"]
    left = {
        "batch_requests",
        "learning_rate",
        "embedding_learning_rate",
        "warmup_steps",
        "eval_every",
        "patience",
        "schedule",
    }
    assert config["reasons"].keys() == left


def test_the_report_lists_the_surface_asked_for_first_and_what_does_not_exist(run):
    report = (run[0] / "report.md").read_text()
    assert report in run[1].stdout
    assert report.index("| search") < report.index("| home")
    assert "N/A" in report


def test_a_baseline_of_one_slice_takes_the_same_path(labeled, tmp_path):
    flags = ("--architecture=single_slice", "--slice=search/standard", "--epochs=1", "--held_out_days=1")
    result = train(f"--data={labeled}", f"--run={tmp_path / 'run'}", "--latency", "--precision=auto", *flags, *NARROW)
    assert result.returncode == 0, result.stderr
    config = json.loads((tmp_path / "run" / "config.json").read_text())
    assert f"--precision={config['train']['precision']}: {config['reasons']['precision']}" in result.stdout
    evaluation = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    measured = {(row["surface"], row["product"]) for row in evaluation["rows"] if row["pairs"]}
    assert {pair for pair in measured if "all" not in pair} == {("search", "standard")}
    assert list(json.loads((tmp_path / "run" / "latency.json").read_text())) == ["search"]


def test_one_product_alone_is_measured_on_every_surface_with_a_linear_term(labeled, tmp_path):
    flags = ("--architecture=shared_bottom", "--slice=*/standard", "--epochs=1", "--held_out_days=1")
    flags += ("--score_features=seen", "--tables=host")
    result = train(f"--data={labeled}", f"--run={tmp_path / 'run'}", *flags, *NARROW)
    assert result.returncode == 0, result.stderr
    evaluation = json.loads((tmp_path / "run" / "evaluation.json").read_text())
    measured = {(row["surface"], row["product"]) for row in evaluation["rows"] if row["pairs"]}
    assert {pair for pair in measured if "all" not in pair} == {("home", "standard"), ("search", "standard")}
    seen = load_model(tmp_path / "run").described_term()[0]
    assert 0.4 < seen.mean < 0.8  # ln(1 + a count around 1)
    assert seen.weight["ctr"] != 0.0 == seen.missing["ctr"]  # none is missing


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--data=nowhere",), "error: no data set at nowhere: make one"),
        (("--tasks=gctr",), "error: task 'gctr' needs its parent 'ctr'; the tasks are ['gctr']."),
        (("--score_features=age",), "error: score_features: 'age' is no feature; it must be a number of a pair of"),
        (("--report_surface=feed",), "error: no surface 'feed' in"),
        (("--device=gpu",), "error: --device=gpu, and TensorFlow finds no GPU here; install mtmd-tf[cuda], or say"),
        (("--precision=tf32",), "error: --precision=tf32, and TensorFlow finds no GPU here; install mtmd-tf[cuda], or"),
        (("--precision=auto", "--strategy=multi_worker"), "error: --precision=auto would ask each worker's machine by"),
        (("--xla", "--architecture=mmoe"), "error: --xla compiles the domains of --architecture=mtmd, not mmoe; leave"),
        (("--xla", "--strategy=mirrored"), "error: --xla is for one device; leave it out, or say --strategy=none."),
        (("--tables=host", "--strategy=mirrored"), "error: --tables=host is for one device; leave it out, or say"),
        (("--use_weights", "--held_out_days=1"), "has no column `weight` for --use_weights to weigh pairs by; convert"),
        (("--sample_share=1e-9", "--held_out_days=1"), "2017-03-01 to 2017-03-04; raise --sample_share=1e-09."),
        (("--slice=search",), "error: no slice 'search' in schema 'tiny'; it has ['home/standard', "),
    ],
)
def test_what_a_user_can_mend_is_one_line(labeled, tmp_path, arguments, message):
    result = ended(recipe, f"--data={labeled}", f"--run={tmp_path / 'run'}", *arguments)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "run").exists()  # so that the corrected command is not refused


def test_an_unknown_flag_is_answered_with_its_like(labeled, tmp_path):
    result = train_cold(f"--data={labeled}", f"--run={tmp_path / 'run'}", "--batchsize=3")
    assert result.returncode == 1
    assert "Unknown command line flag 'batchsize'. Did you mean: batch_requests" in result.stderr
    assert "Traceback" not in result.stderr
