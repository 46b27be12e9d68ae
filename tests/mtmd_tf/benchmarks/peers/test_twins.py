"""The peers that stand for the model in other words give its logits, its loss and its first step."""

import dataclasses
import importlib.util

import numpy as np
import pytest

from mtmd_tf.benchmarks.peers import torch_peers
from mtmd_tf.benchmarks.peers.keras_mtmd import KerasMtmd
from mtmd_tf.benchmarks.peers.plain_batch import flat, plain
from mtmd_tf.benchmarks.peers.plain_weights import plain_model
from mtmd_tf.benchmarks.peers.process import PeerProcess
from mtmd_tf.config import ConfigError
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.training.optimizers import dense_variables
from tests.mtmd_tf.small import SHARED, SMALL, small_batch, small_schema

NEEDS_TORCH = pytest.mark.skipif(
    importlib.util.find_spec("torch") is None, reason="PyTorch is a peer of the benchmark: pip install -e '.[bench]'"
)


@pytest.fixture(scope="module")
def model() -> TwoTowerModel:
    """No weight is left at its initial 0 or 1, so that a dropped or swapped one shows."""
    model = TwoTowerModel(small_schema(), config=SMALL, seed=3)
    model.make_variables()
    random = np.random.default_rng(3)
    for variable in model.trainable_variables:
        variable.assign_add(random.uniform(0.02, 0.15, variable.shape).astype(np.float32))
    return model


def test_the_plain_keras_model_is_ours(model) -> None:
    batch, plain = small_batch(20), KerasMtmd(model)
    found = plain.logits(flat(batch))
    for task, logit in model.logits(batch).items():
        np.testing.assert_allclose(found[task], logit, atol=2e-5, err_msg=task)
    sizes = [[v.shape.num_elements() for v in dense_variables(each)] for each in (plain, model)]
    assert sum(sizes[0]) == sum(sizes[1])


@NEEDS_TORCH
def test_the_pytorch_models_are_ours_and_learn(model) -> None:
    """All rows or partitioned: the same logits; the first step begins at our loss, and the fifth is below it."""
    batch = small_batch(20)
    logits = model.logits(batch)
    loss = float(model.compute_loss(batch, training=True))  # moves the moments that logits go by, so it comes second
    with PeerProcess(torch_peers.TorchPeers, plain_model(model), [plain(batch)], [plain(flat(batch))]) as process:
        for name in (torch_peers.EVERY, torch_peers.PARTITIONED):
            found = process.logits(name, 0)
            for task, logit in logits.items():
                np.testing.assert_allclose(found[task], logit, atol=2e-5, err_msg=f"{name}, {task}")
            process.prepare(name)
            losses = [process.step(name, 0)[1] for _ in range(5)]
            assert loss > losses[0] > losses[-1]


def test_a_peer_that_is_not_installed_says_how_to_get_it(monkeypatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match=r"torch-rechub DSSM needs the package torch_rechub, .*\.\[bench\]"):
        torch_peers.require(torch_peers.DSSM)


def test_a_model_that_shares_has_no_twin() -> None:
    model = TwoTowerModel(small_schema(), config=dataclasses.replace(SHARED, moments="batch"))
    model.make_variables()
    with pytest.raises(ConfigError, match="a twin has domain_sharing='none' alone; the model has 'low_rank'"):
        plain_model(model)
