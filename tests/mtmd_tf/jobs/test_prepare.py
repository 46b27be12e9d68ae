import pathlib

import pytest
from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import prepare


@pytest.fixture
def calls(monkeypatch) -> list[tuple[str, ...]]:
    made: list[tuple[str, ...]] = []
    monkeypatch.setattr(prepare, "call", lambda *command: made.append(command))
    return made


def test_a_data_set_that_is_there_is_left_alone(labeled, calls):
    prepare.prepare(labeled, raw="", build="")
    assert calls == []


def test_what_is_missing_is_built_then_labeled(tmp_path, calls, capsys):
    raw, data = tmp_path / "raw", tmp_path / "labeled"
    prepare.prepare(data, raw=str(raw), build="adworld --requests=60 --seed=1")
    assert calls == [
        ("-m", "tfrecords_tools", "build", "adworld", "--requests=60", "--seed=1", f"--out={raw}"),
        ("-m", "mtmd_tf.jobs.label", f"--data={raw}", f"--out={data}"),
    ]
    assert f"There is no data set at {raw} yet: building it." in capsys.readouterr().out


def test_the_ranker_is_trained_with_the_settings_that_the_recipe_says(tmp_path, calls):
    raw, data = tmp_path / "raw", tmp_path / "labeled"
    prepare.prepare(data, raw=str(raw), build="adworld", label="--cross_product_l1=1e-4 --epochs=3")
    assert calls[1] == (
        "-m",
        "mtmd_tf.jobs.label",
        f"--data={raw}",
        f"--out={data}",
        "--cross_product_l1=0.0001",
        "--epochs=3",
    )


def test_labels_of_a_ranker_with_other_settings_are_refused(labeled, calls):
    raw = {"raw": str(labeled), "build": ""}
    prepare.prepare(labeled, **raw, label="--epochs=6")  # the default
    with pytest.raises(ConfigError, match=r"with every setting at its default, --label says '?--epochs=3"):
        prepare.prepare(labeled, **raw, label="--epochs=3")
    assert calls == []


def test_a_setting_that_no_ranker_has_is_refused_before_anything_is_built(tmp_path, calls):
    with pytest.raises(ConfigError, match=r"Unknown command line flag 'epoch'.*"):
        prepare.prepare(tmp_path / "none", raw=str(tmp_path / "raw"), build="adworld", label="--epoch=3")
    assert calls == []


def test_without_a_recipe_it_says_what_to_do(tmp_path):
    with pytest.raises(ConfigError, match=r"no data set at .*: make one .* or say --raw and --build"):
        prepare.prepare(tmp_path / "none", raw="", build="")


def test_a_raw_data_set_that_was_made_otherwise_is_refused(labeled, tmp_path):
    with pytest.raises(ConfigError, match=r"was built as labeled \{'requests': '240'\}, --build says 'labeled --req"):
        prepare.prepare(tmp_path / "none", raw=str(labeled), build="labeled --requests=500")


@pytest.mark.parametrize("build", ["labeled --requests 240", "labeled --requests=240.0 --truth", "labeled"])
def test_a_raw_data_set_that_was_made_so_is_taken(build, labeled, tmp_path, calls):
    prepare.prepare(tmp_path / "none", raw=str(labeled), build=build)
    assert calls == [("-m", "mtmd_tf.jobs.label", f"--data={labeled}", f"--out={tmp_path}/none")]


def test_a_value_after_a_space_counts_too(labeled, tmp_path):
    with pytest.raises(ConfigError, match=r"was built as labeled \{'requests': '240'\}, --build says"):
        prepare.prepare(tmp_path / "none", raw=str(labeled), build="labeled --truth --requests 500")


def test_a_raw_data_set_without_the_truth_beside_it_is_the_same_data_set(labeled, calls):
    prepare.prepare(labeled, raw=str(labeled), build="labeled --requests=240 --truth")
    assert calls == []


def test_a_failed_step_ends_the_preparation(tmp_path):
    with pytest.raises(ConfigError, match=r"`python -m tfrecords_tools build nowhere .*` failed"):
        prepare.prepare(tmp_path / "none", raw=str(tmp_path / "raw"), build="nowhere")


def read(*arguments: str) -> flags.FlagValues:
    own = flags.FlagValues()
    prepare.define(required=False, into=own)
    own(["", *arguments])
    return own


def test_the_flags_name_the_folder_and_how_to_make_it(labeled, tmp_path, calls):
    assert prepare.prepared(read(f"--data={labeled}")) == pathlib.Path(labeled)
    assert calls == []
    prepare.prepared(read(f"--data={tmp_path}/none", f"--raw={labeled}", "--label=--epochs=3"))
    assert calls == [("-m", "mtmd_tf.jobs.label", f"--data={labeled}", f"--out={tmp_path}/none", "--epochs=3")]


def test_no_folder_is_asked_for():
    with pytest.raises(ConfigError, match=r"^say --data, the folder of the labeled data set\.$"):
        prepare.prepared(read())


def test_a_folder_can_be_required():
    own = flags.FlagValues()
    prepare.define(into=own)
    with pytest.raises(flags.IllegalFlagValueError, match="--data must have a value"):
        own([""])
