"""Impressions before they are summed, and what is measured beside them."""

import numpy as np
import pandas as pd
import pytest

from mtmd_tf.simulation.assignment import arm_of
from mtmd_tf.simulation.settling import Settler
from mtmd_tf.simulation.simulate import simulate
from tests.mtmd_tf.simulation.test_simulate import FILES, read
from tests.mtmd_tf.simulation.world import small_plan


@pytest.mark.parametrize("worlds", ["one", "two"])
def test_each_impression_traces_to_a_request_and_each_charge_to_a_click(tmp_path, monkeypatch, worlds):
    """Before anything is summed: an impression is of a request of the day, in its user's arm."""
    settle, shown = Settler.__call__, []

    def kept(self, day, *rest, **options):
        impressions, counts = settle(self, day, *rest, **options)
        shown.append((day, impressions))
        return impressions, counts

    monkeypatch.setattr(Settler, "__call__", kept)
    plan = small_plan(requests=300, worlds=worlds)
    simulate(plan, tmp_path / "out")
    arm_of_user, advertiser = arm_of(np.arange(100), "funnel", (0.5, 0.5)), plan.world.ads.advertiser
    assert sum(len(own.ad) for _, own in shown) == read(tmp_path / "out")["ticks"]["impressions"].sum() > 500
    for day, own in shown:
        place = own.request - day.first
        assert ((place >= 0) & (place < len(day))).all()
        assert worlds == "two" or (arm_of_user[day.visits.user[place]] == own.arm).all()
        assert not own.charged[~own.events["ctr"]].any()
        assert (own.charged >= 0).all()
        twice = pd.DataFrame({"request": own.request, "arm": own.arm, "advertiser": advertiser[own.ad]}).duplicated()
        assert not twice.any()


def test_the_recall_of_retrieval_is_that_of_the_best_of_all_ads(tmp_path):
    """With all 400 ads as candidates nothing is lost, with 60 some of it is; nothing else depends on measuring."""

    def recalls(name: str, **settings) -> dict[str, float]:
        simulate(small_plan(retrieval_recall_every=5, **settings), tmp_path / name)
        return read(tmp_path / name)["stages"].query("stage == 'retrieval'").set_index("arm")["recall_10"].to_dict()

    assert recalls("all", candidates=400, requests=150) == {"random": 1.0, "oracle": 1.0}
    part = recalls("part", requests=150)
    assert all(60 / 400 < recall < 0.9 for recall in part.values())
    simulate(small_plan(requests=150), tmp_path / "without")
    for name in FILES:
        assert (tmp_path / "part" / f"{name}.parquet").read_bytes() == (
            tmp_path / "without" / f"{name}.parquet"
        ).read_bytes()
    assert read(tmp_path / "without")["stages"].query("stage == 'retrieval'")["recall_10"].isna().all()
