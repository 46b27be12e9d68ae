"""Losses that align the order of a request's candidates with the heavyweight ranker's (paper section 4)."""

import math
from typing import NamedTuple

import tensorflow as tf

from mtmd_tf import replicas

SOFTNESS = 0.25  # nats of ln p over which `recall` blurs the cut
_KEPT_SHARE, _TOP_SHARE = 1 / 4, 1 / 20  # of a list: what `recall` keeps, and what should be among it
_HALVINGS = 24  # of the interval in which the cut lies
_FAR = 1e9


class Lists(NamedTuple):
    """One task's candidates in rows, padded to the longest request.

    Attributes:
        known: `[requests, candidates]` bool, False for padding, for candidates without a label, and in requests with
            fewer than two labels.
        label: Heavyweight probability, `[requests, candidates]`, 0 where it is not known.
        log_probability: ln p, `[requests, candidates]`, 0 where the label is not known.
        bid: US dollars, `[requests, candidates]`, 0 where the label is not known.
    """

    known: tf.Tensor
    label: tf.Tensor
    log_probability: tf.Tensor
    bid: tf.Tensor

    @classmethod
    def of_pairs(
        cls,
        *,
        label: tf.Tensor,
        log_probability: tf.Tensor,
        bid: tf.Tensor,
        request: tf.Tensor,
        requests: tf.Tensor,
    ) -> "Lists":
        """From `[pairs]` each, of which `request` is ascending and says whose each pair is, of `requests` `[]`."""

        def rows(values: tf.Tensor, padding: float) -> tf.Tensor:
            ragged = tf.RaggedTensor.from_value_rowids(values, request, nrows=requests, validate=False)
            return ragged.to_tensor(padding)

        label = rows(label, float("nan"))
        known = tf.math.is_finite(label)
        known &= tf.math.count_nonzero(known, axis=1, keepdims=True) > 1
        return cls(
            known=known,
            label=tf.where(known, label, 0.0),
            log_probability=tf.where(known, rows(log_probability, 0.0), 0.0),
            bid=tf.where(known, rows(bid, 0.0), 0.0),
        )

    def sampled(self, count: int, *, own_best: int, seed: tf.Tensor) -> "Lists":
        """At most `count` labeled candidates of each request: the best `own_best` by ln p, the others at random.

        A sample without the model's own best says nothing of the candidates that compete for the cut (RCE-KD, 2025).

        Args:
            count: Number of candidates, at least 2.
            own_best: How many of them are the model's own best.
            seed: `[2]` int32; the same seed and lists of the same shape give the same sample.
        """
        by_own = tf.argsort(tf.where(self.known, self.log_probability, -_FAR), axis=1, direction="DESCENDING")
        own_rank = tf.argsort(by_own, axis=1)
        drawn = tf.random.stateless_uniform(tf.shape(self.label), seed)
        wanted = tf.where(self.known, drawn + tf.cast(own_rank < own_best, tf.float32), -1.0)
        chosen = tf.math.top_k(wanted, tf.minimum(count, tf.shape(wanted)[1])).indices
        return Lists(*(tf.gather(each, chosen, batch_dims=1) for each in self))


def regression_compatible(lists: Lists) -> tuple[tf.Tensor, tf.Tensor]:
    """Listwise softmax whose logits are ln p, so that labels y minimize it and the KL alike (Bai et al. 2022).

        loss = sum_i q_i (ln q_i - ln r_i),   q = y / sum(y),   r = p / sum(p)

    Returns:
        Loss of each request, `[requests]` nats, and whether the request has one, `[requests]` bool: its labels are not
        all 0.
    """
    total = tf.reduce_sum(lists.label, axis=1, keepdims=True)
    own = tf.math.divide_no_nan(lists.label, total)
    known_only = tf.where(lists.known, lists.log_probability, -_FAR)
    log_share = lists.log_probability - tf.reduce_logsumexp(known_only, axis=1, keepdims=True)
    loss = tf.math.xlogy(own, own) - own * log_share
    return tf.reduce_sum(loss, axis=1), total[:, 0] > 0.0


def pairwise_ecpm(lists: Lists) -> tuple[tf.Tensor, tf.Tensor]:
    """Pairwise logistic loss on ln eCPM, weighed by what a pair's exchange does to NDCG (Zhao et al. 2023, COPR).

        loss = sum over g_i > g_j of  change_ij ln(1 + e_j / e_i),   e = bid p,   g = bid y
        change_ij = |g_i - g_j| |d_i - d_j| / ideal DCG,   d = 1 / log2(1 + rank by e)

    Without bids (all 1) it compares probabilities. A candidate without a positive bid is left out.

    Returns:
        Loss of each request, `[requests]`, and whether the request has one, `[requests]` bool: its gains differ.
    """
    lists = lists._replace(known=lists.known & (lists.bid > 0.0))
    gain = tf.where(lists.known, lists.label * lists.bid, 0.0)
    value = lists.log_probability + tf.math.log(tf.where(lists.known, lists.bid, 1.0))
    order = tf.argsort(tf.where(lists.known, value, -_FAR), axis=1, direction="DESCENDING", stable=True)
    rank = tf.cast(tf.argsort(order, axis=1) + 1, tf.float32)
    discount = tf.stop_gradient(math.log(2.0) / tf.math.log1p(rank))
    by_rank = math.log(2.0) / tf.math.log1p(tf.range(1, tf.shape(gain)[1] + 1, dtype=tf.float32))
    ideal = tf.reduce_sum(tf.sort(gain, axis=1, direction="DESCENDING") * by_rank, axis=1)
    better = _differences(gain)
    both = lists.known[:, :, None] & lists.known[:, None, :]
    change = tf.where(both, tf.maximum(better, 0.0) * tf.abs(_differences(discount)), 0.0)
    loss = tf.reduce_sum(change * tf.math.softplus(-_differences(value)), axis=[1, 2])
    return tf.math.divide_no_nan(loss, ideal), tf.reduce_any(both & (better > 0.0), axis=[1, 2])


def relaxed_recall(lists: Lists) -> tuple[tf.Tensor, tf.Tensor]:
    """How likely the heavyweight ranker's best are among those kept, differentiable (Wang et al. 2023, ARF).

        kept_i = sigmoid((ln p_i - cut) / softness),   cut such that sum_i kept_i = m
        loss   = -mean of ln kept_i over the k best labels and what ties with the last of them

    Of n labeled candidates m = ceil(n / 4) are kept and k = ceil(n / 20) should be among them.

    Returns:
        Loss of each request, `[requests]`, and whether the request has one, `[requests]` bool: it has two labels.
    """
    count = tf.reduce_sum(tf.cast(lists.known, tf.float32), axis=1, keepdims=True)
    most = tf.sort(tf.where(lists.known, lists.label, -1.0), axis=1, direction="DESCENDING")
    last = tf.cast(tf.maximum(tf.math.ceil(count * _TOP_SHARE), 1.0), tf.int32) - 1
    best = tf.cast(lists.known & (lists.label >= tf.gather(most, last, batch_dims=1)), tf.float32)
    cut = _cut(lists, kept=tf.math.ceil(count * _KEPT_SHARE))
    log_kept = tf.math.log_sigmoid((lists.log_probability - cut) / SOFTNESS)
    loss = -tf.math.divide_no_nan(tf.reduce_sum(best * log_kept, axis=1), tf.reduce_sum(best, axis=1))
    return loss, count[:, 0] > 0.0


LOSSES = {"rcr": regression_compatible, "copr": pairwise_ecpm, "recall": relaxed_recall}


def alignment_loss(kind: str, lists: Lists) -> tf.Tensor:
    """The loss `kind`, a key of `LOSSES`, `[]`: the mean over the requests that have one; 0 where none has.

    In a step of several replicas it is this one's share of the mean over the requests of all.
    """
    loss, has_one = LOSSES[kind](lists)
    weight = tf.cast(has_one, tf.float32)
    return tf.math.divide_no_nan(tf.reduce_sum(weight * loss), replicas.summed(tf.reduce_sum(weight)))


def _differences(values: tf.Tensor) -> tf.Tensor:
    """`[requests, candidates]` to `[requests, candidates, candidates]`: value i - value j."""
    return values[:, :, None] - values[:, None, :]


def _cut(lists: Lists, *, kept: tf.Tensor) -> tf.Tensor:
    """`[requests, 1]`: where `kept` `[requests, 1]` candidates are above, softly counted.

    It is found by halving an interval. One step of Newton's method from there, whose own slope counts as fixed, hardly
    moves it and carries the gradient of the implicit function.
    """
    known = tf.cast(lists.known, tf.float32)

    def surplus(cut: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        above = known * tf.sigmoid((lists.log_probability - cut) / SOFTNESS)
        return tf.reduce_sum(above, axis=1, keepdims=True) - kept, tf.reduce_sum(
            above * (1.0 - above), axis=1, keepdims=True
        )

    margin = SOFTNESS * tf.math.log(tf.cast(tf.shape(known)[1] + 1, tf.float32))
    fixed = tf.stop_gradient(lists.log_probability)
    low = tf.reduce_min(fixed, axis=1, keepdims=True) - margin
    high = tf.reduce_max(fixed, axis=1, keepdims=True) + margin
    for _ in range(_HALVINGS):
        middle = (low + high) / 2.0
        too_many = surplus(middle)[0] > 0.0
        low, high = tf.where(too_many, middle, low), tf.where(too_many, high, middle)
    cut = tf.stop_gradient((low + high) / 2.0)
    excess, slope = surplus(cut)
    return cut + SOFTNESS * tf.math.divide_no_nan(excess, tf.stop_gradient(slope))
