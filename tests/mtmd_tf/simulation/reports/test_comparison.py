"""The report of several simulations: what there is to compare is there, and nothing else."""

import pandas as pd
import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.reports import comparison
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows

ROWS = user_rows(120)


def worlds(**clicks: int) -> pd.DataFrame:
    return pd.concat([ROWS.assign(arm=arm, clicks=ROWS["clicks"] * times) for arm, times in clicks.items()])


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Five models whose clicks are 2 to 6 times the control's, and one simulation of all of them."""
    folder = tmp_path_factory.mktemp("models")
    named = {f"model{times}": times for times in range(2, 7)}
    run = leave_run(folder / "run", worlds(single=1, **named), settings={"worlds": "two"})
    table = pd.DataFrame({"model": list(named), "LogMAE": [0.5, 0.4, 0.3, 0.2, 0.1], "AUC": [0.6, 0.7, 0.5, 0.9, 0.8]})
    return run, table


def test_designs_are_measured_against_their_truth(tmp_path):
    truth = leave_run(tmp_path / "truth", worlds(control=1, treatment=2), settings={"worlds": "two"})
    folders = [truth]
    for seed in (1, 2):
        for split in ("budgets", "users"):
            settings = {"split": split, "salt": f"{seed}"}
            folders.append(leave_run(tmp_path / f"{split}{seed}", user_rows(240, seed=seed), settings=settings))
    text = comparison.write(folders, tmp_path / "out")
    assert "## The designs against the truth\n" in text
    lines = [line for line in text.splitlines() if line.startswith("| CTR")]
    assert [line.split("|")[2].strip() for line in lines] == ["users and budgets split", "users alone split"]
    assert all("+100.00%" in line and line.split("|")[3].strip() == "2" for line in lines)
    assert "## The cut" not in text


def test_the_cut_says_what_a_better_ranker_saves(tmp_path):
    folders = [
        leave_run(
            tmp_path / f"keep{keep}",
            worlds(single=keep // 10, mtmd=keep // 5),
            settings={"worlds": "two", "keep": keep},
        )
        for keep in (10, 20)
    ]
    text = comparison.write(folders, tmp_path / "out")
    said = " ".join(text.split())
    assert "- mtmd with 10 kept has the CTR of single with 20: 50% of the heavyweight ranker's work" in said
    assert "single with" not in said.replace("of single with 20", "")
    assert (tmp_path / "out" / "comparison.html").read_text().count("data:image/png;base64,") == 1


def test_offline_measures_are_ranked_against_online_changes(tmp_path, models):
    run, table = models
    text = comparison.write([run], tmp_path, models=table)
    assert "5 models. At least 12 are needed to tell measures apart." in text
    line = next(line for line in text.splitlines() if line.startswith("| LogMAE") and "CTR" in line)
    assert [part.strip() for part in line.split("|")[3:5]] == ["-1.00", "-1.00 to -0.16"]
    assert "| model6 |  0.100 |" in text
    assert (tmp_path / "figures" / "prediction.png").stat().st_size > 10_000


def test_three_models_tell_nothing(tmp_path, models):
    run, table = models
    with pytest.raises(
        ConfigError, match=r"nothing to compare in 1 simulations; give whole worlds .* a table of 4 models or"
    ):
        comparison.write([run], tmp_path / "out", models=table[:3])
