"""Finds the records that make a whole batch fail (design section 3)."""

from collections.abc import Callable, Sequence

import tensorflow as tf

from mtmd_tf.serving.said import in_words

# A message that quotes a record of binary rubbish is no text, over which TensorFlow's own error stumbles.
FAILURES = (tf.errors.InvalidArgumentError, UnicodeDecodeError)


def culprits(records: Sequence[bytes], run: Callable[[Sequence[bytes]], object]) -> dict[int, str]:
    """Halves a failing batch until each failing record stands alone.

    Args:
        records: A batch.
        run: What raises one of `FAILURES` where a record of its batch is wrong.

    Returns:
        `{place in records: why}`; empty where `run` succeeds.
    """
    try:
        run(records)
        return {}
    except FAILURES as error:
        if len(records) == 1:
            return {0: _short(error)}
    middle = len(records) // 2
    behind = culprits(records[middle:], run)
    return culprits(records[:middle], run) | {middle + place: why for place, why in behind.items()}


def _short(error: tf.errors.InvalidArgumentError | UnicodeDecodeError) -> str:
    """The message without where in the graph it arose."""
    message = error.object.decode(errors="replace") if isinstance(error, UnicodeDecodeError) else error.message
    return in_words(message)
