"""Tests of docs/results/*/recipe.flags: each asks for the runs whose records stand beside it."""

import dataclasses
import json
import pathlib
from collections.abc import Collection, Mapping
from typing import Any

import pytest
from absl import flags

from mtmd_tf.config import ModelConfig, TrainConfig, build, older
from mtmd_tf.experiments.architectures.plan import overrides
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import Order, Run, Settings, runs_of
from mtmd_tf.experiments.tables import TABLES
from mtmd_tf.jobs import prepare, settings
from mtmd_tf.jobs.reference import changed, reference
from mtmd_tf.sizing.rule import AUTO

RECIPES = sorted(
    p
    for p in pathlib.Path("docs/results").glob("*/recipe.flags")
    if p.parent.name not in ("funnel", "ladder", "ladder-cosine")
)
TEXTS = ("table", "run", "runs", "results", "baseline", "arch_overrides", "report_surface", "workers")


def read(recipe: pathlib.Path) -> flags.FlagValues:
    own = flags.FlagValues()
    for name in TEXTS:
        flags.DEFINE_string(name, "", "", own)
    for name in ("seeds", "variants", "only"):
        flags.DEFINE_list(name, [], "", own)
    prepare.define(required=False, into=own)
    settings.define(ModelConfig, into=own, auto=AUTO)
    settings.define(TrainConfig, into=own, auto=AUTO)
    own(["", f"--flagfile={recipe}"])
    return own


def test_every_folder_of_results_has_one():
    assert {path.parent for path in RECIPES} == {path.parent for path in pathlib.Path("docs/results").glob("*/runs")}


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: path.parent.name)
def test_it_asks_for_the_runs_that_were_kept(recipe):
    """Widths, rates and epochs that follow from data are the records', because the data is not here."""
    own, folder = read(recipe), recipe.parent
    records = results.all_records(folder)
    configs, said = reference(own)

    def size(settings: Settings, said: Collection[str], slice_name: str) -> Settings:
        for record in records:
            kept, left = configs_of(record.config), AUTO - set(said)
            taken = [{name: getattr(each, name) for name in left if hasattr(each, name)} for each in kept]
            model, train = (dataclasses.replace(each, **own) for each, own in zip(settings, taken, strict=True))
            if (record.slice, kept) == (slice_name, (model, dataclasses.replace(train, seed=kept[1].seed))):
                return model, train
        return settings

    order = Order(
        reference=size(configs, said, ""),
        seeds=tuple(map(int, own.seeds)),
        data=records[0].data,
        slices=tuple(tuple(each.slice.split("/")) for each in records if "/" in each.slice and "*" not in each.slice),
        change=lambda text, configs: changed(text, configs, said=said),
        baseline=own.baseline,
        only=tuple(own.variants or own.only),
        overrides=overrides(own.arch_overrides),
        said=said,
        size=size,
    )
    wanted = {run.name for run in runs_of(TABLES[own.table].arms(order))}
    assert wanted == {record.run for record in records}
    assert own.results == folder.as_posix()


def configs_of(stored: Mapping[str, Any]) -> Settings:
    return tuple(
        build(kind, older(kind) | stored[name]) for name, kind in (("model", ModelConfig), ("train", TrainConfig))
    )


def test_every_record_has_the_name_that_its_settings_give_today():
    """What was trained before is found again by its settings, so a renamed setting renames its records."""
    seen = 0
    for path in sorted(pathlib.Path("docs/results").rglob("*.json")):
        plain = json.loads(path.read_text(encoding="utf-8"))
        kept = plain.get("record", plain)
        if path.parent.name == "runs" or "record" in plain:
            model, train = configs_of(kept["config"])
            run = Run(model=model, train=train, data=kept["data"], slice=kept["slice"])
            assert run.name == kept["run"] == path.stem
            seen += 1
    assert seen > 200
