"""Tests of docs/results/*/recipe.flags: each asks for the runs whose records stand beside it."""

import json
import pathlib
from collections.abc import Collection

import pytest
from absl import flags

from mtmd_tf.config import ModelConfig, TrainConfig, build, older
from mtmd_tf.experiments.architectures.plan import overrides
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import Order, Run, runs_of
from mtmd_tf.experiments.tables import TABLES
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.sizing.rule import AUTO

RECIPES = sorted(
    p for p in pathlib.Path("docs/results").glob("*/recipe.flags") if p.parent.name not in ("funnel", "ladder")
)
TEXTS = ("table", "run", "runs", "results", "baseline", "arch_overrides", "report_surface", "workers")


def read(recipe: pathlib.Path, *, auto: Collection[str] = ()) -> flags.FlagValues:
    own = flags.FlagValues()
    for name in TEXTS:
        flags.DEFINE_string(name, "", "", own)
    for name in ("seeds", "variants", "only"):
        flags.DEFINE_list(name, [], "", own)
    prepare.define(required=False, into=own)
    settings.define(ModelConfig, into=own, auto=auto)
    settings.define(TrainConfig, into=own, auto=auto)
    own(["", f"--flagfile={recipe}"])
    return own


def test_every_folder_of_results_has_one():
    assert {path.parent for path in RECIPES} == {path.parent for path in pathlib.Path("docs/results").glob("*/runs")}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.parent.name)
def test_it_asks_for_the_runs_that_were_kept(recipe):
    said, folder = read(recipe), recipe.parent
    records = results.all_records(folder)
    order = Order(
        reference=(settings.read(ModelConfig, source=said), settings.read(TrainConfig, source=said)),
        seeds=tuple(map(int, said.seeds)),
        data=records[0].data,
        slices=tuple(tuple(each.slice.split("/")) for each in records if "/" in each.slice and "*" not in each.slice),
        change=lambda text, configs: settings.changed(text, *configs),
        baseline=said.baseline,
        only=tuple(said.variants or said.only),
        overrides=overrides(said.arch_overrides),
    )
    wanted = {run.name for run in runs_of(TABLES[said.table].arms(order))}
    assert wanted == {record.run for record in records}
    assert said.results == folder.as_posix()


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.parent.name)
def test_it_leaves_no_setting_to_the_data(recipe):
    said = read(recipe, auto=AUTO)
    given = settings.given(ModelConfig, source=said) | settings.given(TrainConfig, source=said)
    assert given.keys() >= AUTO  # a change of the rule must not change a table that is made again


def test_every_record_has_the_name_that_its_settings_give_today():
    """A setting that is renamed keeps its stored name, so that what was trained before is found again."""
    seen = 0
    for path in sorted(pathlib.Path("docs/results").rglob("*.json")):
        plain = json.loads(path.read_text(encoding="utf-8"))
        kept = plain.get("record", plain)
        if path.parent.name == "runs" or "record" in plain:
            configs = {
                kind: build(kind, older(kind) | kept["config"][name])
                for name, kind in (("model", ModelConfig), ("train", TrainConfig))
            }
            run = Run(model=configs[ModelConfig], train=configs[TrainConfig], data=kept["data"], slice=kept["slice"])
            assert run.name == kept["run"] == path.stem
            seen += 1
    assert seen > 200
