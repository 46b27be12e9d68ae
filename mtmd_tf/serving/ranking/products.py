"""Dot products of float32 queries with rows of int8 or bfloat16, by NumKong's kernels (docs/adr/0054).

A query is two parts of the rows' own type, so two products make up its product to 16 bits:

    int8       query = scale * (high + low / 254), the products in whole numbers, exactly (`digits`)
    bfloat16   query = high + low, the products added up in float32

The kernels multiply by 4 columns at once, or by 16 with matrix instructions (AMX). A request has 2, so neighboring rows
of int8, as one row of twice the width, fill the others:

    row 0, row 1  x  [high  low   0    0 ]  =  [0 x high, 0 x low, 1 x high, 1 x low]
                     [ 0     0   high low]

They run in the calling thread, without Python's lock. What follows is done number by number, so that equal rows have
equal logits wherever they are.
"""

import functools
from typing import Any

import ml_dtypes
import numpy as np
from absl import logging

from mtmd_tf.serving.ranking.digits import STEPS, to_digits

_TILE = 8192  # rows multiplied at once: their products stay in a core's cache
_REMEMBERED = 256  # packed queries: of each task of a few scans
_NEEDED = {"int8": ("haswell", "neonsdot"), "bfloat16": ("haswell", "neonbfdot")}  # x86 with AVX2, Arm
_WIDE = ("sapphireamx", "sme")  # matrix instructions of x86 and Arm


def has_products(storage: str) -> bool:
    """Whether the kernels of a storage are installed and this processor has them; says once where not."""
    return _kernels(storage) is not None


def dot(query: np.ndarray, values: np.ndarray, *, out: np.ndarray) -> None:
    """Products of rows with queries, where `has_products`; a row's does not depend on the other rows.

    Args:
        query: `[requests, width]` float32.
        values: `[rows, width]` int8 or bfloat16, without gaps.
        out: Where they are written, `[requests, rows]` float32.
    """
    group = max(1, _columns() // (2 * len(query))) if values.dtype == np.int8 else 1  # a row of NaN would be two
    whole = len(values) // group * group
    for first in range(0, whole, _TILE):
        own = slice(first, min(first + _TILE, whole))
        _dot_groups(query, values[own], group, out=out[:, own])
    if whole < len(values):
        _dot_groups(query, values[whole:], 1, out=out[:, whole:])


def _dot_groups(query: np.ndarray, values: np.ndarray, group: int, *, out: np.ndarray) -> None:
    kind = values.dtype.name
    packed, scale = _packed(query.tobytes(), query.shape, kind, group)
    found = np.asarray(_kernels(kind).dots_packed(values.reshape(len(values) // group, -1), packed))
    parts = found.reshape(len(values), 2, len(query)).astype(np.float32, copy=False)
    if scale is None:
        np.add(parts[:, 0].T, parts[:, 1].T, out=out)
        return
    np.multiply(parts[:, 0].T, np.float32(STEPS), out=out)
    out += parts[:, 1].T
    out *= scale[:, None]


@functools.lru_cache(maxsize=_REMEMBERED)
def _packed(query: bytes, shape: tuple[int, int], kind: str, group: int) -> tuple[Any, np.ndarray | None]:
    """The columns of a group, as the kernels want them, and `[requests]` what a product of whole numbers is worth."""
    numbers = np.frombuffer(query, np.float32).reshape(shape)
    if kind == "bfloat16":
        high = numbers.astype(ml_dtypes.bfloat16)
        low = (numbers - high.astype(np.float32)).astype(ml_dtypes.bfloat16)
        return _kernels(kind).dots_pack(np.concatenate([high, low]), dtype=kind), None
    digits = to_digits(numbers)
    parts = np.concatenate([digits.high, digits.low])
    columns = np.kron(np.eye(group, dtype=np.int8), parts)  # a row's own place of the group holds them, the others 0
    return _kernels(kind).dots_pack(columns, dtype=kind), digits.scale / STEPS


@functools.cache
def _columns() -> int:
    """How many a kernel of int8 multiplies by in the time of one."""
    capabilities = _kernels("int8").get_capabilities()
    return 16 if any(capabilities.get(name) for name in _WIDE) else 4


@functools.cache
def _kernels(storage: str) -> Any:
    """The library, or None."""
    try:
        import numkong
    except ImportError:
        logging.warning(
            "NumKong is not installed: scans of %s storage turn rows into float32, which is slower", storage
        )
        return None
    capabilities = numkong.get_capabilities()
    if any(capabilities.get(name) for name in _NEEDED[storage]):
        return numkong
    logging.warning("NumKong has no %s kernel for this processor: scans turn rows into float32", storage)
    return None
