"""Joins impressions.csv and clicks.csv to one row a pair: `python docs/bring-your-own-logs/join.py PAIRS.csv`."""

import pathlib
import sys

import pandas as pd

LONG_CLICK = 30  # seconds on the advertiser's site
COLUMNS = {
    "request_id": "request_id",
    "shown_at": "timestamp",
    "page": "surface",
    "user_id": "query/user",
    "country": "query/country",
    "device": "query/device",
    "words": "query/words",
    "ad_id": "item/id",
    "format": "item/product",
    "campaign": "item/campaign",
    "category": "item/category",
    "price": "item/price",
}

here, out = pathlib.Path(__file__).parent, pathlib.Path(sys.argv[1])
# As text: what is empty stays empty, and no id turns into a number.
impressions = pd.read_csv(here / "impressions.csv", dtype=str, keep_default_na=False)
clicks = pd.read_csv(here / "clicks.csv", dtype={"impression_id": str})

# A click that was logged twice is one; the longest visit counts.
visits = clicks.groupby("impression_id", as_index=False)["seconds_on_site"].max()
pairs = impressions.merge(visits, on="impression_id", how="left", validate="one_to_one")
pairs["event/ctr"] = pairs["seconds_on_site"].notna().astype(int)
pairs["event/gctr"] = (pairs["seconds_on_site"] >= LONG_CLICK).astype(int)

# An ad that was shown twice in one request is one pair, clicked if either was.
events = ["event/ctr", "event/gctr"]
pairs[events] = pairs.groupby(["request_id", "ad_id"])[events].transform("max")
pairs = pairs.drop_duplicates(["request_id", "ad_id"]).rename(columns=COLUMNS)

out.parent.mkdir(parents=True, exist_ok=True)
pairs[[*COLUMNS.values(), *events]].to_csv(out, index=False)
lost = ~visits["impression_id"].isin(impressions["impression_id"])
print(f"{out}: {len(pairs)} pairs of {len(impressions)} impressions, {pairs['event/ctr'].sum()} clicked;")
print(f"{len(clicks) - len(visits)} clicks came twice, {lost.sum()} have no impression and are left out.")
