"""The users of a simulation: those of the data set, and as many more cohorts of the same size as are asked for."""

import dataclasses

import numpy as np

from tfrecords_tools.requests import Column, column_concat, column_take
from tfrecords_tools.sources.adworld.columns import identifiers
from tfrecords_tools.sources.adworld.history import History
from tfrecords_tools.sources.adworld.observe_query import QueryObserver
from tfrecords_tools.sources.adworld.users import Users
from tfrecords_tools.sources.adworld.visits import Visits
from tfrecords_tools.sources.adworld.world import World


class Population:
    """A world with more users; what the platform records of each user is drawn as for those of the data set.

    Args:
        world: The world of the data set.
        users: Number of users; 0 takes the world's own.

    Attributes:
        world: The world with all the users.
    """

    def __init__(self, world: World, *, users: int) -> None:
        self._size = len(world.users)
        wanted = users or self._size
        cohorts = [
            Users.make(world.seed, self._size, world.topics, cohort=cohort)
            for cohort in range(-(-wanted // self._size))
        ]
        self._worlds = [dataclasses.replace(world, users=own) for own in cohorts]
        self._observers = [QueryObserver(own) for own in self._worlds]
        every = {
            field.name: np.concatenate([getattr(own, field.name) for own in cohorts])[:wanted]
            for field in dataclasses.fields(Users)
        }
        self.world = dataclasses.replace(world, users=Users(**every))

    def histories(self, day: int) -> list[History]:
        """The logs at the start of a day, of each cohort."""
        return [History.before(world, day, cohort=cohort) for cohort, world in enumerate(self._worlds)]

    def history(self, histories: list[History]) -> History:
        """The logs of all users together; those of the ads are the data set's."""
        first, users = histories[0], len(self.world.users)
        return dataclasses.replace(
            first,
            views=np.concatenate([own.views for own in histories])[:users],
            clicks=np.concatenate([own.clicks for own in histories])[:users],
            user={name: np.concatenate([own.user[name] for own in histories])[:users] for name in first.user},
        )

    def observe(self, visits: Visits, histories: list[History]) -> tuple[dict[str, Column], np.ndarray]:
        """The query columns and the mask `[visits, features]` of all the visits of a day."""
        cohort = visits.user // self._size
        parts, order = [], []
        for number, (observer, history) in enumerate(zip(self._observers, histories, strict=True)):
            rows = np.flatnonzero(cohort == number)
            own = visits.take(rows)
            local = dataclasses.replace(own, user=own.user - number * self._size)
            columns, mask = observer.observe(local, history)
            parts.append(({**columns, "user_id": identifiers("u", own.user)}, mask))
            order.append(rows)
        back = np.argsort(np.concatenate(order), kind="stable")
        columns = {name: column_take(column_concat([own[name] for own, _ in parts]), back) for name in parts[0][0]}
        return columns, np.concatenate([mask for _, mask in parts])[back]
