"""Checks of arguments whose errors give the name, the rule, what came, and the choices."""

from collections.abc import Iterable
from typing import Any, TypeVar

T = TypeVar("T")


def require_rank(tensor: Any, rank: int, *, name: str) -> None:
    """Refuses a tensor or array whose rank is known and is not `rank`.

    Raises:
        ValueError: If the rank differs. An unknown static rank passes.
    """
    shape = tensor.shape
    actual = shape.rank if hasattr(shape, "rank") else len(shape)
    if actual is not None and actual != rank:
        raise ValueError(f"{name} must have rank {rank}, got rank {actual} with shape {list(shape)}.")


def require_choice(value: T, choices: Iterable[T], *, what: str) -> T:
    """Returns `value` if it is one of `choices`; `what` says what kind of thing it is, such as `"surface"`.

    Raises:
        ValueError: If there is no such choice.
    """
    choices = list(choices)
    if value not in choices:
        raise ValueError(f"Unknown {what} {value!r}; it must be one of {choices}.")
    return value
