import pathlib

import pytest

from mtmd_tf.config import ConfigError, SimulationConfig
from mtmd_tf.experiments.funnel.plan import EXPERIMENTS, experiments, rankers
from mtmd_tf.experiments.runs.settings import named_flags
from mtmd_tf.jobs import reproduce_funnel, settings
from mtmd_tf.simulation.statistics.prediction import WISHED_MODELS
from tests.mtmd_tf.jobs.recipe import call, parsed

FOLDER = pathlib.Path("docs/results/funnel")
REPORTS = ("first-worlds", "first-tables234")


def test_the_recipe_orders_the_simulations_whose_reports_are_kept():
    with parsed(reproduce_funnel, f"--flagfile={FOLDER}/recipe.flags") as own:
        names = [*rankers(reproduce_funnel._order(), dict(map(named_flags, own.variant)))]
        ordered = {each.name for each in experiments(names, markets=own.markets)}
        assert ordered == {path.parent.name for path in FOLDER.glob("*/report.md")}
        assert list(own.experiments) == list(EXPERIMENTS)
        assert own.results == FOLDER.as_posix()
        split, whole = (
            settings.changed(text, SimulationConfig())[0] for text in (own.experiment, f"{own.experiment} {own.whole}")
        )
        worlds, tables = ((FOLDER / name / "report.md").read_text(encoding="utf-8") for name in REPORTS)
        assert f"candidates {whole.candidates}, keep {whole.keep}" in worlds
        assert f"single_slice {whole.users:,}" in worlds
        assert f"{whole.requests:,} on {whole.days} days" in worlds
        tested = split.requests * split.days // (split.days + split.pre_days)
        assert f"{tested:,} on {split.days} days" in tables


def test_a_setting_that_no_simulation_has_is_refused_before_anything_is_made():
    with pytest.raises(ConfigError, match=r"Unknown command line flag 'requets'"):
        call(reproduce_funnel, "--data=nowhere", "--experiment=--requets=5")


def test_a_market_that_does_not_exist_is_refused_before_anything_is_made():
    with pytest.raises(ConfigError, match=r"third"):
        call(reproduce_funnel, "--data=nowhere", "--markets=third")


def test_a_prediction_of_fewer_than_four_models_is_refused_before_anything_is_made():
    with pytest.raises(ConfigError, match="--experiments=prediction compares 4 models or more; there are 3; add --var"):
        call(reproduce_funnel, "--data=nowhere", "--experiments=prediction", "--variant=ple: --architecture=ple")


@pytest.mark.parametrize(
    ("cuts", "rule"),
    [
        ("20", "--experiments=cuts compares two cuts at least; it has --cuts=20"),
        ("20,2000", r"keep is 2000; it must be at most candidates, which is 1000"),
        ("20,few", "few"),
    ],
)
def test_cuts_that_cannot_be_compared_are_refused_before_anything_is_made(cuts, rule):
    with pytest.raises(ConfigError, match=rule):
        call(reproduce_funnel, "--data=nowhere", "--experiments=cuts", f"--cuts={cuts}")


def test_the_recipe_of_the_prediction_has_twelve_models_or_more():
    with parsed(reproduce_funnel, "--flagfile=docs/funnel/prediction.flags") as own:
        names = [*rankers(reproduce_funnel._order(), dict(map(named_flags, own.variant)))]
        found = experiments(names, markets=own.markets, only=own.experiments)
        assert [each.name for each in found] == ["first-prediction", "second-prediction"]
        assert len(found[0].arms) - 1 >= WISHED_MODELS
