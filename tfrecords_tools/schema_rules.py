"""What a schema that breaks a rule ends in."""

import re

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")


class SchemaError(ValueError):
    """A schema that contradicts itself, or a name that it does not hold."""


def require(condition: bool, message: str) -> None:
    """Raises `SchemaError` with `message` unless the condition holds."""
    if not condition:
        raise SchemaError(message)


def require_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Raises `SchemaError`, which lists the choices, unless `value` is one of them."""
    require(value in choices, f"{what} {value!r} is not one of {list(choices)}")
