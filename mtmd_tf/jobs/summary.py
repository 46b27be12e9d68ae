"""A table of where a model's parameters are: embedding and non-embedding, part by part (paper section 3.2)."""

import tensorflow as tf

from mtmd_tf.model import MTMD
from mtmd_tf.towers import Tower


def summary(model: MTMD) -> str:
    """One line per part, embedding tables apart from everything else; for people."""
    rows: list[tuple[str, int, int]] = []
    for tower in (model.query_tower, model.item_tower):
        rows += _tower_rows(tower)
    rows.append(("all", sum(row[1] for row in rows), sum(row[2] for row in rows)))
    width = max(len(row[0]) for row in rows)
    lines = [f"{'part':<{width}}  {'embedding':>12}  {'non-embedding':>13}"]
    lines += [f"{name:<{width}}  {embedding:>12,}  {other:>13,}" for name, embedding, other in rows]
    lines.insert(-1, "-" * len(lines[0]))
    return "\n".join(lines)


def _tower_rows(tower: Tower) -> list[tuple[str, int, int]]:
    name, table = tower.name, _size([tower.encoder.table])
    rows = [(f"{name} / encoder", table, _size(tower.encoder.weights) - table)]
    rows.append((f"{name} / domain-shared expert", 0, _size([*tower.domain_shared.weights, tower.absent])))
    for domain, expert in tower.experts.items():
        rows.append((f"{name} / {domain} / adaptation", 0, _size(expert.adaptation.weights)))
        rows.append((f"{name} / {domain} / experts", 0, _size(expert.experts.weights)))
        rows.append((f"{name} / {domain} / routing", 0, _size(expert.router.weights)))
        rows.append((f"{name} / {domain} / crossing", 0, _size(expert.crossing.weights)))
        embedded = [weight for embed in expert.embeddings.values() for weight in embed.weights]
        rows.append((f"{name} / {domain} / embedding", 0, _size(embedded)))
    return rows


def _size(variables: list[tf.Variable]) -> int:
    return sum(variable.shape.num_elements() for variable in variables)
