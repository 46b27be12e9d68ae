"""Which row of its table a token has that is in no vocabulary."""

import tensorflow as tf


def hashed_rows(tokens: tf.Tensor, *, buckets: int) -> tf.Tensor:
    """Rows from 0 to `buckets - 1`, int64, of tokens of any shape; an int64 is hashed as its decimal digits."""
    text = tokens if tokens.dtype == tf.string else tf.strings.as_string(tokens)
    return tf.strings.to_hash_bucket_fast(text, buckets)
