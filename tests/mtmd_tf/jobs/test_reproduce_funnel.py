import pathlib

import pytest
from absl import flags

from mtmd_tf.config import ConfigError, SimulationConfig
from mtmd_tf.experiments.funnel.plan import experiments, rankers
from mtmd_tf.experiments.runs.settings import named_flags
from mtmd_tf.jobs import reproduce_funnel, settings

FOLDER = pathlib.Path("docs/results/funnel")


def parsed(*arguments: str) -> flags.FlagValues:
    own = reproduce_funnel.FLAGS
    own.unparse_flags()
    own(["", *flags.FLAGS.read_flags_from_files(list(arguments))])
    return own


def test_the_recipe_orders_the_simulations_whose_reports_are_kept():
    own = parsed(f"--flagfile={FOLDER}/recipe.flags")
    names = [*rankers(reproduce_funnel._order(), dict(map(named_flags, own.variant)))]
    ordered = {each.name for each in experiments(names, markets=own.markets)}
    assert ordered == {path.parent.name for path in FOLDER.glob("*/report.md")}
    assert own.results == FOLDER.as_posix()
    [config] = settings.changed(own.experiment, SimulationConfig())
    report = (FOLDER / "first-worlds" / "report.md").read_text(encoding="utf-8")
    assert f"candidates {config.candidates}, keep {config.keep}" in report
    assert f"single_slice {config.users:,}" in report


def test_a_setting_that_no_simulation_has_is_refused_before_anything_is_made():
    parsed("--data=nowhere", "--experiment=--requets=5")
    with pytest.raises(ConfigError, match=r"Unknown command line flag 'requets'"):
        reproduce_funnel.main([])


def test_a_market_that_does_not_exist_is_refused_before_anything_is_made():
    parsed("--data=nowhere", "--markets=third")
    with pytest.raises(ConfigError, match=r"third"):
        reproduce_funnel.main([])
