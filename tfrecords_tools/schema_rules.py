"""The rules of names in a schema, and what a schema that breaks a rule ends in."""

import keyword
import re
from collections.abc import Iterable

from tfrecords_tools.printable import listed

NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
MOST_LETTERS = 64  # surface, product and task together name files of a report

# Names that every report, export or record uses for something else.
_TAKEN = {
    "surface": {
        "all": "it stands for all of them together in every report",
        "serving_default": "the exported query tower's signature for any surface is called so",
        "serialized": "the exported towers use it for serialized records",
    },
    "task": {
        "all": "it stands for all of them together in every report",
        "embedding": "the exported towers give all tasks' embeddings under it",
        "stamp": "the exported towers give the export's stamp under it",
        "item_id": "stored embeddings keep the item's id under it",
        "product": "stored embeddings keep the item's product under it",
        "bid": "a utility means the bid by it",
    },
    "query feature": {
        "surface": "the exported query tower takes the surface under it",
        "self": "no exported tower can take an input of this name",
    },
    "item feature": {"self": "no exported tower can take an input of this name"},
}
_TAKEN["product"] = _TAKEN["surface"]


class SchemaError(ValueError):
    """A schema that contradicts itself, or a name that it does not hold."""


def require(condition: bool, message: str) -> None:
    """Raises `SchemaError` with `message` unless the condition holds."""
    if not condition:
        raise SchemaError(message)


def require_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    """Raises `SchemaError`, which lists the choices, unless `value` is one of them."""
    require(value in choices, f"{what} {value!r} is not one of {listed(choices)}")


def require_once(names: tuple[str, ...], what: str) -> None:
    """Raises `SchemaError` unless there is a name, and none comes twice."""
    require(len(names) > 0, f"a schema needs at least one {what}")
    require(len(set(names)) == len(names), f"a {what} is named twice in {listed(names)}")


def require_names(names: Iterable[str], what: str) -> None:
    """Raises `SchemaError` unless data sets, exports and reports can all have these names.

    Args:
        names: Names of all surfaces, of all products, of all tasks, or of all features of one side.
        what: `surface`, `product`, `task`, `query feature`, `item feature` or `cross feature`.
    """
    for name in names:
        where = f"{what} {name!r}"
        require(
            bool(NAME.fullmatch(name)),
            f"{where}: a name is letters, digits and _, a letter first{_instead(name, what)}",
        )
        require(len(name) <= MOST_LETTERS, f"{where}: at most {MOST_LETTERS} letters; it has {len(name)}")
        if what == "cross feature":  # no export has it
            continue
        require(
            not keyword.iskeyword(name), f"{where}: the word is Python's own, so no tower can be exported; rename it"
        )
        taken = _TAKEN[what].get(name, "")
        require(not taken, f"{where}: the name is taken: {taken}; rename it")


def _instead(name: str, what: str) -> str:
    """A name that the rule allows, for one that it refuses; nothing where no letter is left."""
    plain = re.sub(r"[^A-Za-z0-9]+", "_", name.removeprefix(f"{what.split()[0]}/")).strip("_")
    plain = plain if NAME.match(plain) else f"n{plain}" if plain else ""
    return f": {plain}, here and in the logs" if plain else ""
