"""Makes up impressions.csv, clicks.csv and ads.csv, the same bytes each time: `python make.py`."""

import csv
import datetime
import pathlib
import random

FOLDER = pathlib.Path(__file__).parent
REQUESTS, ADS, SHOWN, DAYS = 210, 40, 4, 6
ENDED, NEW = 2, 10  # ads that are not in today's list any more, and that are in no log yet
CATEGORIES = ("shoes", "garden", "toys", "books", "travel")
COUNTRIES, DEVICES, FORMATS = ("DE", "FR", "US"), ("phone", "desktop"), ("image", "video")
LIKED = {"DE": "garden", "FR": "books", "US": "shoes"}  # a country's own taste
MIDNIGHT = datetime.datetime(2026, 11, 1, tzinfo=datetime.UTC)

draw = random.Random(14)


def ad(n: int) -> dict[str, str]:
    """An ad as the impressions show it."""
    made = {"ad_id": f"ad{n:02d}", "format": FORMATS[n % 2], "campaign": f"c{n % 9}", "category": CATEGORIES[n % 5]}
    return made | {"price": "" if n % 7 == 0 else f"{draw.uniform(5, 90):.2f}"}


ads = [ad(n) for n in range(ADS)]
impressions, clicks = [], []
for request in range(REQUESTS):
    at = MIDNIGHT + datetime.timedelta(days=DAYS) * (request / REQUESTS)
    page, country = draw.choice(("home", "search")), draw.choice(COUNTRIES)
    words = draw.sample(CATEGORIES, 2) if page == "search" else []
    asked = {"request_id": f"q{request:04d}", "page": page, "user_id": f"u{draw.randrange(60):02d}", "country": country}
    asked |= {"device": draw.choice(DEVICES), "words": "|".join(words)}
    for shown in draw.sample(ads, SHOWN):
        name = f"m{len(impressions):05d}"
        impressions.append({"impression_id": name, "shown_at": f"{at:%Y-%m-%d %H:%M:%S}", **asked, **shown})
        likes = (shown["category"] == LIKED[country]) + (shown["category"] in words) + (shown["format"] == "video") / 2
        if draw.random() < 0.08 + 0.22 * likes:
            seconds = round(draw.expovariate(1 / 25) * (1 + likes))
            clicks.append({"clicked_at": f"{at + datetime.timedelta(seconds=20):%Y-%m-%d %H:%M:%S}"})
            clicks[-1] |= {"impression_id": name, "seconds_on_site": seconds}
clicks.append({**clicks[0], "seconds_on_site": 3})  # one that came twice
clicks.append({**clicks[0], "impression_id": "m99999"})  # one whose impression was lost
today = [*ads[ENDED:], *(ad(n) for n in range(ADS, ADS + NEW))]
today[0] |= {"price": "4.99"}  # one that has become cheaper
columns = {"ad_id": "item/id", "format": "item/product"} | {n: f"item/{n}" for n in ("campaign", "category", "price")}
catalog = [{columns[name]: value for name, value in row.items()} for row in today]
for name, rows in (("impressions", impressions), ("clicks", clicks), ("ads", catalog)):
    with (FOLDER / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
