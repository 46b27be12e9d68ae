"""Random numbers of a request and an ad."""

import numpy as np
from scipy import stats

from mtmd_tf.simulation.draws import hashed, normals_at, uniforms_at

ROWS, COLUMNS = np.arange(500)[:, None], np.arange(400)


def test_a_number_belongs_to_its_place():
    every = uniforms_at(7, "noise", at=(ROWS, COLUMNS))
    assert every.shape == (500, 400)
    assert uniforms_at(7, "noise", at=(np.array([123]), np.array([45])))[0] == every[123, 45]


def test_another_seed_name_or_place_is_another_number():
    assert len({float(uniforms_at(*key, at=(np.array([1]),))[0]) for key in ((1, "a"), (1, "b"), (2, "a"))}) == 3
    assert len(np.unique(uniforms_at(7, "noise", at=(ROWS, COLUMNS)))) == 200_000


def test_numbers_are_uniform_and_neighbors_are_not_alike():
    drawn = uniforms_at(7, "noise", at=(ROWS, COLUMNS))
    assert stats.kstest(drawn.ravel(), "uniform").pvalue > 0.01
    for one, other in ((drawn[1:], drawn[:-1]), (drawn[:, 1:], drawn[:, :-1]), (drawn[:400], drawn[:400].T)):
        off = ~np.eye(*one.shape, dtype=bool)
        assert abs(np.corrcoef(one[off], other[off])[0, 1]) < 0.01


def test_normal_numbers_are_normal():
    assert stats.kstest(normals_at(7, "noise", at=(ROWS, COLUMNS)).ravel(), "norm").pvalue > 0.01


def test_the_hash_is_splitmix():
    """Its first output for the seed 1234567, as the reference implementation gives it."""
    assert hashed(np.uint64(1234567), np.array([0]))[0] == np.uint64(6457827717110365317)
