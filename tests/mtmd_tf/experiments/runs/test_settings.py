from mtmd_tf.config import ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.runs.settings import settings_of
from tests.mtmd_tf.experiments.finished import an_order


def test_embeddings_are_as_wide_in_all_as_with_mtmds_shallow_part():
    order = an_order()
    mtmd, other = (settings_of(name, order)[0] for name in ("mtmd", "ple"))
    assert (mtmd.root_embedding, mtmd.child_embedding) == (128, 32)
    assert (other.root_embedding, other.child_embedding) == (192, 96)


def test_each_can_be_tuned_and_the_baseline_by_its_own_flag():
    order = an_order(baseline="--epochs=12", overrides={BASELINE: "--dim=8", "mmoe_dcn": "--mixture_experts=2"})
    model, train = settings_of(BASELINE, order)
    assert (train.epochs, model.dim, model.mixture_experts) == (12, 8, 4)
    model, train = settings_of("mmoe_dcn", order)
    assert (train.epochs, model.dim, model.mixture_experts) == (2, 16, 2)


def test_a_shallow_part_that_is_counted_makes_no_other_wider():
    reference = (ModelConfig(count_shallow=True, shallow_units=(8, 4)), TrainConfig())
    model, _ = settings_of("ple", an_order(reference=reference))
    assert (model.root_embedding, model.child_embedding, model.count_shallow) == (128, 32, False)
