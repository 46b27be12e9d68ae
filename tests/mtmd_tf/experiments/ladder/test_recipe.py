import dataclasses

import pytest

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig
from mtmd_tf.experiments.ladder.recipe import Line, Recipe, variants_of
from mtmd_tf.experiments.ladder.rungs import Rung, rungs_named, sources
from mtmd_tf.jobs import settings
from mtmd_tf.sizing.facts import NOMINAL
from mtmd_tf.sizing.rule import AUTO

SLICES = ("home/standard", "search/standard")
FACTS = dict.fromkeys(("", *SLICES), NOMINAL)


def a_recipe(**options) -> Recipe:
    plain = {
        "rungs": rungs_named(["cj:0.02", "adworld:6000:far", "cj:1"]),
        "variants": variants_of(["wide: --dim=32"], only=["mtmd", "wide", "mmoe"]),
        "seeds": (0, 1),
        "top": (Rung.named("cj:1"),),
        "top_only": ("mtmd",),
        "top_seeds": (5,),
        "reference": (ModelConfig(), TrainConfig()),
        "said": frozenset(AUTO),
        "at": (),
        "change": lambda text, reference: settings.changed(text, *reference),
    }
    return Recipe(**{**plain, **options})


@pytest.mark.parametrize(
    ("name", "same", "build"),
    [
        ("cj:0.050", "cj:0.05", "complete_journey --households=0.05"),
        ("cj:1", "cj:1", "complete_journey --households=1"),
        ("adworld:6000:as_is", "adworld:6000", "adworld --requests=6000 --seed=1"),
        ("adworld:6000:far", "adworld:6000:far", "adworld --requests=6000 --seed=1 --domain_distance=far"),
    ],
)
def test_a_rung_has_one_name_and_says_how_its_data_is_built(name, same, build):
    rung = Rung.named(name)
    assert (rung.name, rung.build, rung.folder) == (same, build, same.replace(":", "-"))
    assert rung == Rung.named(same)


@pytest.mark.parametrize(
    "wrong", ["cj:0", "cj:1.5", "cj:0.02:far", "adworld:0", "adworld:near", "other:3", "data:", "data:../mine", ""]
)
def test_no_rung_is_one_line_with_the_forms(wrong):
    with pytest.raises(ConfigError, match=r"a rung is cj:SHARE, .* adworld:REQUESTS, .* or data:NAME; .*; got '"):
        Rung.named(wrong)


def test_data_of_ones_own_is_a_rung_that_nothing_builds():
    for own in ("my_logs.v2", "cj", "adworld"):  # the last two are names of sources of the package
        [rung] = rungs_named([f"data:{own}"])
        assert (rung.name, rung.folder, rung.build, rung.own, rung.title) == (f"data:{own}", own, "", True, own)
    assert not Rung.named("cj:0.02").own


def test_sources_come_in_one_order_whatever_that_of_the_rungs_is():
    names = ["data:zoo", "adworld:2000", "data:ants", "cj:0.02", "adworld:6000:far"]
    assert sources(rungs_named(names)) == ["cj", "adworld", "data:ants", "data:zoo"]


def test_a_rung_twice_is_refused():
    with pytest.raises(ConfigError, match=r"each once; got 'cj:0\.1,cj:0\.10'"):
        rungs_named(["cj:0.1", "cj:0.10"])


def test_every_variant_is_trained_with_every_seed_the_slices_first():
    recipe = a_recipe()
    runs = list(recipe.runs(recipe.rungs[0], FACTS))
    of_a_seed = [("single_slice", SLICES[0]), ("single_slice", SLICES[1]), ("mtmd", ""), ("mmoe", ""), ("wide", "")]
    assert [(name, run.slice) for name, run in runs] == 2 * of_a_seed
    assert [run.train.seed for _, run in runs] == 5 * [0] + 5 * [1]
    assert {run.data for _, run in runs} == {"cj:0.02"}


def test_the_top_has_fewer_variants_and_its_own_seeds():
    recipe = a_recipe()
    runs = list(recipe.runs(recipe.rungs[2], FACTS))
    assert [(name, run.train.seed) for name, run in runs] == [("single_slice", 5)] * 2 + [("mtmd", 5)]
    other = a_recipe(top_only=("mtmd", "ple"))  # ple is known, but --only leaves it out
    assert list(other.runs(other.rungs[2], FACTS)) == runs


def test_settings_come_from_the_rung_then_the_variant_then_its_own_line():
    lines = ["cj:*: --epochs=7 --dim=8", "cj:0.02 single_slice: --epochs=9", "adworld:*: --epochs=1"]
    recipe = a_recipe(at=tuple(Line.read(line, flag="at") for line in lines))
    found = {name: recipe.settings(recipe.rungs[0], name, FACTS) for name in recipe.variants}
    assert {name: train.epochs for name, (_, train) in found.items()} == {
        "mtmd": 7,
        "single_slice": 9,
        "mmoe": 7,
        "wide": 7,
    }
    assert {name: model.dim for name, (model, _) in found.items()} == {
        "mtmd": 8,
        "single_slice": 8,
        "mmoe": 8,
        "wide": 32,
    }
    assert recipe.settings(recipe.rungs[1], "mtmd", FACTS)[1].epochs == 1


def test_embeddings_are_equally_wide_with_the_shallow_part():
    recipe = a_recipe()
    widths = {name: recipe.settings(recipe.rungs[0], name, FACTS)[0].root_embedding for name in recipe.variants}
    assert widths == {"mtmd": 128, "single_slice": 192, "mmoe": 192, "wide": 128}


def test_what_nobody_said_follows_from_the_data_of_the_slice():
    few = {**FACTS, SLICES[0]: dataclasses.replace(NOMINAL, pairs=2_000, requests=200)}
    line = Line.read("cj:* single_slice: --learning_rate=0.5", flag="at")
    recipe = a_recipe(said=frozenset({"epochs"}), at=(line,))
    small, large = (recipe.settings(recipe.rungs[0], "single_slice", few, place) for place in SLICES)
    assert small[0].deep_units < large[0].deep_units
    assert (small[1].epochs, small[1].learning_rate) == (TrainConfig().epochs, 0.5)
    assert small[1].batch_requests < large[1].batch_requests


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: variants_of(["wide"], only=[]), "--variant takes 'NAME: FLAGS', such as .*; got 'wide'"),
        (lambda: variants_of([], only=["nmoe"]), r"--only: no variant 'nmoe'; choose from \['mtmd', "),
        (
            lambda: variants_of([], only=["mtmd"], top_only=["pla"]),
            r"--top_only: no variant 'pla'; choose from \['mtmd', ",
        ),
        (lambda: a_recipe(seeds=(1, 1)), r"--seeds must name at least one seed, each once; got \[1, 1\]"),
        (lambda: a_recipe(variants={"single_slice": ""}, top_only=()), "needs a variant beside 'single_slice'"),
        (lambda: Line.read("cj --epochs=3", flag="at"), "--at takes 'RUNGS: FLAGS' or .*; got 'cj --epochs=3'"),
    ],
)
def test_what_a_user_can_mend_is_one_line(make, message):
    with pytest.raises(ConfigError, match=message):
        make()
