"""Derived seeds are the same everywhere, differ by name and by seed, and fit every seed argument."""

import numpy as np
import pytest

from mtmd_tf.seeds import derive_seed


def test_the_seed_is_the_first_31_bits_of_a_sha256():
    # `printf 7/query_tower | sha256sum` starts with 7c8a837d; 0x7c8a837d >> 1
    assert derive_seed(7, "query_tower") == 0x7C8A837D >> 1


def test_names_and_seeds_give_different_seeds():
    seeds = {derive_seed(seed, name) for seed in range(10) for name in ("ctr", "gctr", "octr")}
    assert len(seeds) == 30


def test_every_seed_fits_31_bits():
    assert all(0 <= derive_seed(seed, "shuffle") < 2**31 for seed in range(-100, 100))


def test_a_numpy_integer_is_the_same_seed():
    assert derive_seed(np.int64(7), "ctr") == derive_seed(7, "ctr")


def test_a_fraction_is_refused():
    with pytest.raises(TypeError, match="'float' object cannot be interpreted as an integer"):
        derive_seed(7.0, "ctr")
