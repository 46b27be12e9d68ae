import subprocess
import sys

import pytest
from absl import flags

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig, arguments
from mtmd_tf.jobs import settings
from tests import warm

PROGRAM = """
from absl import flags
from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.jobs import settings
FLAGS = flags.FlagValues()
settings.define(ModelConfig, into=FLAGS)
settings.define(TrainConfig, into=FLAGS)
def main(argv):
    model, train = settings.read(ModelConfig, source=FLAGS), settings.read(TrainConfig, source=FLAGS)
    print(model.deep_units, model.composition, train.use_weights, train.learning_rate)
settings.run(main, FLAGS)
"""


def run(*arguments: str) -> subprocess.CompletedProcess:
    command = [sys.executable, "-c", PROGRAM, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_each_setting_is_a_flag_with_the_papers_default():
    assert run().stdout == "(512, 256, 128, 128) sum False 0.001\n"


def test_a_flag_file_holds_one_setting_a_line(tmp_path):
    path = tmp_path / "my.flags"
    path.write_text("# a lab note\n--deep_units=16,16\n--composition=concat\n--use_weights\n--learning_rate=0.01\n")
    assert run(f"--flagfile={path}").stdout == "(16, 16) concat True 0.01\n"


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ("--batchsize=3", "Unknown command line flag 'batchsize'. Did you mean: batch_requests"),
        ("--look_every=3", "error: --look_every is now --eval_every.\n"),
        ("--composition=max", "value should be one of <sum|concat>"),
        ("--epochs=0", "error: TrainConfig.epochs is 0; it must be at least 1."),
        ("--deep_units=16,wide", "error: --deep_units takes whole numbers separated by commas, got 'wide'."),
        ("--learning_rate=nan", "error: flag --learning_rate=nan: a finite number is the rule; see --help."),
        ("epochs=3", "error: unknown argument 'epochs=3'; every setting is a flag"),
    ],
)
def test_a_wrong_setting_is_refused_in_one_line(argument, message):
    result = run(argument)
    assert result.returncode == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("ending", "code", "message"),
    [
        ("open('/proc/none/a', 'w')", 1, "error: /proc/none/a: no such file or directory; check the path"),
        ("raise KeyboardInterrupt", 130, "interrupted; run the same command to resume"),
        (
            "import tensorflow as tf; next(tf.data.TFRecordDataset('/proc/none').as_numpy_iterator())",
            1,
            "error: /proc/none: no such file or directory; check the path",
        ),
    ],
)
def test_refused_files_and_interruptions_end_in_one_line(ending, code, message):
    program = f"from absl import flags\nfrom mtmd_tf.jobs import settings\ndef main(argv):\n    {ending}\n"
    program += "settings.run(main, flags.FlagValues())\n"
    result = warm.run("-c", program)
    assert result.returncode == code
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_configurations_flags_say_what_is_not_at_its_default():
    config = TrainConfig(epochs=3, use_weights=True)
    assert arguments(config) == ["--epochs=3", "--use_weights=True"]
    assert arguments(ModelConfig(deep_units=(64, 48))) == ["--deep_units=64,48"]
    assert settings.changed("", config) == (config,)


def test_one_text_changes_several_configurations():
    model, train = ModelConfig(dim=4, tasks=("ctr",)), TrainConfig(epochs=3, use_weights=True)
    changed = settings.changed("--deep_units=64,48 --nouse_weights", model, train)
    assert changed == (ModelConfig(dim=4, tasks=("ctr",), deep_units=(64, 48)), TrainConfig(epochs=3))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("--epoch=3", r"Unknown command line flag 'epoch'. Did you mean: epochs \? in '--epoch=3'"),
        ("--look_requests=9", r"^--look_requests is now --eval_requests in '--look_requests=9'$"),
        ("--pieces=4", r"^Unknown command line flag 'pieces'"),  # renamed, but no setting of a training
        ("--epochs=0", r"TrainConfig.epochs is 0; it must be at least 1\."),
        ("epochs=3", r"unknown argument 'epochs=3' in 'epochs=3'; every setting is a flag"),
    ],
)
def test_a_wrong_change_is_refused(text, message):
    with pytest.raises(ConfigError, match=message):
        settings.changed(text, TrainConfig())


def test_a_flag_in_the_old_spelling_answers_with_the_new(capsys):
    own = flags.FlagValues()
    flags.DEFINE_string("labeled", "", "", flag_values=own)
    with pytest.raises(SystemExit):
        settings._parse(["", "--labelled=data"], own)
    assert capsys.readouterr().err == "error: --labelled is now --labeled.\n"


def _asked(*arguments: str) -> flags.FlagValues:
    own = flags.FlagValues()
    settings.define(ModelConfig, into=own, auto=["deep_units"])
    settings.define(TrainConfig, into=own, auto=["epochs", "learning_rate"])
    own(["", *arguments])
    return own


def test_what_is_left_to_the_data_is_not_given():
    own = _asked("--learning_rate=0.01")
    assert "deep_units" not in settings.given(ModelConfig, source=own)
    train = settings.given(TrainConfig, source=own)
    assert "epochs" not in train
    assert (train["learning_rate"], train["batch_requests"]) == (0.01, 384)


@pytest.mark.parametrize(("text", "there"), [("--deep_units=64,32", True), ("--deep_units=auto", False)])
def test_a_setting_can_be_said_or_left_to_the_data_again(text, there):
    given = settings.given(ModelConfig, source=_asked("--deep_units=16", text))
    assert given.get("deep_units") == ((64, 32) if there else None)


def test_what_would_be_left_to_the_data_is_said_even_at_its_default():
    said = arguments(ModelConfig(), TrainConfig(), always=["epochs", "deep_units"])
    assert said == ["--deep_units=512,256,128,128", "--epochs=2"]
    own = _asked(*said)
    assert settings.given(ModelConfig, source=own)["deep_units"] == (512, 256, 128, 128)


def test_a_number_that_is_neither_a_number_nor_auto_is_refused():
    with pytest.raises(flags.Error, match="epochs=automatic: an integer, or auto is wanted, got 'automatic'"):
        _asked("--epochs=automatic")


def test_a_probed_setting_takes_auto_which_is_then_for_others_to_settle():
    own = flags.FlagValues()
    settings.define(TrainConfig, probed=["precision"], into=own)
    own(["", "--precision=auto"])
    assert "precision" not in settings.given(TrainConfig, source=own)
    own(["", "--precision=bfloat16"])
    assert settings.given(TrainConfig, source=own)["precision"] == "bfloat16"
    with pytest.raises(flags.IllegalFlagValueError, match=r"one of <float32\|tf32\|bfloat16\|auto>"):
        own(["", "--precision=float16"])
