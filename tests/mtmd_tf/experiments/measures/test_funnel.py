import pytest

from mtmd_tf.experiments.measures import funnel, funnel_report
from mtmd_tf.experiments.measures.funnel import CHANCE, Funnels, compare
from mtmd_tf.experiments.runs.record import Record
from tests.mtmd_tf.experiments.folders import a_record, funnel_row

WHOLE = funnel_row("all", product="all", spearman=0.9)  # all candidates together: nothing to compare it with


def record(*rows: dict) -> Record:
    return a_record("r", funnel=rows)


ONE = [
    [record(WHOLE, funnel_row("home", spearman=0.6, loss=0.1), funnel_row("search", spearman=0.2, loss=0.3))],
    [record(WHOLE, funnel_row("home", spearman=0.8, loss=0.2), funnel_row("search", spearman=0.4, loss=0.3))],
]
MANY = [
    [record(WHOLE, funnel_row("home", spearman=0.5)), record(WHOLE, funnel_row("search", spearman=0.5))],
    [record(WHOLE, funnel_row("home", spearman=0.5)), record(WHOLE, funnel_row("search", spearman=0.5))],
]
SPEARMAN, LOSS = ("rank_correlation",), ("score_loss", "1")


@pytest.fixture
def funnels() -> Funnels:
    found = compare({"one": ONE, "many": MANY})
    assert found is not None
    return found


def test_slices_are_compared_with_slices_the_mean_of_the_seeds(funnels):
    assert list(funnels.requests) == [("home", "standard", "ctr"), ("search", "standard", "ctr")]
    home = {name: values["home", "standard", "ctr"] for name, values in funnels.values.items()}
    assert home["one"][SPEARMAN] == pytest.approx(0.7)
    assert home["one"][LOSS] == pytest.approx(0.15)
    assert home["many"][SPEARMAN] == 0.5
    assert home[CHANCE] == {SPEARMAN: 0.0, ("recall", "1", "1"): 0.25, LOSS: 0.4}


def test_the_mean_of_the_slices_and_of_the_tasks():
    rows = [
        funnel_row("home", spearman=0.6),
        funnel_row("search", spearman=0.4),
        funnel_row("home", task="gctr", spearman=0.1),
    ]
    found = compare({"one": [[record(*rows)]]})
    assert found.mean("one", SPEARMAN, task="ctr") == pytest.approx(0.5)
    assert found.mean("one", SPEARMAN) == pytest.approx(0.3)  # of 0.5 and 0.1
    assert found.mean("one", ("score_loss", "7")) is None


def test_a_slice_measured_on_other_requests_is_left_out():
    other = funnel_row("search", requests={"1": 149})
    found = compare({"one": ONE[:1], "many": [[record(funnel_row("home")), record(other)]]})
    assert list(found.requests) == [("home", "standard", "ctr")]


def test_nothing_is_compared_where_one_has_no_slices():
    assert compare({"one": ONE[:1], "many": [[record(WHOLE)]]}) is None


def test_nothing_is_compared_where_a_record_is_of_before():
    assert compare({"one": ONE[:1], "many": [[*MANY[0], record()]]}) is None


def cells(text: str) -> list[list[str]]:
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]


def test_side_by_side_each_cell_has_every_arm(funnels):
    text = funnel_report.side_by_side(funnels)
    assert text.startswith("Each cell: one / many / a random order;")
    assert "Spearman is the higher with one in 1 of 2 cells." in text
    found = cells(text)
    assert ["home", "standard", "ctr", "0.700 / 0.500", "15.0% / 10.0% / 40%"] in found
    assert ["mean", "of the slices", "ctr", "0.500 / 0.500", "22.5% / 10.0% / 40%"] in found
    assert ["search", "standard", "ctr", "1", "80.0% / 80.0% / 25%"] in found  # recall, K = 1


def test_few_requests_are_marked():
    few = [[record(funnel_row("home", requests={"1": 99}, score_loss={"1": 0.3}), funnel_row("search"))]]
    found = cells(funnel_report.side_by_side(compare({"one": few, "many": few})))
    assert ["home", "standard", "ctr", "0.500 / 0.500", "~30.0% / 30.0% / 40%"] in found
    assert ["mean", "of the slices", "ctr", "0.500 / 0.500", "10.0% / 10.0% / 40%"] in found  # search alone


def test_a_cut_of_few_requests_everywhere_is_left_out():
    few = [[record(funnel_row("home", requests={"1": 99}))]]
    found = compare({"one": few, "many": few})
    assert found.measures("score_loss") == []
    assert ["home", "standard", "ctr", "0.500 / 0.500"] in cells(funnel_report.side_by_side(found))


def test_a_line_an_arm_is_the_mean_of_the_slices(funnels):
    found = cells(funnel_report.means(funnels))
    assert ["one", "0.500", "0.500"] in found
    assert ["one", "22.5%"] in found  # score loss
    assert ["many", "80.0%"] in found  # recall
    assert [CHANCE, "40.0%"] in found


def test_requests_of_one_candidate_each_are_ranked_but_not_cut():
    uncut = funnel_row("home", requests={}, recall_by_chance={}, score_loss={}, score_loss_by_chance={}) | {
        "recall": {}
    }
    found = compare({"one": [[record(uncut)]], "many": [[record(uncut)]]})
    assert found.measures("recall") == []
    assert ["home", "standard", "ctr", "0.500 / 0.500"] in cells(funnel_report.side_by_side(found))
    assert ["one", "0.500", "0.500"] in cells(funnel_report.means(found))


def test_cuts_stand_in_the_order_of_their_size():
    wide = funnel_row("home", requests={"2": 900, "10": 900}, score_loss={"10": 0.1, "2": 0.2})
    wide["score_loss_by_chance"] = {"10": 0.1, "2": 0.2}
    found = compare({"one": [[record(wide)]]})
    assert found.measures(funnel.SCORE_LOSS) == [("score_loss", "2"), ("score_loss", "10")]
