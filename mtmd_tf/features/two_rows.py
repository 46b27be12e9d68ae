"""Two rows for each id, in a table of fewer rows than ids (docs/adr/0045)."""

import tensorflow as tf

_PRIME = 2**31 - 1  # no schema has more rows (tfrecords_tools.tables.MOST_ROWS), so no two ids are equal modulo it
_LINES = ((1_103_515_245, 12_345), (1_664_525, 1_013_904_223))  # factor and summand of each row's hash


def two_rows(ids: tf.Tensor, rows: int) -> tuple[tf.Tensor, tf.Tensor]:
    """Where each half of an id's embedding is: ((factor * id + summand) mod 2^31 - 1) mod `rows`, by two such lines.

    Two ids have both rows in common for about one pair in `rows` squared.

    Args:
        ids: `[...]` integers below 2^31 - 1.
        rows: Rows of the table.

    Returns:
        Two `[...]` int64.
    """
    ids = tf.cast(ids, tf.int64)
    first, second = (tf.math.floormod(tf.math.floormod(factor * ids + plus, _PRIME), rows) for factor, plus in _LINES)
    return first, second
