import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.simulation.statistics.measures import RATES
from mtmd_tf.simulation.statistics.tables import SPLITS, cells_of, table
from mtmd_tf.simulation.statistics.user_table import UserTable
from tests.mtmd_tf.simulation.user_rows import user_rows
from tfrecords_tools.requests import DataError

ARMS = {"control": "control", "treatment": "treatment"}


@pytest.fixture(scope="module")
def users() -> UserTable:
    return UserTable.of(user_rows(1500, lift=0.2))


@pytest.mark.parametrize(
    ("number", "rows"),
    {
        "2": ["overall", "home_feed", "related_pin", "search"],
        "3": ["shopping", "standard"],
        "4": ["click", "conversion"],
        "5": ["home_feed", "related_pin", "search", "shopping", "standard"],
    }.items(),
)
def test_a_table_has_the_papers_rows_and_figures(users, number, rows):
    cells = table(users, number, **ARMS)
    assert list(dict.fromkeys(cell.row for cell in cells)) == rows
    assert len(cells) == len(rows) * len(RATES)
    for cell in cells:
        assert (cell.paper is None) == (cell.row == "overall" and cell.measure in ("OCTR", "HDR", "RPR"))


def test_the_papers_figures_are_relative_changes(users):
    [cpc, ctr, *_] = [cell for cell in table(users, "2", **ARMS) if cell.row == "home_feed"]
    assert (cpc.paper, ctr.paper) == pytest.approx((-0.0295, 0.0362))


def test_more_clicks_are_found_and_more_hides_are_not(users):
    cells = {(cell.row, cell.measure): cell for cell in table(users, "2", **ARMS)}
    for row in ("overall", "search"):
        assert cells[row, "CTR"].significant
        assert cells[row, "CTR"].change.holds(0.2)
        assert not cells[row, "HDR"].significant


def test_holm_counts_the_cells_that_were_measured(users):
    cells = table(users, "3", **ARMS)
    tested = [cell for cell in cells if cell.change]
    least = min(tested, key=lambda cell: cell.change.p)
    assert least.p_holm == pytest.approx(min(1.0, least.change.p * len(tested)))
    assert len(tested) == 11  # shopping ads lead to no other site


def test_a_rare_action_leaves_its_cell_empty(users):
    rows = user_rows(300)
    rows["hides"] = 0
    rows.loc[rows.index[:19], "hides"] = 1
    arms = UserTable.of(rows).moments()
    cells = {cell.measure: cell for cell in cells_of(arms["control"], arms["treatment"], RATES)}
    assert cells["HDR"].change is None
    assert cells["CTR"].change is not None


def test_what_cannot_be_asked_is_one_line(users):
    assert list(SPLITS) == ["2", "3", "4", "5"]
    with pytest.raises(ConfigError, match="no table '6'; the tables are 2, 3, 4, 5"):
        table(users, "6", **ARMS)
    with pytest.raises(ConfigError, match="no arm 'mtmd'; the arms are control, treatment"):
        table(users, "2", control="control", treatment="mtmd")
    with pytest.raises(ConfigError, match="control and treatment are the same arm, 'control'; give two of "):
        table(users, "2", control="control", treatment="control")
    few = UserTable.of(user_rows(198))
    with pytest.raises(
        DataError, match="Table 2 needs 100 users with an impression in each arm; arm 'control' has 99: "
    ):
        table(few, "2", **ARMS)
