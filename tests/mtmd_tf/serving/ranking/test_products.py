"""Tests of mtmd_tf/serving/ranking/products.py."""

import sys
from collections.abc import Iterator

import ml_dtypes
import numkong
import numpy as np
import pytest
from absl import logging
from hypothesis import given
from hypothesis import strategies as st

from mtmd_tf.serving.ranking import products
from mtmd_tf.serving.ranking.storage import StoredTask


def forget() -> None:
    for remembered in (products._kernels, products._columns, products._packed):
        remembered.cache_clear()


@pytest.fixture(params=["all", "no AMX", "AVX2"])
def instructions(request: pytest.FixtureRequest) -> Iterator[None]:
    """What the processor has, or less of it."""
    own = {name for name, has in numkong.get_capabilities().items() if has}
    off = {"all": set(), "no AMX": {"sapphireamx"}, "AVX2": own - {"haswell", "neon", "neonsdot", "serial"}}
    for name in own & off[request.param]:
        numkong.disable_capability(name)
    forget()
    yield
    for name in own & off[request.param]:
        numkong.enable_capability(name)
    forget()


def product(query: np.ndarray, values: np.ndarray) -> np.ndarray:
    out = np.full((len(query), len(values)), np.nan, np.float32)
    products.dot(query, values, out=out)
    return out


def rows(count: int, width: int, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).integers(-127, 128, (count, width), dtype=np.int8)


def queries(count: int, width: int) -> np.ndarray:
    return np.random.default_rng(1).standard_normal((count, width), dtype=np.float32)


def require_within(query: np.ndarray, values: np.ndarray) -> None:
    exact = query.astype(np.float64) @ values.T.astype(np.float64)
    largest, total = np.abs(query).max(axis=1, keepdims=True), np.abs(values.astype(np.float64)).sum(axis=1)
    assert (np.abs(product(query, values) - exact) <= (1 / 64_516 + 1e-6) * largest * total).all()


def test_by_hand() -> None:
    query = np.float32([[1.27, 0.01], [0, -254]])  # in steps of .01 and of 2: 127 and 1, 0 and -127
    np.testing.assert_allclose(
        product(query, np.int8([[1, 0], [-3, 100], [0, 127]])), [[1.27, -2.81, 1.27], [0, -25_400, -32_258]], rtol=1e-6
    )


@pytest.mark.parametrize(("requests", "count", "width"), [(1, 5000, 128), (3, 4099, 30), (32, 77, 64), (2, 1, 1)])
@pytest.mark.usefixtures("instructions")
def test_products_are_within_the_querys_rounding(requests: int, count: int, width: int) -> None:
    require_within(queries(requests, width), rows(count, width))


@given(requests=st.integers(1, 9), count=st.integers(0, 40), width=st.integers(1, 70), data=st.data())
def test_products_of_any_shape_are_within_the_querys_rounding(
    requests: int, count: int, width: int, data: st.DataObject
) -> None:
    numbers = st.floats(-1e4, 1e4, width=32)
    query = np.float32(data.draw(st.lists(numbers, min_size=width, max_size=width)))
    require_within(np.stack([query / (1 + one) for one in range(requests)]), rows(count, width, seed=width))


@pytest.mark.parametrize(("requests", "count", "width"), [(1, 5000, 128), (3, 4099, 30), (32, 77, 64), (2, 1, 1)])
@pytest.mark.usefixtures("instructions")
def test_products_of_bfloat16_are_those_of_the_stored_numbers(requests: int, count: int, width: int) -> None:
    query, values = queries(requests, width), queries(count, width).astype(ml_dtypes.bfloat16)
    exact = query.astype(np.float64) @ values.astype(np.float64).T
    total = np.abs(query.astype(np.float64)) @ np.abs(values.astype(np.float64)).T
    assert (np.abs(product(query, values) - exact) <= 2**-15 * total).all()


@pytest.mark.parametrize("kind", [np.int8, ml_dtypes.bfloat16])
@pytest.mark.parametrize("width", [128, 30])
@pytest.mark.usefixtures("instructions")
def test_equal_rows_have_equal_products_wherever_they_are(kind: type, width: int) -> None:
    values = np.repeat(rows(1, width).astype(kind), 9001, axis=0)
    for requests in (1, 3):
        assert all(len(set(own.tolist())) == 1 for own in product(queries(requests, width), values))


def test_a_scan_without_the_library_gives_the_same_logits_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    said: list[str] = []
    items, query = queries(300, 34), queries(2, 34)
    stored = StoredTask.of(items, storage="int8")
    with_library = stored.logits(query, slice(0, 300))
    monkeypatch.setitem(sys.modules, "numkong", None)
    monkeypatch.setattr(logging, "warning", lambda text, *own: said.append(text % own))
    forget()
    np.testing.assert_allclose(stored.logits(query, slice(0, 300)), with_library, atol=1e-3)
    stored.logits(query, np.array([3, 1]))
    assert said == ["NumKong is not installed: scans of int8 storage turn rows into float32, which is slower"]
    monkeypatch.undo()
    forget()


def test_a_processor_without_kernels_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(numkong, "get_capabilities", lambda: {"serial": True})
    monkeypatch.setattr(logging, "warning", lambda text, *own: said.append(text % own))
    forget()
    assert not products.has_products("bfloat16")
    assert not products.has_products("int8")
    assert said == [
        f"NumKong has no {kind} kernel for this processor: scans turn rows into float32"
        for kind in ("bfloat16", "int8")
    ]
    monkeypatch.undo()
    forget()
