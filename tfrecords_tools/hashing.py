"""Which row of its table a token has that is in no vocabulary."""

import tensorflow as tf


def hashed_rows(tokens: tf.Tensor, *, buckets: int) -> tf.Tensor:
    """`[tokens]` int64 from 0 to `buckets - 1`, of `[tokens]` text or int64, which is hashed as its decimal digits."""
    text = tokens if tokens.dtype == tf.string else tf.strings.as_string(tokens)
    return tf.strings.to_hash_bucket_fast(text, buckets)
