import dataclasses

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.runs.plan import Run, runs_of
from tests.mtmd_tf.experiments.finished import an_order

SETTINGS = (ModelConfig(), TrainConfig())


def test_an_arm_has_its_runs_for_each_seed():
    arm = an_order(seeds=(3, 5)).arm("own", SETTINGS, slices=["home/standard", "*/shopping"])
    assert [[run.slice for run in runs] for runs in arm.runs] == [["home/standard", "*/shopping"]] * 2
    assert [{run.train.seed for run in runs} for runs in arm.runs] == [{3}, {5}]
    assert arm.names == tuple(tuple(run.name for run in runs) for runs in arm.runs)


def test_runs_come_seed_by_seed_and_each_once():
    order = an_order()
    one, same, other = (order.arm(n, SETTINGS, slices=[s]) for n, s in (("a", ""), ("b", ""), ("c", "x/y")))
    assert [(run.train.seed, run.slice) for run in runs_of([one, same, other])] == [
        (0, ""),
        (0, "x/y"),
        (1, ""),
        (1, "x/y"),
    ]


@pytest.mark.parametrize("seeds", [(), (1, 1)])
def test_a_seed_that_is_missing_or_repeated_is_refused(seeds):
    with pytest.raises(ConfigError, match=r"--seeds must name at least one seed, each once; got \["):
        an_order(seeds=seeds)


RUN = Run(model=ModelConfig(architecture="single_slice"), train=TrainConfig(seed=4), data="d", slice="home/standard")


def test_a_name_says_architecture_slice_and_seed():
    assert RUN.name.startswith("single_slice-home-standard-seed4-")
    assert RUN.name == dataclasses.replace(RUN).name


def test_a_name_of_one_side_alone_is_a_folder_that_no_shell_expands():
    assert dataclasses.replace(RUN, slice="*/standard").name.startswith("single_slice-all-standard-seed4-")


@pytest.mark.parametrize(
    "other",
    [{"data": "e"}, {"slice": "home-standard"}, {"train": TrainConfig(seed=4, epochs=7)},
     {"model": ModelConfig(architecture="single_slice", dim=3)}],
)  # fmt: skip
def test_whatever_else_differs_gives_another_name(other):
    assert dataclasses.replace(RUN, **other).name != RUN.name


def _by_slice(settings, said, name):
    """Settings of a slice's size: twice the epochs for a slice, where nobody said them."""
    model, train = settings
    return model, train if "epochs" in said else dataclasses.replace(train, epochs=4 if name else 2)


def test_each_run_has_settings_of_its_slices_size_but_for_what_was_said():
    order = dataclasses.replace(an_order(seeds=(1,)), size=_by_slice)

    def epochs(order, text=""):
        [runs] = order.arm("x", SETTINGS, slices=["", "home/standard"], text=text).runs
        return [run.train.epochs for run in runs]

    assert epochs(order) == [2, 4]
    assert epochs(order, text="--dim=8 --epochs=2") == [2, 2]
    assert epochs(dataclasses.replace(order, said=frozenset({"epochs"}))) == [2, 2]
