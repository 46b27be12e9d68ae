"""The model in PyTorch, with our partition and requests or as multi-domain libraries have it (paper section 2)."""

from typing import Any

import torch
from torch.nn import functional

from mtmd_tf.benchmarks.peers.plain import PlainBatch, PlainExpert, PlainModel, PlainSide, PlainTower
from mtmd_tf.benchmarks.peers.torch_blocks import BatchNorm, Cross, FeedForward, Gate, Maps, weight

Embeddings = dict[str, torch.Tensor]


class DomainExpert(torch.nn.Module):
    """All that belongs to one domain: adaptation, experts, routing, crossing and embedding."""

    def __init__(self, made: PlainExpert, *, side: str, slope: float) -> None:
        super().__init__()
        self.made, self.side = made, side
        self.register_buffer("fields", torch.tensor(made.fields))
        self.register_buffer("numbers", torch.tensor(made.numbers, dtype=torch.int64))
        self.register_buffer("descriptors", torch.tensor(made.descriptors, dtype=torch.int64))
        self.norm = BatchNorm(len(made.numbers))
        self.direction, self.offset, self.defaults = (weight(w) for w in (made.direction, made.offset, made.defaults))
        self.gate = Gate(made.squeeze, made.excite)
        self.deep, self.shallow = (FeedForward(layers, slope=slope) for layers in (made.deep, made.shallow))
        self.hidden, self.route = FeedForward(made.hidden, slope=slope), Maps(made.route)
        self.cross = Cross(made.cross_norm, made.down, made.up)
        self.project = torch.nn.ModuleDict({task: Maps(own) for task, own in made.project.items()})
        self.bias = torch.nn.ParameterDict({task: torch.tensor(own) for task, own in made.bias.items()})

    def adapt(self, embedded: torch.Tensor, numbers: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """`[rows, its fields, dim]` of rows that have all fields of the side."""
        count = len(self.made.fields) - len(self.made.numbers)  # of fields that are embedded
        mask = mask[:, self.fields]
        normal = self.norm(numbers[:, self.numbers], mask[:, count:])
        directed = normal[:, :, None] * self.direction + self.offset
        fields = torch.cat([embedded[:, self.fields[:count]], directed], 1)
        return self.gate(torch.where(mask[:, :, None] > 0, fields, self.defaults), mask)

    def forward(self, adapted: torch.Tensor, shared: torch.Tensor) -> Embeddings:
        """`{task: [rows, embedding]}`."""
        rows = adapted.flatten(1)[None]  # [1, rows, inputs]
        described = (
            adapted[:, self.descriptors].flatten(1) if self.made.descriptors else adapted.new_ones(len(adapted), 1)
        )
        deep, shallow = self.deep(rows), self.shallow(described[None])
        weights = torch.softmax(self.route(self.hidden(rows)), 2)  # [tasks, rows, experts]
        composed = weights[:, :, :1] * deep[:-1] + weights[:, :, 1:2] * deep[-1:] + weights[:, :, 2:] * shared[None]
        crossed = self.cross(composed)
        found = {}
        for place, task in enumerate(self.made.tasks):
            one, bias = crossed.new_ones(()), self.bias[task]
            pair = torch.stack([bias, one] if self.side == "query" else [one, bias])
            deep_part = self.project[task](crossed[place : place + 1])[0]
            found[task] = torch.cat([deep_part, shallow[place], pair.expand(len(adapted), 2)], 1)
        return found


class Tower(torch.nn.Module):
    """One side.

    Args:
        made: weights and indices of our tower.
        partitioned: Whether a row passes its own domain's expert alone; else every row passes every domain's, and the
            row's own is selected, as multi-domain libraries do.
        slope: Negative slope of LeakyReLU.
    """

    def __init__(self, made: PlainTower, *, partitioned: bool, slope: float) -> None:
        super().__init__()
        self.made, self.partitioned = made, partitioned
        self.table = weight(made.table)
        self.vectors = torch.nn.ModuleList(Maps(own) for own in made.vectors)
        self.absent, self.shared = weight(made.absent), FeedForward(made.shared, slope=slope)
        experts = made.experts.values()
        self.experts = torch.nn.ModuleList(DomainExpert(own, side=made.side, slope=slope) for own in experts)
        every = len(made.absent)
        for domain, own in enumerate(experts):
            source = [own.fields.index(p) if p in own.fields else len(own.fields) + p for p in range(every)]
            self.register_buffer(f"source_{domain}", torch.tensor(source))

    def encode(self, side: Any) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Embedded fields `[rows, fields, dim]`, numbers and mask."""
        parts = [functional.embedding(side.tokens, self.table, sparse=True)]
        for (values, starts), mean in zip(side.bags, self.made.means, strict=True):
            mode = "mean" if mean else "sum"
            parts.append(functional.embedding_bag(values, self.table, starts, mode=mode, sparse=True)[:, None])
        parts += [project(own[None])[0][:, None] for project, own in zip(self.vectors, side.vectors, strict=True)]
        return torch.cat(parts, 1), side.numbers, side.mask

    def union(self, domain: int, adapted: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """All fields of the side and their mask, `[rows, fields * (dim + 1)]`."""
        if adapted.shape[1] < len(self.absent):
            both = torch.cat([adapted, self.absent.expand(len(adapted), -1, -1)], 1)
            adapted = both[:, getattr(self, f"source_{domain}")]
        return torch.cat([adapted.flatten(1), mask], 1)

    def forward(self, side: Any, domain: torch.Tensor) -> Embeddings:
        """`{task: [rows, embedding]}`, in the rows' order; zeros where a task does not exist."""
        encoded = self.encode(side)
        if not self.partitioned:
            every = [self._side_by_side(self._alone(place, encoded)) for place in range(len(self.experts))]
            return self._by_task(torch.stack(every, 1)[torch.arange(len(domain)), domain])
        order = torch.argsort(domain, stable=True)
        sizes = torch.bincount(domain, minlength=len(self.experts)).tolist()
        own = list(zip(*(part[order].split(sizes) for part in encoded), strict=True))
        adapted = [expert.adapt(*rows) for expert, rows in zip(self.experts, own, strict=True)]
        union = [self.union(place, rows, own[place][2]) for place, rows in enumerate(adapted)]
        shared = self.shared(torch.cat(union)[None])[0].split(sizes)
        embedded = [self._side_by_side(e(*both)) for e, *both in zip(self.experts, adapted, shared, strict=True)]
        together = torch.cat(embedded)
        return self._by_task(torch.empty_like(together).index_copy(0, order, together))

    def _alone(self, place: int, encoded: tuple[torch.Tensor, torch.Tensor, torch.Tensor]) -> Embeddings:
        adapted = self.experts[place].adapt(*encoded)
        return self.experts[place](adapted, self.shared(self.union(place, adapted, encoded[2])[None])[0])

    def _side_by_side(self, embeddings: Embeddings) -> torch.Tensor:
        any_task = next(iter(embeddings.values()))
        parts = [
            embeddings[task] if task in embeddings else any_task.new_zeros(len(any_task), width)
            for task, width in self.made.widths.items()
        ]
        return torch.cat(parts, 1)

    def _by_task(self, rows: torch.Tensor) -> Embeddings:
        return dict(zip(self.made.widths, rows.split(list(self.made.widths.values()), 1), strict=True))


class Mtmd(torch.nn.Module):
    """Both towers, the dot product and the losses.

    Args:
        made: Our model's weights and indices.
        partitioned: Whether a row passes its own domain's expert alone (`Tower`).
    """

    def __init__(self, made: PlainModel, *, partitioned: bool) -> None:
        super().__init__()
        self.parents, self.loss_weights = made.parents, made.loss_weights
        self.query, self.item = (
            Tower(side, partitioned=partitioned, slope=made.slope) for side in (made.query, made.item)
        )

    def logits(self, batch: Any) -> dict[str, torch.Tensor]:
        """`{task: [pairs]}` of a batch whose arrays are tensors."""
        query, item = self.query(batch.query, batch.surface), self.item(batch.item, batch.product)
        return {task: (query[task][batch.request] * item[task]).sum(1) for task in self.parents}

    def loss(self, batch: Any) -> torch.Tensor:
        """The weighted sum of the tasks' Bernoulli KL, with the constraint on every pair, `[]`."""
        found: dict[str, tuple[torch.Tensor, torch.Tensor]] = {}
        total = torch.zeros(())
        for task, logit in self.logits(batch).items():
            yes, no = functional.logsigmoid(logit), functional.logsigmoid(-logit)
            parent = self.parents[task]
            if parent is not None:
                yes, no = _joint(yes, no, *found[parent])
            found[task] = yes, no
            label = batch.label[task]
            known = torch.isfinite(label)
            label = torch.where(known, label, 0.0)
            entropy = torch.xlogy(label, label) + torch.special.xlog1py(1.0 - label, -label)
            kl = torch.where(known, entropy - label * yes - (1.0 - label) * no, 0.0)
            total = total + self.loss_weights[task] * kl.sum() / known.sum().clamp(min=1)
        return total

    def tables(self) -> list[torch.nn.Parameter]:
        """The look-up tables, whose gradients are sparse."""
        return [self.query.table, self.item.table]

    def dense(self) -> list[torch.nn.Parameter]:
        """Every other parameter."""
        tables = {id(table) for table in self.tables()}
        return [parameter for parameter in self.parameters() if id(parameter) not in tables]


def tensors(batch: PlainBatch) -> PlainBatch:
    """The same batch with tensors instead of arrays."""

    def side(own: PlainSide) -> Any:
        return PlainSide(
            tokens=torch.tensor(own.tokens),
            bags=tuple((torch.tensor(values), torch.tensor(starts)) for values, starts in own.bags),
            vectors=tuple(torch.tensor(vector) for vector in own.vectors),
            numbers=torch.tensor(own.numbers),
            mask=torch.tensor(own.mask),
        )

    rows: dict[str, Any] = {n: torch.tensor(getattr(batch, n)).long() for n in ("surface", "request", "product")}
    label: dict[str, Any] = {task: torch.tensor(label) for task, label in batch.label.items()}
    return PlainBatch(query=side(batch.query), item=side(batch.item), label=label, **rows)


def _joint(yes: torch.Tensor, no: torch.Tensor, parent: torch.Tensor, without: torch.Tensor) -> tuple:
    """A child's `ln p` and `ln(1 - p)` with its parent's (`mtmd_tf.tasks.LogProbability.joint_with`), `[pairs]`."""
    half = -0.6931471805599453
    joint = yes + parent
    unlikely = torch.log1p(-torch.exp(joint.clamp(max=half)))
    return joint, torch.where(joint < half, unlikely, torch.logaddexp(without, parent + no))
