"""Whole simulations: conservation, the same bytes, going on after a kill."""

import dataclasses
import hashlib
import pathlib

import numpy as np
import pandas as pd
import pytest

from mtmd_tf.config import ConfigError, SimulationConfig
from mtmd_tf.simulation.checkpoints import Checkpoints
from mtmd_tf.simulation.simulate import simulate
from mtmd_tf.simulation.summary import summary
from tests.mtmd_tf.simulation.world import small_plan
from tfrecords_tools.requests import DataError

FILES = ("users", "ticks", "advertisers")


def read(folder: pathlib.Path) -> dict[str, pd.DataFrame]:
    return {name: pd.read_parquet(folder / f"{name}.parquet") for name in (*FILES, "stages")}


def digests(folder: pathlib.Path) -> list[str]:
    """Of all files but for the seconds of the stages, which are measured."""
    stages = pd.read_parquet(folder / "stages.parquet").drop(columns="seconds").to_json()
    own = [(folder / name).read_bytes() for name in (*(f"{name}.parquet" for name in FILES), "run.json")]
    return [hashlib.sha256(content).hexdigest() for content in (*own, stages.encode())]


@pytest.fixture(scope="module")
def finished(tmp_path_factory) -> tuple[pathlib.Path, dict[str, pd.DataFrame], dict]:
    folder = tmp_path_factory.mktemp("funnel") / "run"
    run = simulate(small_plan(), folder)
    return folder, read(folder), run


def test_money_and_counts_are_conserved(finished):
    _, found, run = finished
    users, ticks, advertisers, stages = (found[name] for name in ("users", "ticks", "advertisers", "stages"))
    assert (advertisers["spend"] <= advertisers["budget"]).all()
    assert (users["clicks"] <= users["impressions"]).all()
    assert (users[["good_clicks", "outbound_clicks", "conversions"]].max(axis=1) <= users["clicks"]).all()
    assert (users.loc[users["spend"] > 0, "clicks"] > 0).all()
    assert (users["requests"] <= users["impressions"]).all()
    for name in ("impressions", "clicks"):
        assert users[name].sum() == ticks[name].sum()
    assert users["spend"].sum() == pytest.approx(ticks["spend"].sum(), rel=1e-12)
    assert advertisers["spend"].sum() == pytest.approx(ticks["spend"].sum(), rel=1e-12)
    assert ticks["requests"].sum() == sum(run["requests"]) == 600
    test = ticks[ticks["day"] >= 1].groupby("arm")["requests"].sum()
    for stage in ("retrieval", "lightweight", "heavyweight", "auction"):
        assert stages[stages["stage"] == stage].set_index("arm")["requests"].to_dict() == test.to_dict()
    kept = stages.set_index(["arm", "stage"])
    for arm in ("random", "oracle"):
        assert kept.loc[(arm, "retrieval"), "candidates_kept"] == 60 * test[arm]
        assert kept.loc[(arm, "lightweight"), "candidates_in"] <= 60 * test[arm]
        assert kept.loc[(arm, "lightweight"), "candidates_kept"] == kept.loc[(arm, "heavyweight"), "candidates_in"]
        assert kept.loc[(arm, "heavyweight"), "candidates_kept"] == kept.loc[(arm, "auction"), "candidates_in"]


def test_budget_left_is_budget_less_spend(finished):
    _, found, _ = finished
    ends = found["ticks"].groupby(["day", "arm"])["budget_left"].last()
    sums = found["advertisers"].groupby(["day", "arm"])[["budget", "spend"]].sum()
    assert (sums["budget"] - sums["spend"]).to_dict() == pytest.approx(ends.to_dict(), abs=1e-9)


def test_the_oracle_hands_on_its_own_top_and_chance_does_not(finished):
    folder, found, _ = finished
    recall = found["stages"].query("stage == 'lightweight'").set_index("arm")["recall_10"]
    assert recall["oracle"] == 1.0
    assert 0.05 < recall["random"] < 0.6
    assert summary(folder).splitlines()[0].startswith("| arm")


def test_columns_are_what_the_statistics_read(finished):
    _, found, run = finished
    users = found["users"]
    assert list(users.columns) == [
        "user", "arm", "period", "surface", "product", "goal", "requests", "impressions", "clicks", "good_clicks",
        "outbound_clicks", "hides", "repins", "conversions", "spend",
    ]  # fmt: skip
    assert users["user"].dtype == np.int64
    assert users["spend"].dtype == np.float64
    assert set(users["period"]) == {"pre", "test"}
    assert set(users["goal"]) == {"click", "conversion"}
    assert not users.duplicated(["user", "arm", "period", "surface", "product", "goal"]).any()
    assert (users.groupby("user")["arm"].nunique() == 1).all()
    assert sum(run["users"].values()) == 100


def test_bytes_do_not_depend_on_the_block(finished, tmp_path):
    simulate(small_plan(block=37), tmp_path / "other")
    assert digests(tmp_path / "other") == digests(finished[0])


@pytest.mark.slow
def test_bytes_do_not_depend_on_the_processes(finished, tmp_path):
    simulate(small_plan(block=64), tmp_path / "other", workers=2)
    assert digests(tmp_path / "other") == digests(finished[0])


def killed_after(days: int, folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> list[pathlib.Path]:
    """Runs until so many days are kept; the next one is never finished."""
    save, seen = Checkpoints.save, []

    def killed(self, day, *rest):
        if len(seen) == days:
            raise KeyboardInterrupt
        save(self, day, *rest)
        seen.append(day)

    with monkeypatch.context() as patched:
        patched.setattr(Checkpoints, "save", killed)
        with pytest.raises(KeyboardInterrupt):
            simulate(small_plan(), folder)
    return sorted((folder / "days").iterdir())


def test_killed_it_goes_on(finished, tmp_path, monkeypatch):
    assert len(killed_after(2, tmp_path / "out", monkeypatch)) == 2
    assert not (tmp_path / "out/run.json").exists()
    simulate(small_plan(), tmp_path / "out")
    assert digests(tmp_path / "out") == digests(finished[0])
    assert not (tmp_path / "out/days").exists()


def test_a_damaged_day_is_refused_and_made_again(finished, tmp_path, monkeypatch):
    [day] = killed_after(1, tmp_path / "out", monkeypatch)
    content = bytearray(day.read_bytes())
    content[len(content) // 2] ^= 1
    day.write_bytes(content)
    with pytest.raises(DataError, match=r"day-000-\w+\.npz is damaged; remove it, and the day is simulated again"):
        simulate(small_plan(), tmp_path / "out")
    day.unlink()
    simulate(small_plan(), tmp_path / "out")
    assert digests(tmp_path / "out") == digests(finished[0])


def test_a_finished_simulation_is_left_alone_and_another_is_refused(finished):
    folder, _, run = finished
    before = digests(folder)
    assert simulate(small_plan(), folder) == run
    assert digests(folder) == before
    with pytest.raises(ConfigError, match="holds another simulation; choose another --out, or remove it"):
        simulate(small_plan(seed=6), folder)


def test_two_worlds_of_one_ranker_are_one_world(tmp_path):
    """Every random number belongs to a request, so what differs between two worlds is the ranker alone."""
    simulate(small_plan("a=oracle", "b=oracle", worlds="two"), tmp_path / "two")
    users = read(tmp_path / "two")["users"]
    a, b = (users[users["arm"] == arm].drop(columns="arm").reset_index(drop=True) for arm in "ab")
    assert len(a) > 100
    pd.testing.assert_frame_equal(a, b)


@pytest.mark.parametrize("settings", [{"split": "users"}, {"pacing": "throttle"}, {"pacing": "none", "auction": "vcg"}])
def test_other_settings_conserve_money_too(tmp_path, settings):
    simulate(small_plan(requests=300, **settings), tmp_path / "out")
    found = read(tmp_path / "out")
    spent = found["advertisers"].groupby(["day", "advertiser"])["spend"].sum()
    budget = found["advertisers"].groupby(["day", "advertiser"])["budget"]
    most = budget.first() if settings.get("split") == "users" else budget.sum()
    assert (spent <= most + 1e-9).all()
    assert spent.sum() > 0


def test_wrong_settings_are_refused_in_a_line():
    for settings, rule in (
        ({"keep": 61}, "keep is 61; it must be at most candidates, which is 60"),
        ({"tick_minutes": 7}, "tick_minutes is 7; it must divide 1440"),
        ({"budget_factor": float("nan")}, "budget_factor is nan; it must be at least 0.001"),
        ({"budget_factor": -1.0}, "budget_factor is -1.0; it must be at least 0.001"),
        ({"requests": 2}, "requests is 2; it must be at least one a day: 1 \\+ 2"),
        ({"auction": "first"}, "auction is 'first'; choose from"),
    ):
        with pytest.raises(ConfigError, match=rule):
            small_plan(**settings)


def test_more_candidates_than_ads_and_arms_without_users_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="candidates is 401; this world has 400 ads"):
        simulate(small_plan(candidates=401), tmp_path / "out")
    with pytest.raises(ConfigError, match=r"arm '.*' has no user among 2; give more --users or another --salt"):
        simulate(small_plan("a=random", "b=random", "c=random", users=2), tmp_path / "out")


def test_bids_and_budgets_that_are_no_money_are_refused_before_anything_is_made(tmp_path):
    plan = small_plan()
    for name, value in (("bid", float("nan")), ("budget", -1.0)):
        wrong = getattr(plan.world.ads, name).copy()
        wrong[3] = value
        world = dataclasses.replace(plan.world, ads=dataclasses.replace(plan.world.ads, **{name: wrong}))
        with pytest.raises(DataError, match=rf"^ad a000003: its {name} is {value}; .* at least 0 US dollars$"):
            simulate(dataclasses.replace(plan, world=world), tmp_path / "out")
        assert not (tmp_path / "out").exists()


def test_a_config_is_made_of_defaults():
    assert SimulationConfig().ticks == 96
