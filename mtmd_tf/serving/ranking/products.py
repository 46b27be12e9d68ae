"""Dot products of float32 queries with rows of int8 in whole numbers, by NumKong's kernels (docs/adr/0054).

A query is two digits of int8 too (`digits`), so two products of whole numbers make up its product to 16 bits. The
kernels multiply by 4 columns at once, or by 16 with matrix instructions (AMX). A request has 2, so neighboring rows, as
one row of twice the width, fill the others:

    row 0, row 1  x  [high  low   0    0 ]  =  [0 x high, 0 x low, 1 x high, 1 x low]
                     [ 0     0   high low]

They run in the calling thread, without Python's lock. What follows is done number by number, so that equal rows have
equal logits wherever they are.
"""

import functools
from typing import Any

import numpy as np
from absl import logging

from mtmd_tf.serving.ranking.digits import STEPS, Digits, to_digits

_TILE = 8192  # rows multiplied at once: their products stay in a core's cache
_REMEMBERED = 256  # packed queries: of each task of a few scans
_NEEDED = ("haswell", "neonsdot")  # x86 with AVX2, Arm with dot products
_WIDE = ("sapphireamx", "sme")  # matrix instructions of x86 and Arm


def has_products() -> bool:
    """Whether the kernels are installed and this processor has them; says once where not."""
    return _kernels() is not None


def dot(query: np.ndarray, values: np.ndarray, *, out: np.ndarray) -> None:
    """Products of rows with queries, where `has_products`; a row's does not depend on the other rows.

    Args:
        query: `[requests, width]` float32.
        values: `[rows, width]` int8, without gaps.
        out: Where they are written, `[requests, rows]` float32.
    """
    group = max(1, _columns() // (2 * len(query)))
    whole = len(values) // group * group
    for first in range(0, whole, _TILE):
        own = slice(first, min(first + _TILE, whole))
        _dot_groups(query, values[own], group, out=out[:, own])
    if whole < len(values):
        _dot_groups(query, values[whole:], 1, out=out[:, whole:])


def _dot_groups(query: np.ndarray, values: np.ndarray, group: int, *, out: np.ndarray) -> None:
    packed, scale = _packed(query.tobytes(), query.shape, group)
    found = np.asarray(_kernels().dots_packed(values.reshape(len(values) // group, -1), packed))
    parts = found.reshape(len(values), 2, len(query)).astype(np.float32)
    np.multiply(parts[:, 0].T, np.float32(STEPS), out=out)
    out += parts[:, 1].T
    out *= scale[:, None]


@functools.lru_cache(maxsize=_REMEMBERED)
def _packed(query: bytes, shape: tuple[int, int], group: int) -> tuple[Any, np.ndarray]:
    """The columns of a group, as the kernels want them, and `[requests]` what a product of whole numbers is worth."""
    digits = to_digits(np.frombuffer(query, np.float32).reshape(shape))
    return _kernels().dots_pack(_columns_of(digits, group), dtype="int8"), digits.scale / STEPS


def _columns_of(digits: Digits, group: int) -> np.ndarray:
    """`[group x 2 x requests, group x width]` int8: a row's own place of the group holds the digits, the others 0."""
    parts = np.concatenate([digits.high, digits.low])
    return np.kron(np.eye(group, dtype=np.int8), parts)


@functools.cache
def _columns() -> int:
    """How many a kernel multiplies by in the time of one."""
    capabilities = _kernels().get_capabilities()
    return 16 if any(capabilities.get(name) for name in _WIDE) else 4


@functools.cache
def _kernels() -> Any:
    """The library, or None."""
    try:
        import numkong
    except ImportError:
        logging.warning("NumKong is not installed: scans of int8 storage turn rows into float32, which is slower")
        return None
    capabilities = numkong.get_capabilities()
    if any(capabilities.get(name) for name in _NEEDED):
        return numkong
    logging.warning("NumKong has no int8 kernel for this processor: scans of int8 storage turn rows into float32")
    return None
