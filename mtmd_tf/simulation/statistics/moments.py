"""Mean and covariance of what users did, those who did nothing among them: all that a ratio metric needs."""

import dataclasses
from collections.abc import Sequence

import numpy as np

from mtmd_tf.checks import require_rank


@dataclasses.dataclass(frozen=True, kw_only=True, eq=False)
class Moments:
    """Moments over the users of an arm.

    Attributes:
        users: Number of users, those without a row among them; 2 or more.
        columns: Names of the columns.
        mean: `[columns]` mean of each column over the users.
        covariance: `[columns, columns]` sample covariance over the users.
        active: `[columns]` number of users whose value is not 0.
    """

    users: int
    columns: tuple[str, ...]
    mean: np.ndarray
    covariance: np.ndarray
    active: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray, *, columns: Sequence[str], users: int | None = None) -> "Moments":
        """The moments of `[rows, columns]` values, a row a user.

        Args:
            values: `[rows, columns]`.
            columns: Names of the columns.
            users: Number of users; those beyond the rows have 0 in every column. None takes the rows alone.

        Raises:
            ValueError: Fewer than 2 users, or fewer users than rows.
        """
        require_rank(values, 2, name="values")
        users = len(values) if users is None else users
        if users < max(2, len(values)):
            raise ValueError(f"users must be 2 or more and no fewer than the {len(values)} rows, got {users}")
        mean = values.sum(axis=0) / users
        apart = values - mean
        # not `@`: for such a narrow product the threads of BLAS wait for each other longer than they compute
        scatter = np.einsum("ij,ik->jk", apart, apart) + (users - len(values)) * np.outer(mean, mean)
        return cls(
            users=users,
            columns=tuple(columns),
            mean=mean,
            covariance=scatter / (users - 1),
            active=np.count_nonzero(values, axis=0),
        )

    def __add__(self, other: "Moments") -> "Moments":
        """The moments of the users of both, who are different people.

        Raises:
            ValueError: Other columns.
        """
        if self.columns != other.columns:
            raise ValueError(f"columns differ: {self.columns} and {other.columns}")
        users = self.users + other.users
        apart = other.mean - self.mean
        scatter = (self.users - 1) * self.covariance + (other.users - 1) * other.covariance
        scatter = scatter + np.outer(apart, apart) * (self.users * other.users / users)
        return Moments(
            users=users,
            columns=self.columns,
            mean=(self.users * self.mean + other.users * other.mean) / users,
            covariance=scatter / (users - 1),
            active=self.active + other.active,
        )

    def at(self, column: str) -> int:
        """The index of a column."""
        return self.columns.index(column)

    def total(self, column: str) -> float:
        """The sum of a column over all users."""
        return float(self.mean[self.at(column)] * self.users)
