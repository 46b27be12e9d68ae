"""Rows of `users.parquet` for tests: made by chance, with what users do known."""

import numpy as np
import pandas as pd

SURFACES, PRODUCTS, GOALS = ("home_feed", "related_pin", "search"), ("standard", "shopping"), ("click", "conversion")
PRICE = 0.5  # US dollars a click, on average


def user_rows(users: int, *, arms=("control", "treatment"), seed: int = 0, periods=("pre", "test"), lift=0.0):
    """A frame with one row for each user, period, surface, product and goal; the arms alternate by user.

    Each user has a click rate of its own, the same in both periods, so that the pre-period foretells the test; the
    second arm's is higher by `lift`, a relative change, in the test period.
    """
    random = np.random.default_rng(seed)
    taste = random.beta(4.0, 16.0, users)
    parts = [(*each,) for each in np.array(np.meshgrid(SURFACES, PRODUCTS, GOALS)).T.reshape(-1, 3)]
    frames = []
    for period in periods:
        for surface, product, goal in parts:
            arm = np.arange(users) % len(arms)
            rate = taste * (1.0 + lift * ((arm == 1) & (period == "test")))
            impressions = random.poisson(6.0, users)
            clicks = random.binomial(impressions, np.minimum(rate, 1.0))
            good = random.binomial(clicks, 0.5)
            outbound = random.binomial(clicks, 0.7) if product == "standard" else np.zeros(users, np.int64)
            frame = pd.DataFrame(
                {
                    "user": np.arange(users, dtype=np.int64) * 7 + 3,
                    "arm": np.array(arms, object)[arm],
                    "period": period,
                    "surface": surface,
                    "product": product,
                    "goal": goal,
                    "requests": impressions,
                    "impressions": impressions,
                    "clicks": clicks,
                    "good_clicks": good,
                    "outbound_clicks": outbound,
                    "hides": random.binomial(impressions, 0.02),
                    "repins": random.binomial(impressions, 0.05),
                    "conversions": random.binomial(clicks, 0.1),
                    "spend": clicks * random.gamma(4.0, PRICE / 4.0, users),
                }
            )
            frames.append(frame[frame["impressions"] > 0])
    return pd.concat(frames, ignore_index=True)


def halves(ids: np.ndarray, salt: str) -> np.ndarray:
    """`[users]` bool, a fair split by the salt."""
    return np.random.default_rng([*salt.encode()]).random(len(ids)) < 0.5
