"""Tests of tfrecords_tools/sources/complete_journey/weeks.py."""

import numpy as np
import pandas as pd

from tfrecords_tools.sources.complete_journey import weeks


def test_week_1_is_one_sunday_and_the_others_begin_on_mondays():
    assert [weeks.first_day_of(week) for week in (1, 2, 3, weeks.WEEKS)] == [0, 1, 8, weeks.DAYS - 7]
    days = np.array([0, 1, 7, 8, 364])
    assert [weeks.WEEKDAYS[day] for day in weeks.weekday_of(days)] == ["Sunday", "Monday", "Sunday", "Monday", "Sunday"]


def test_week_46_begins_on_6_november():
    assert weeks.date_of(weeks.first_day_of(46)) == "2017-11-06"


def test_the_wall_clock_is_five_hours_behind_in_winter_and_four_in_summer():
    utc = pd.Series(pd.to_datetime(["2017-01-02 04:59:58", "2017-07-01 04:00:00"]))
    local = weeks.wall_clock(utc).astype("datetime64[s]").astype(str).tolist()
    assert local == ["2017-01-01T23:59:58", "2017-07-01T00:00:00"]
