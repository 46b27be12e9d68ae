import subprocess
import sys

import pytest

PROGRAM = """
from absl import flags
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.jobs import settings
settings.define(ModelConfig)
settings.define(TrainConfig)
def main(argv):
    model, train = settings.read(ModelConfig), settings.read(TrainConfig)
    print(model.deep_units, model.composition, train.use_weights, train.learning_rate)
settings.run(main)
"""


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_setting_is_a_flag_with_the_papers_default():
    assert run().stdout == "(512, 256, 128, 128) sum False 0.001\n"


def test_a_flag_file_holds_one_setting_a_line(tmp_path):
    path = tmp_path / "my.flags"
    path.write_text("# a lab note\n--deep_units=16,8\n--composition=concat\n--use_weights\n--learning_rate=0.01\n")
    assert run(f"--flagfile={path}").stdout == "(16, 8) concat True 0.01\n"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--batchsize=3", "Unknown command line flag 'batchsize'. Did you mean: batch_requests"),
        ("--composition=max", "value should be one of <sum|concat>"),
        ("--epochs=0", "error: TrainConfig.epochs is 0; it must be at least 1."),
        ("--deep_units=16,wide", "error: --deep_units takes whole numbers separated by commas, got 'wide'."),
        ("epochs=3", "error: unknown argument 'epochs=3'; every setting is a flag"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(argument, message):
    result = run(argument)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr
