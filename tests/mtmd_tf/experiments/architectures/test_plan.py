import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.architectures.plan import arms, overrides
from mtmd_tf.experiments.runs.plan import BASELINE
from tests.mtmd_tf.experiments.finished import an_order

SLICES = (("home", "standard"), ("home", "shopping"), ("search", "standard"))


def test_together_one_model_a_product_and_the_baseline_one_a_slice():
    found = arms(an_order(only=("mmoe",), slices=SLICES))
    assert {each.name: [run.slice for run in each.runs[0]] for each in found} == {
        BASELINE: ["home/standard", "home/shopping", "search/standard"],
        "mmoe": [""],
        "mmoe, split by product": ["*/standard", "*/shopping"],
    }
    assert {run.model.architecture for each in found[1:] for runs in each.runs for run in runs} == {"mmoe"}


def test_all_architectures_unless_some_are_named():
    assert len(arms(an_order())) == 11  # six, and five of them split by product


@pytest.mark.parametrize("options", [{"only": ("nmoe",)}, {"overrides": {"nmoe": ""}}])
def test_an_unknown_architecture_is_refused(options):
    with pytest.raises(ConfigError, match=r"no architecture 'nmoe'; choose from \['mtmd', "):
        arms(an_order(**options))


def test_the_baseline_alone_is_refused():
    with pytest.raises(ConfigError, match=r"--only must name an architecture beside "):
        arms(an_order(only=(BASELINE,)))


def test_the_reference_is_mtmd():
    with pytest.raises(ConfigError, match=r"--table=arch starts from the settings of mtmd; got 'ple'\."):
        arms(an_order(reference=(ModelConfig(architecture="ple"), TrainConfig())))


def test_overrides_are_a_text_of_flags_an_architecture():
    assert overrides("mmoe_dcn: --mixture_experts=2; ple: --epochs=3 --dim=8;") == {
        "mmoe_dcn": "--mixture_experts=2",
        "ple": "--epochs=3 --dim=8",
    }
    with pytest.raises(ConfigError, match="takes each architecture once"):
        overrides("ple: --epochs=3; ple: --dim=8")
