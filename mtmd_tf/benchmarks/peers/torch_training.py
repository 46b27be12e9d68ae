"""Training steps in PyTorch: fused Adam for the networks, Adagrad with sparse gradients for the tables."""

from collections.abc import Callable, Sequence
from typing import Any

import torch

from mtmd_tf.benchmarks.peers.plain import PlainBatch
from mtmd_tf.benchmarks.peers.torch_mtmd import Mtmd, tensors
from mtmd_tf.config import TrainConfig

_KERAS_EPSILON = 1e-7  # of both optimizers, as in Keras


def compiled(model: Mtmd) -> Mtmd:
    """The same model whose networks run under `torch.compile`; rows of a domain differ from batch to batch."""
    torch._dynamo.config.recompile_limit = 64  # each domain has a graph of its own
    for tower in (model.query, model.item):
        tower.shared.compile(dynamic=True)
        for expert in tower.experts:
            expert.compile(dynamic=True)
            expert.adapt = torch.compile(expert.adapt, dynamic=True)
    return model


def training_step(model: Mtmd, batches: Sequence[PlainBatch]) -> Callable[[int], float]:
    """Takes a step on the batch of a number, in turn, and gives the loss before it."""
    config, ready = TrainConfig(), [tensors(batch) for batch in batches]
    dense = torch.optim.Adam(model.dense(), lr=config.learning_rate, eps=_KERAS_EPSILON, fused=True)
    tables = torch.optim.Adagrad(
        model.tables(),
        lr=config.embedding_learning_rate,
        initial_accumulator_value=config.embedding_accumulator,
        eps=_KERAS_EPSILON,
    )
    model.train()

    def step(number: int) -> float:
        for optimizer in (dense, tables):
            optimizer.zero_grad(set_to_none=True)
        loss: Any = model.loss(ready[number % len(ready)])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.dense(), config.clip_norm)
        for optimizer in (dense, tables):
            optimizer.step()
        return loss.item()

    return step
