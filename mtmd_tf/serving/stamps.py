"""A dot product means something only between two towers of one export: what is used together has one stamp."""

from mtmd_tf.serving.specification import ServingError


def require_stamp(found: str | None, wanted: str, *, holder: str, other: str, rule: str) -> None:
    """Refuses what another export made.

    Args:
        found: Stamp that it carries; None for none.
        wanted: Stamp of the export that it is used with.
        holder: What carries `found`, for the error.
        other: What has `wanted`, for the error.
        rule: What to do.

    Raises:
        ServingError: The stamps differ; it names both.
    """
    if found != wanted:
        raise ServingError(f"{holder} carries the stamp {found}, {other} {wanted}; {rule}")
