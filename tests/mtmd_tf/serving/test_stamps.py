"""Tests of mtmd_tf/serving/stamps.py: what is used together is of one export."""

import pytest

from mtmd_tf.serving.specification import ServingError
from mtmd_tf.serving.stamps import require_stamp


def test_another_stamp_or_none_is_refused_with_both_and_what_to_do() -> None:
    said = {"holder": "items/", "other": "the towers", "rule": "embed again"}
    require_stamp("aa", "aa", **said)
    for found in ("bb", None):
        with pytest.raises(ServingError, match=rf"^items/ carries the stamp {found}, the towers aa; embed again$"):
            require_stamp(found, "aa", **said)
