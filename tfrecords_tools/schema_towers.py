"""What two towers need of a schema, said before logs are converted rather than after labels are made."""

from tfrecords_tools.schema import Schema
from tfrecords_tools.schema_rules import require

_SIDES = (("query", "surface"), ("item", "product"))


def require_towers(schema: Schema) -> None:
    """Refuses a schema from which no model of two towers can be made.

    Raises:
        SchemaError: A side without a feature, or a surface or product without a task.
    """
    for side, what in _SIDES:
        require(
            bool(schema.features_of(side)),
            f"schema {schema.name!r} has no {side} feature: the {side} tower needs at least one, such as a category; "
            f"where nothing but the {what} is known, a category that repeats its name",
        )
        for domain in schema.domains_of(side):
            pairs = [pair for pair in schema.slices if pair[side == "item"] == domain]
            exists = any(schema.task_exists(*pair, task) for pair in pairs for task in schema.task_names)
            require(exists, f"schema {schema.name!r}: no task exists for the {what} {domain!r}; it needs at least one")


def without_features(schema: Schema) -> dict[str, list[str]]:
    """`{"surface": [...], "product": [...]}`: domains in which no feature of their side can exist."""
    return {
        what: [domain for domain in schema.domains_of(side) if not schema.features_of(side, domain=domain)]
        for side, what in _SIDES
    }
