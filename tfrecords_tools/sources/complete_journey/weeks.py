"""Days and weeks of the year 2017, as the stores count them."""

import numpy as np
import pandas as pd

from tfrecords_tools.partition import SECONDS_A_DAY

FIRST_DAY = np.datetime64("2017-01-01", "D")
DAYS = 365
WEEKS = 53
STORE_TIME_ZONE = "America/New_York"
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def wall_clock(timestamps: pd.Series) -> np.ndarray:
    """Seconds since 1970, `[rows]`, on the store's clock; the weeks of receipts begin at its midnight.

    Args:
        timestamps: Timestamps in UTC, without a time zone.
    """
    local = timestamps.dt.tz_localize("UTC").dt.tz_convert(STORE_TIME_ZONE).dt.tz_localize(None)
    return local.to_numpy().astype("datetime64[s]").astype(np.int64)


def day_of(seconds: np.ndarray) -> np.ndarray:
    """Days since 1 January 2017, `[rows]`, from seconds since 1970."""
    return seconds // SECONDS_A_DAY - FIRST_DAY.astype(np.int64)


def weekday_of(day: np.ndarray) -> np.ndarray:
    """Index into `WEEKDAYS`, `[rows]`."""
    return (np.asarray(day) + 6) % 7


def first_day_of(week: int) -> int:
    """Days since 1 January 2017 of the first day of `week`: week 1 is that Sunday alone, others begin on Mondays."""
    return max(7 * (week - 2) + 1, 0)


def date_of(day: int) -> str:
    """ISO date, such as `2017-11-06`."""
    return str(FIRST_DAY + np.timedelta64(day, "D"))
