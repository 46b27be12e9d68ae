"""The latent truth of the ad world, fixed before the first visit."""

import dataclasses
import functools

import numpy as np

from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.ads import Ads
from tfrecords_tools.sources.adworld.distance import WORLD_AS_IS, Distance
from tfrecords_tools.sources.adworld.topics import Topics
from tfrecords_tools.sources.adworld.users import Users

_MAX_ADS = 20_000
_SHORT = 100  # candidates; longer lists are retrieved as a platform does (`long_lists`)


@dataclasses.dataclass(frozen=True, kw_only=True)
class World:
    """Everything true and unobserved: topics, users and ads, made from one seed.

    Attributes:
        seed: The seed that every draw derives from.
        days: Days of visits.
        requests: Visits over all days.
        candidates: Candidates of each request.
        distance: How far apart the domains are.
    """

    seed: int
    days: int
    requests: int
    candidates: int
    topics: Topics
    users: Users
    ads: Ads
    distance: Distance = WORLD_AS_IS

    @property
    def long_lists(self) -> bool:
        """Whether a request has so many candidates that they are retrieved by `long_lists`."""
        return self.candidates > _SHORT

    @functools.cached_property
    def tastes(self) -> dict[str, np.ndarray]:
        """`{table of Topics: [surfaces, products, ...]}`: log-odds of a click that differ by slice where domains do."""
        return {
            name: self.distance.tastes(self.seed, name, getattr(self.topics, name))
            for name in ("hour_appeal", "segment_appeal", "format_on_device")
        }

    @classmethod
    def make(cls, *, seed: int, requests: int, candidates: int, days: int, distance: Distance = WORLD_AS_IS) -> "World":
        """A world whose users and ads grow with the number of requests.

        Raises:
            DataError: A size that makes no world; it names the argument.
        """
        for name, value, least in (
            ("seed", seed, 0),
            ("candidates", candidates, 1),
            ("days", days, 2),
            ("requests", requests, days),
        ):
            if value < least:
                raise DataError(
                    f"{name} must be at least {least}{' (one a day)' if name == 'requests' else ''}, got {value}"
                )
        topics = Topics.make(seed)
        return cls(
            seed=seed,
            days=days,
            requests=requests,
            candidates=candidates,
            distance=distance,
            topics=topics,
            users=Users.make(seed, max(100, requests // 10), topics),
            ads=Ads.make(seed, max(20 * candidates, min(_MAX_ADS, max(400, requests // 5))), topics),
        )
