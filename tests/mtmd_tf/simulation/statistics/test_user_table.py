import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mtmd_tf.simulation.statistics.measures import COUNTS
from mtmd_tf.simulation.statistics.user_table import PARTS, SUMS, UserTable
from tests.mtmd_tf.simulation.user_rows import user_rows
from tfrecords_tools.requests import DataError

ROWS = user_rows(40)


def overall(frame) -> dict[str, np.ndarray]:
    return {arm: moments.mean * moments.users for arm, moments in UserTable.of(frame).moments().items()}


def test_a_users_sums_are_those_of_its_rows():
    users = UserTable.of(ROWS)
    place = 5
    mine = ROWS[(ROWS["user"] == users.users[place]) & (ROWS["surface"] == "search")]
    sums = dict(zip(SUMS, users.sums({"surface": "search"})[place], strict=True))
    for period, before in (("test", ""), ("pre", "pre_")):
        rows = mine[mine["period"] == period]
        for name in COUNTS:
            assert sums[before + name] == pytest.approx(rows[name].sum())
        standard = rows[rows["product"] == "standard"]
        assert sums[f"{before}outbound_impressions"] == standard["impressions"].sum()


@pytest.mark.parametrize("part", PARTS)
def test_cells_add_up_to_the_whole(part):
    users = UserTable.of(ROWS)
    cells = sum(users.sums({part: name}) for name in users.names(part))
    np.testing.assert_allclose(cells, users.sums())


@given(st.integers(0, 2**32 - 1))
@settings(max_examples=8, deadline=None)
def test_the_order_of_rows_and_the_numbers_of_users_change_nothing(seed):
    random = np.random.default_rng(seed)
    numbers = random.permutation(10**6)[: ROWS["user"].nunique()]
    renumbered = ROWS.assign(user=numbers[ROWS["user"].rank(method="dense").astype(int) - 1])
    shuffled = renumbered.sample(frac=1.0, random_state=seed)
    for arm, sums in overall(ROWS).items():
        np.testing.assert_allclose(overall(shuffled)[arm], sums)


def test_users_without_a_row_count():
    moments = UserTable.of(ROWS, assigned={"control": 30, "treatment": 20}).moments()
    assert moments["control"].users == 30
    assert moments["control"].total("clicks") == overall(ROWS)["control"][SUMS.index("clicks")]


def test_a_file_comes_back_as_its_frame(tmp_path):
    ROWS.to_parquet(tmp_path / "users.parquet")
    read = UserTable.read(tmp_path / "users.parquet")
    np.testing.assert_array_equal(read.sums(), UserTable.of(ROWS).sums())


def with_value(name, value):
    frame = ROWS.copy()
    frame[name] = frame[name].astype(object if isinstance(value, str) or value is None else float)
    frame.loc[3, name] = value
    return frame


BROKEN = {
    "users lacks the column 'hides'; it must have user, arm, period, ": ROWS.drop(columns="hides"),
    r"users, row 3: clicks must be 0 or more, it is -1\.0": with_value("clicks", -1.0),
    "users, row 3: spend must be 0 or more, it is nan": with_value("spend", np.nan),
    "users, row 3: hides must be 0 or more, it is many": with_value("hides", "many"),
    "users: a row without surface; simulate again": with_value("surface", None),
    "users: unknown period 'later'; it is 'pre' or 'test'": with_value("period", "later"),
    "users: user must be a whole number, it is float64": ROWS.assign(user=ROWS["user"] + 0.5),
    "users: user 24 is in two arms; a user belongs to one": with_value("arm", "control"),
}


@pytest.mark.parametrize("line", BROKEN)
def test_a_broken_table_is_one_line(line):
    with pytest.raises(DataError, match=line):
        UserTable.of(BROKEN[line])


def test_arms_that_the_run_lacks_or_overfills_are_one_line():
    with pytest.raises(DataError, match=r"users: unknown arm 'treatment'; the arms of the run are \['control'\]"):
        UserTable.of(ROWS, assigned={"control": 20})
    with pytest.raises(DataError, match="users: arm 'control' has 20 users of 10 assigned"):
        UserTable.of(ROWS, assigned={"control": 10, "treatment": 20})


def test_a_missing_or_damaged_file_is_one_line(tmp_path):
    with pytest.raises(DataError, match=r"users.parquet is not there; simulate first: python -m mtmd_tf.jobs.simulate"):
        UserTable.read(tmp_path / "users.parquet")
    (tmp_path / "users.parquet").write_bytes(b"PAR1")
    with pytest.raises(DataError, match=r"users.parquet is no Parquet file, or is cut off or damaged: simulate again"):
        UserTable.read(tmp_path / "users.parquet")
