import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.table6.variants import BUCKETS, EFFECTS, PAPER, REFERENCE, VARIANTS, arms
from mtmd_tf.jobs import settings
from tests.mtmd_tf.experiments.finished import an_order


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_has_settings_of_its_own(name):
    changed = settings.changed(VARIANTS[name], ModelConfig(), TrainConfig())
    assert (changed == (ModelConfig(), TrainConfig())) == (name == REFERENCE)


def test_every_variant_tells_an_effect_and_every_effect_is_of_variants():
    assert {name for effect in EFFECTS for name in (effect.new, effect.old)} == set(VARIANTS)
    assert len({effect.name for effect in EFFECTS}) == len(EFFECTS)


def test_the_papers_factors_are_among_the_effects_with_a_figure_a_bucket():
    assert set(PAPER) <= {effect.name for effect in EFFECTS}
    assert {len(figures) for figures in PAPER.values()} == {len(BUCKETS)}


def test_the_wanted_variants_are_trained_beside_the_reference():
    reference, concat = arms(an_order(only=("concat",)))
    assert (reference.name, reference.runs[0][0].model) == (REFERENCE, ModelConfig())
    assert (concat.name, concat.runs[0][0].model) == ("concat", ModelConfig(composition="concat"))
    assert {run.slice for arm in (reference, concat) for [run] in arm.runs} == {""}


def test_an_unknown_variant_is_refused():
    with pytest.raises(ConfigError, match=r"no variant 'conkat'; choose from \['reference', 'no_domain_adaptation'"):
        arms(an_order(only=("conkat",)))
