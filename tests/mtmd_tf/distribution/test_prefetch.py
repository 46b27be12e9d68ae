import threading

import pytest

from mtmd_tf.distribution.prefetch import ahead


def test_items_come_in_order_each_made_while_the_one_before_is_used():
    made, second = [], threading.Event()

    def items():
        for number in range(4):
            made.append(number)
            if number == 1:
                second.set()
            yield number

    seen = ahead(items())
    assert next(seen) == 0
    assert second.wait(10.0)
    assert list(seen) == [1, 2, 3]
    assert made == [0, 1, 2, 3]


def test_an_error_comes_at_its_own_item():
    def items():
        yield 0
        raise ValueError("of the second item")

    seen = ahead(items())
    assert next(seen) == 0
    with pytest.raises(ValueError, match="of the second item"):
        next(seen)


def test_who_stops_early_leaves_nothing_behind():
    seen = ahead(iter(range(1000)))
    assert next(seen) == 0
    seen.close()
    assert list(seen) == []
