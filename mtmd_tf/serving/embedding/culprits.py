"""Finds the records that make a whole batch fail (design section 3)."""

from collections.abc import Callable, Sequence

from tfrecords_tools.error_messages import message_of
from tfrecords_tools.parsing import FAILURES


def culprits(records: Sequence[bytes], run: Callable[[Sequence[bytes]], object]) -> dict[int, str]:
    """Halves a failing batch until each failing record stands alone.

    Args:
        records: A batch of serialized records.
        run: Function that raises one of `FAILURES` if a record of its batch fails.

    Returns:
        `{place in records: why}`; empty where `run` succeeds.
    """
    try:
        run(records)
        return {}
    except FAILURES as error:
        if len(records) == 1:
            return {0: message_of(error)}
    middle = len(records) // 2
    behind = culprits(records[middle:], run)
    return culprits(records[:middle], run) | {middle + place: why for place, why in behind.items()}
