import dataclasses
import math
import pathlib
import tempfile
import tracemalloc

import numpy as np
import pytest

from mtmd_tf.metrics import BUCKETS, Buckets, Cube, RequestErrors, RequestErrorSums

NAMES = {"surfaces": ("home", "search"), "products": ("standard", "shopping"), "tasks": ("ctr",)}
EDGES = np.tile([0.5, 0.4, 0.3, 0.2, 0.1], (4, 1))  # the same in each of 4 slices
BUCKETED = Buckets(roots={"ctr": "ctr"}, edges={"ctr": EDGES})


def measured(*batches, **options) -> RequestErrors:
    """Each batch is `{id: (surface, [(product, label, prediction), ...])}`."""
    with (
        tempfile.TemporaryDirectory() as folder,
        RequestErrorSums(folder=folder, **NAMES, buckets=BUCKETED, **options) as sums,
    ):
        for batch in batches:
            pairs = [(row, *pair) for row, (_, of_request) in enumerate(batch.values()) for pair in of_request]
            request, product, label, probability = (np.array(column) for column in zip(*pairs, strict=True))
            sums.update(
                request_id=np.array(list(batch), object),
                request=request,
                surface=np.array([surface for surface, _ in batch.values()]),
                product=product,
                log_probability={"ctr": np.log(probability)},
                log_complement={"ctr": np.log1p(-probability)},
                label={"ctr": label},
            )
        return saved(sums, folder)


def saved(sums: RequestErrorSums, folder: str | pathlib.Path) -> RequestErrors:
    sums.save(pathlib.Path(folder) / "requests.parquet")
    return RequestErrors.load(pathlib.Path(folder) / "requests.parquet")


FIRST = {b"a": (0, [(0, 0.1, 0.2), (0, 0.1, 0.4), (1, 0.5, 0.5)]), b"b": (1, [(1, 0.2, 0.1)])}
SECOND = {b"long": (0, [(0, math.nan, 0.1), (0, 0.3, 0.1)])}


def test_errors_are_summed_by_request_and_product():
    errors = measured(FIRST, SECOND)
    assert errors.request_id.tolist() == [b"a", b"b", b"long"]
    assert errors.surface.tolist() == [0, 1, 0]
    ln2, ln3 = math.log(2), math.log(3)
    error = errors.error[:, :, 0].sum(axis=-1)
    np.testing.assert_allclose(error, [[3 * ln2, 0.0], [0.0, ln2], [ln3, 0.0]], atol=1e-6)
    assert errors.pairs[:, :, 0].sum(axis=-1).tolist() == [[2, 1], [0, 1], [1, 0]]


def test_errors_are_told_apart_by_bucket():
    errors = measured({b"a": (0, [(0, 0.6, 0.3), (0, 0.25, 0.125), (0, 0.01, 0.01)])})
    np.testing.assert_allclose(errors.error[0, 0, 0], [math.log(2), 0, 0, math.log(2), 0, 0], atol=1e-6)
    assert errors.pairs[0, 0, 0].tolist() == [1, 0, 0, 1, 0, 1]
    assert errors.edges.shape == (2, 2, 1, len(BUCKETS) - 1)


def test_a_task_has_no_pair_where_it_does_not_exist():
    errors = measured(FIRST, exists={("home", "standard", "ctr")})
    assert errors.pairs[:, :, 0].sum(axis=-1).tolist() == [[2, 0], [0, 0]]


def test_a_request_may_have_more_pairs_than_16_bits_count():
    errors = measured({b"a": (0, [(0, 0.6, 0.3)] * 40_000)})
    assert errors.pairs.dtype == np.int32
    assert errors.pairs[0, 0, 0].tolist() == [40_000, 0, 0, 0, 0, 0]
    assert errors.error[0, 0, 0, 0] == pytest.approx(40_000 * math.log(2), rel=1e-6)


def test_without_a_batch_there_is_no_request():
    errors = measured()
    assert (len(errors.request_id), len(errors.surface)) == (0, 0)
    assert errors.error.shape == errors.pairs.shape == (0, 2, 1, len(BUCKETS))


def peak_memory(folder: pathlib.Path, *, batches: int) -> int:
    """Bytes, of batches of 1,000 requests with a pair each: 1,000 x 2 products x 6 buckets x 8 bytes, 96,000."""
    rows, ids = np.arange(1_000), np.array([b"%d" % row for row in range(1_000)])
    half = {"ctr": np.full(1_000, 0.5)}
    tracemalloc.start()
    with RequestErrorSums(folder=folder, **NAMES, buckets=BUCKETED) as sums:
        for _ in range(batches):
            sums.update(
                request_id=ids,
                request=rows,
                surface=rows % 2,
                product=rows % 2,
                log_probability=half,
                log_complement=half,
                label=half,
            )
        sums.save(folder / "requests.parquet")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak


def test_memory_does_not_grow_with_the_batches(tmp_path):
    peak_memory(tmp_path, batches=1)  # what is imported and cached once
    few, many = (peak_memory(tmp_path, batches=batches) for batches in (2, 20))
    assert len(RequestErrors.load(tmp_path / "requests.parquet").request_id) == 20_000
    assert many < few + 96_000  # 18 batches more are 1.7 MB more


def test_nothing_waits_on_disk_once_it_is_over(tmp_path):
    with RequestErrorSums(folder=tmp_path, **NAMES, buckets=BUCKETED) as sums:
        sums.save(tmp_path / "requests.parquet")
    assert [path.name for path in tmp_path.iterdir()] == ["requests.parquet"]


def test_they_sum_to_the_cubes_log_mae_and_kl(tmp_path):
    random, pairs = np.random.default_rng(0), 200
    request = np.sort(random.integers(0, 30, pairs))
    surface, product = random.integers(0, 2, 30), random.integers(0, 2, pairs)
    label, log_p = random.random(pairs), -random.exponential(size=pairs)
    cube = Cube(**NAMES)
    common = {"product": product, "log_probability": {"ctr": log_p}, "label": {"ctr": label}}
    common["log_complement"] = {"ctr": np.log1p(-np.exp(log_p))}
    ids = np.arange(30).astype("S")
    with RequestErrorSums(folder=tmp_path, **NAMES, buckets=BUCKETED) as sums:
        sums.update(request_id=ids, request=request, surface=surface, **common)
        errors = saved(sums, tmp_path)
    cube.update(surface=surface[request], **common)
    rows = {(row.surface, row.product): row for row in cube.rows()}
    on_search = errors.surface == 1
    found = errors.error[on_search, 0].sum() / errors.pairs[on_search, 0].sum()
    assert found == pytest.approx(rows["search", "standard"].log_mae)
    assert errors.error.sum() / errors.pairs.sum() == pytest.approx(rows["all", "all"].log_mae)
    assert errors.kl[on_search, 0].sum() / errors.pairs[on_search, 0].sum() == pytest.approx(
        rows["search", "standard"].kl
    )


def test_they_are_read_as_they_were_written(tmp_path):
    errors = measured(FIRST, SECOND)
    errors.save(tmp_path / "requests.parquet")
    found = RequestErrors.load(tmp_path / "requests.parquet")
    for one, two in zip(dataclasses.astuple(errors), dataclasses.astuple(found), strict=True):
        np.testing.assert_array_equal(one, two)
        assert type(one) is type(two)


def sliced(errors: RequestErrors, surface: int, product: int, factor: float) -> RequestErrors:
    """What another model of that slice would leave, its rows in another order."""
    rows = np.flatnonzero((errors.surface == surface) & (errors.pairs[:, product, 0].any(axis=-1)))[::-1]
    mine = np.arange(2)[:, None, None] == product
    return dataclasses.replace(
        errors,
        request_id=errors.request_id[rows],
        surface=errors.surface[rows],
        error=np.where(mine, factor * errors.error[rows], 0.0),
        kl=np.where(mine[..., 0], factor * errors.kl[rows], 0.0),
        pairs=np.where(mine, errors.pairs[rows], 0),
    )


PARTS = {("home", "standard"): (0, 0, 2.0), ("home", "shopping"): (0, 1, 3.0), ("search", "shopping"): (1, 1, 5.0)}


def test_models_of_one_slice_each_are_joined_by_request():
    errors = measured(FIRST, SECOND)
    joined = errors.joined({pair: sliced(errors, *which) for pair, which in PARTS.items()})
    factor = np.array([[2.0, 3.0], [1.0, 5.0], [2.0, 3.0]])
    np.testing.assert_allclose(joined[:, :, 0], factor[..., None] * errors.error[:, :, 0])
    kl = errors.joined({pair: sliced(errors, *which) for pair, which in PARTS.items()}, of="kl")
    np.testing.assert_allclose(kl[:, :, 0], factor * errors.kl[:, :, 0])


def test_models_of_one_product_each_are_joined_on_every_surface():
    errors = measured(FIRST, SECOND)
    twice, thrice = (dataclasses.replace(errors, error=factor * errors.error) for factor in (2.0, 3.0))
    joined = errors.joined({("*", "standard"): twice, ("*", "shopping"): thrice})
    np.testing.assert_allclose(joined, np.array([2.0, 3.0])[:, None, None] * errors.error)


def test_models_of_one_surface_each_are_joined_for_every_product():
    errors = measured(FIRST, SECOND)
    twice, thrice = (dataclasses.replace(errors, error=factor * errors.error) for factor in (2.0, 3.0))
    joined = errors.joined({("home", "*"): twice, ("search", "*"): thrice})
    np.testing.assert_allclose(joined, np.where(errors.surface == 0, 2.0, 3.0)[:, None, None, None] * errors.error)


def test_slices_that_overlap_are_refused():
    errors = measured(FIRST, SECOND)
    with pytest.raises(ValueError, match=r"slice home/standard has pairs of another part; the slices are \[\('\*', "):
        errors.joined({("*", "standard"): errors, ("home", "standard"): errors})


def test_other_pairs_are_refused():
    errors = measured(FIRST, SECOND)
    parts = {pair: sliced(errors, *which) for pair, which in PARTS.items()}
    del parts["search", "shopping"]
    with pytest.raises(ValueError, match=r"request b'b' has 1 pairs of search/shopping with a label for ctr, and 0 in"):
        errors.joined(parts)


def test_an_unknown_request_is_refused():
    errors = measured(FIRST)
    with pytest.raises(ValueError, match=r"request b'long' of slice home/standard is not among those joined to"):
        errors.joined({("home", "standard"): measured(FIRST, SECOND)})


def test_a_repeated_request_is_refused():
    errors = measured(FIRST, FIRST)
    with pytest.raises(ValueError, match=r"request b'a' occurs twice; ids must be unique"):
        errors.joined({})


def test_other_edges_are_refused():
    errors = measured(FIRST)
    with pytest.raises(ValueError, match=r"buckets of home/standard begin at other labels; measure both on the same"):
        errors.joined({("home", "standard"): dataclasses.replace(errors, edges=errors.edges / 2)})


def test_other_names_are_refused():
    errors = measured(FIRST)
    other = dataclasses.replace(errors, tasks=("gctr",))
    with pytest.raises(ValueError, match=r"only errors of the same surfaces, products and tasks can be joined; got"):
        errors.joined({("home", "standard"): other})


def test_a_file_that_was_cut_off_is_not_readable(tmp_path):
    path = tmp_path / "requests.parquet"
    measured(FIRST).save(path)
    assert RequestErrors.readable(path)
    whole = path.read_bytes()
    for length in (0, 40, len(whole) - 1):
        path.write_bytes(whole[:length])
        assert not RequestErrors.readable(path)
        with pytest.raises(ValueError, match=r"requests\.parquet is no file of requests, or was cut off"):
            RequestErrors.load(path)
