"""torch-rechub's two-tower DSSM and its MMoE, on the same features, with layers of the same sizes."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from torch_rechub.basic.features import DenseFeature, SequenceFeature, SparseFeature
from torch_rechub.models.matching import DSSM
from torch_rechub.models.multi_task import MMOE

from mtmd_tf.benchmarks.peers.plain import PlainBatch, PlainModel, PlainSide, PlainTower

_RATE, _DECAY = 1e-3, 1e-5  # of Adam, as the library's trainers have them
_EXPERTS, _TOWER = 4, 128  # of MMoE: the defaults of our own


def training_step(name: str, model: PlainModel, batches: Sequence[PlainBatch]) -> Callable[[int], float]:
    """Takes a step on the batch of a number, in turn, as the library's trainers do; gives the loss before it.

    Args:
        name: `dssm` or `mmoe`.
        model: The model whose tables and widths the peer has.
        batches: Batches whose requests have one candidate each.
    """
    units = [kernel.shape[2] for (kernel, _), _ in model.query.shared]
    query, item = _features(model.query), _features(model.item)
    peer: torch.nn.Module
    if name == "dssm":
        peer = DSSM(query, item, user_params={"dims": units}, item_params={"dims": units})
    else:
        kinds = ["classification"] * len(model.parents)
        tower = [{"dims": [_TOWER]}] * len(kinds)
        peer = MMOE(query + item, kinds, n_expert=_EXPERTS, expert_params={"dims": units}, tower_params_list=tower)
    tasks = list(model.parents)[:1] if name == "dssm" else list(model.parents)
    optimizer, loss_of = torch.optim.Adam(peer.parameters(), lr=_RATE, weight_decay=_DECAY), torch.nn.BCELoss()
    ready = [_inputs(model, batch) for batch in batches]
    labels = [torch.tensor(np.stack([batch.label[task] for task in tasks], axis=1)) for batch in batches]
    peer.train()

    def step(number: int) -> float:
        place = number % len(ready)
        known = torch.isfinite(labels[place])
        probability = peer(ready[place]).reshape(known.shape)
        loss = loss_of(probability[known], labels[place][known])
        peer.zero_grad()
        loss.backward()
        optimizer.step()
        return loss.item()

    return step


def _features(tower: PlainTower) -> list[Any]:
    dim, side, found = tower.table.shape[1], tower.side, []
    for place, (_, rows) in enumerate(tower.tokens):
        found.append(SparseFeature(f"{side} {place}", vocab_size=rows, embed_dim=dim))
    for place, ((_, rows), mean) in enumerate(zip(tower.bags, tower.means, strict=True)):
        pooling = "mean" if mean else "sum"
        bag = SequenceFeature(f"{side} bag {place}", vocab_size=rows + 1, embed_dim=dim, pooling=pooling, padding_idx=0)
        found.append(bag)
    for place, (kernel, _) in enumerate(tower.vectors):
        found.append(DenseFeature(f"{side} vector {place}", embed_dim=kernel.shape[1]))
    return [*found, DenseFeature(f"{side} numbers", embed_dim=tower.number_count)]


def _inputs(model: PlainModel, batch: PlainBatch) -> dict[str, torch.Tensor]:
    found: dict[str, np.ndarray] = {}
    for tower, own in ((model.query, batch.query), (model.item, batch.item)):
        found |= _side(tower, own)
    return {name: torch.tensor(array) for name, array in found.items()}


def _side(tower: PlainTower, side: PlainSide) -> dict[str, np.ndarray]:
    name = tower.side
    found = {f"{name} {place}": side.tokens[:, place] - first for place, (first, _) in enumerate(tower.tokens)}
    for place, ((first, _), (values, starts)) in enumerate(zip(tower.bags, side.bags, strict=True)):
        lengths = np.diff([*starts, len(values)])
        padded = np.zeros([len(lengths), max(1, lengths.max(initial=0))], np.int64)
        padded[np.arange(padded.shape[1]) < lengths[:, None]] = values - first + 1  # 0 pads
        found[f"{name} bag {place}"] = padded
    found |= {f"{name} vector {place}": vector for place, vector in enumerate(side.vectors)}
    return found | {f"{name} numbers": side.numbers}
