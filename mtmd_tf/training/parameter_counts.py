"""A table of where a model's parameters are: embedding and non-embedding, part by part (paper section 3.2)."""

import tensorflow as tf

from mtmd_tf.architectures import AnyTower
from mtmd_tf.model import TwoTowerModel


def parameters(model: TwoTowerModel) -> dict[str, int]:
    """How many a model has: those of its embedding tables, and all others."""
    rows = _rows(model)
    return {"embedding": sum(row[1] for row in rows), "non_embedding": sum(row[2] for row in rows)}


def summary(model: TwoTowerModel) -> str:
    """One line per part, embedding tables apart from everything else; for people."""
    rows = _rows(model)
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    lines = [f"{'part':<{width}}  {'embedding':>12}  {'non-embedding':>13}"]
    lines += [f"{name:<{width}}  {embedding:>12,}  {other:>13,}" for name, embedding, other in rows]
    lines.insert(-1, "-" * len(lines[0]))
    return "\n".join(lines)


def _rows(model: TwoTowerModel) -> list[tuple[str, int, int]]:
    rows = [row for tower in (model.query_tower, model.item_tower) for row in _tower_rows(tower)]
    beside = {"joint network": model.joint, "linear term": model.cross_term}
    return rows + [(name, 0, _size(layer.weights)) for name, layer in beside.items() if layer]


def _tower_rows(tower: AnyTower) -> list[tuple[str, int, int]]:
    name, table = tower.name, _size([tower.encoder.table])
    rows = [(f"{name} / encoder", table, _size(tower.encoder.weights) - table)]
    return rows + [(f"{name} / {part}", 0, _size(weights)) for part, weights in tower.parts().items()]


def _size(variables: list[tf.Variable]) -> int:
    return sum(variable.shape.num_elements() for variable in variables)
