"""The report of an experiment: every part there, alarms first, what is missing told in one line."""

import re

import pandas as pd
import pytest
from matplotlib.figure import Figure  # without pyplot: no global state, no display

from mtmd_tf.simulation.reports import arms, experiment
from mtmd_tf.simulation.simulate import simulate
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows
from tests.mtmd_tf.simulation.world import small_plan
from tfrecords_tools.requests import DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = leave_run(tmp_path_factory.mktemp("runs") / "funnel")
    assert experiment.write(folder, tables=("2",)) == []
    return folder


@pytest.fixture
def undrawn(monkeypatch):
    """Empty figures, where a test is about words."""
    for module, name in ((arms, "forest"), (experiment, "funnel_drawing"), (experiment, "spend_over_the_day")):
        monkeypatch.setattr(module, name, lambda *_, **__: Figure(figsize=(1.0, 1.0)))


def test_it_has_its_sections_and_figures(folder):
    text = (folder / "report.md").read_text()
    headings = re.findall("^## (.*)$", text, re.MULTILINE)
    assert headings == [
        "Table 2: by surface",
        "Volume",
        "How sure",
        "The funnel",
        "The money",
        "How to read it",
    ]
    figures = re.findall(r"\]\((figures/\w+\.png)\)", text)
    assert figures == ["figures/table2.png", "figures/funnel.png", "figures/spend.png"]
    assert (folder / "report.html").read_text().count("data:image/png;base64,") == len(figures)


def test_it_opens_with_the_overall_change(folder):
    opening = (folder / "report.md").read_text().split("\n\n")[1]
    number = r"[+-]\d+\.\d\d"
    interval = rf"{number}% \[{number}, {number}\]"
    assert re.fullmatch(
        rf"treatment against control, overall: CPC {interval}, paper -1\.96%; CTR {interval}, paper \+2\.41%\.", opening
    )


def test_the_numbers_are_in_a_file_for_programs(folder):
    changes = pd.read_csv(folder / "changes.csv")
    cell = changes[(changes["row"] == "search") & (changes["measure"] == "CTR")].iloc[0]
    assert cell["low"] < 0.2 < cell["high"]
    assert cell["treatment"] / cell["control"] - 1.0 == pytest.approx(cell["value"])
    assert cell["paper"] == pytest.approx(0.0207)
    assert set(changes["table"].dropna()) == {2}


def test_money_and_funnel_are_of_the_test_alone(folder):
    """Two arms, four advertisers of 50 dollars each; two of them are shown, one spends all."""
    text = (folder / "report.md").read_text()
    assert re.search(r"\| control +\| +60\.00 \| +200\.00 \| 30\.0% \| +2 of 4 \| +25\.0% \|", text)
    assert re.search(r"\| control +\| lightweight \| +1,000 \| +90\.0 \| +10\.0 \| +0\.900 ", text)


def test_a_split_that_is_not_the_designs_comes_first(tmp_path, undrawn):
    users = {"control": 400, "treatment": 300}
    [warning] = experiment.write(leave_run(tmp_path / "run", users=users), tables=("3",))
    assert warning.startswith("SAMPLE-RATIO ALARM: the users are not split as designed (control 400 of 350, ")
    assert (tmp_path / "run" / "report.md").read_text().split("\n\n")[1] == f"**{warning}**"


def test_too_few_users_leave_the_tables_out_and_say_so(tmp_path, undrawn):
    [warning] = experiment.write(leave_run(tmp_path / "run", user_rows(150)))
    assert warning.startswith(
        "A table of changes needs 100 users with an impression in each arm; arm 'control' has 75: "
    )
    text = (tmp_path / "run" / "report.md").read_text()
    assert f"**{warning}**" in text
    assert "## Table" not in text
    assert not (tmp_path / "run" / "changes.csv").exists()
    assert "## The money" in text


def test_whole_worlds_have_the_exact_change_of_their_users(tmp_path, undrawn):
    rows = user_rows(120, arms=("mtmd",))
    single = rows.assign(arm="single", clicks=rows["clicks"] // 2)
    both = pd.concat([single, rows], ignore_index=True)
    folder = leave_run(tmp_path / "run", both, settings={"worlds": "two"})
    assert experiment.write(folder, tables=("2",)) == []
    text = (folder / "report.md").read_text()
    old, new = (each[each["period"] == "test"]["clicks"].sum() for each in (single, rows))
    change = re.escape(f"{100.0 * (new / old - 1.0):+.2f}%")
    assert re.search(rf"\| overall +\| CTR +\| +{change} \[.*\] \| .* \| +better \| +\+2\.41% \|", text)
    assert "- Whole worlds: every user lives in each of them, so there is no split to" in text
    assert (folder / "changes.csv").exists()


def test_one_arm_alone_has_no_table_to_compare(tmp_path, undrawn):
    assert experiment.write(leave_run(tmp_path / "run", user_rows(20, arms=("mtmd",)))) == []
    assert (tmp_path / "run" / "report.md").read_text().startswith("# mtmd on the simulated funnel\n")


def test_three_arms_are_each_compared_with_the_first(tmp_path, undrawn):
    folder = leave_run(tmp_path / "run", user_rows(330, arms=("single", "mtmd", "oracle")))
    experiment.write(folder, tables=("3",))
    text = (folder / "report.md").read_text()
    assert "## Table 3: by product, mtmd\n" in text
    assert "## Table 3: by product, oracle\n" in text
    assert {path.name for path in (folder / "figures").glob("table*")} == {"table3-1.png", "table3-2.png"}


def test_it_reports_on_what_the_simulator_leaves(tmp_path, undrawn):
    simulate(small_plan(users=360, worlds="two"), tmp_path / "truth")
    assert experiment.write(tmp_path / "truth", tables=("3",)) == []
    assert "## Table 3: by product\n" in (tmp_path / "truth" / "report.md").read_text()


def test_a_missing_file_is_one_line(tmp_path):
    folder = leave_run(tmp_path / "run", user_rows(20))
    (folder / "stages.parquet").unlink()
    with pytest.raises(DataError, match=r"stages.parquet is not there; simulate first"):
        experiment.write(folder)


@pytest.mark.parametrize(
    ("source", "said"),
    [
        ("oracle", "oracle"),
        ("/a/exports/m:/a/embeddings/m", "m"),
        ("exports/m:embeddings/m-int8,exports/n:embeddings/n", "m:m-int8, n"),
        ("/a/m:/b/m;missing=clicks_7d", "m;missing=clicks_7d"),
        ("/a/m:/b/m;stale=/b/m+/b/older", "m;stale=m+older"),
        ("oracle;heavyweight=/a/runs/h:/a/exports/m", "oracle;heavyweight=h:m"),
    ],
)
def test_an_arm_is_told_without_the_folders_of_its_machine(source, said):
    assert experiment._without_folders(source) == said
