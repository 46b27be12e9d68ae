"""What the rule of sizes knows of a data set: counts from its manifest and its schema, no record (docs/adr/0026)."""

import dataclasses
from collections.abc import Collection

from mtmd_tf.features.layout import SideLayout
from mtmd_tf.slices import covers
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class Domain:
    """What one surface or product brings to its experts.

    Attributes:
        fields: Fields that can exist there.
        descriptors: Those of the fields that the shallow experts read.
        tasks: Tasks that exist there.
    """

    fields: int
    descriptors: int
    tasks: int


@dataclasses.dataclass(frozen=True, kw_only=True)
class Side:
    """One tower's.

    Attributes:
        fields: Fields of all its domains together.
        table_rows: Rows of its embedding table.
        domains: Each surface or product that the model learns.
    """

    fields: int
    table_rows: int
    domains: tuple[Domain, ...]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Facts:
    """How much there is to learn from, and how large what learns it must be.

    Attributes:
        requests: Requests of the split train that have a pair in what is learned.
        pairs: Pairs of these requests.
        items: Items that the item tower can tell apart by a category: those of the corpus, or the rows of its table
            where these are fewer.
        partition_pairs: Pairs of each partition of the split train, the earliest first, all slices together.
        query: Facts of the query tower.
        item: Facts of the item tower.
    """

    requests: int
    pairs: int
    items: int
    partition_pairs: tuple[int, ...]
    query: Side
    item: Side

    @property
    def candidates(self) -> float:
        """Pairs of a request, on average."""
        return self.pairs / max(self.requests, 1)

    @property
    def repeats(self) -> float:
        """How often a pass shows an item, on average, all slices together."""
        return sum(self.partition_pairs) / self.items

    @property
    def partitions(self) -> int:
        """How many partitions the split train has: days, as a rule."""
        return len(self.partition_pairs)

    def held_out_share(self, partitions: int) -> float:
        """The share of the training pairs that lie in the last `partitions`."""
        return sum(self.partition_pairs[-partitions:]) / max(sum(self.partition_pairs), 1)


_A_SIDE = Side(fields=20, table_rows=10_000, domains=(Domain(fields=20, descriptors=4, tasks=3),))
NOMINAL = Facts(  # of no data: to see whether settings can be, before there is any
    requests=100_000, pairs=1_000_000, items=10_000, partition_pairs=(10_000,) * 100, query=_A_SIDE, item=_A_SIDE
)


def facts_of(
    manifest: Manifest, schema: Schema, *, tasks: Collection[str] = (), chosen: tuple[str, str] | None = None
) -> Facts:
    """Counts a data set.

    Args:
        manifest: Manifest whose split `train` is counted.
        schema: Schema of the data set.
        tasks: Names of the tasks to learn; empty for all.
        chosen: The slice to learn, as `slices.covers` takes it; None for all.
    """
    split = manifest.split("train")
    cells = [
        (surface, cell)
        for surface, products in split["slices"].items()
        for product, cell in products.items()
        if covers(chosen, surface=surface, product=product)
    ]
    # A request of several products is in several slices: of one surface at least as many as its largest slice has.
    most: dict[str, int] = {}
    for surface, cell in cells:
        most[surface] = max(most.get(surface, 0), cell.get("requests", cell["pairs"]))
    pairs = dict.fromkeys(manifest.days("train"), 0)
    for shard in split["shards"]:
        pairs[shard["day"]] += shard["pairs"]
    names = frozenset(tasks or schema.task_names)
    query, item = (_side(side, schema, names, chosen) for side in ("query", "item"))
    return Facts(
        requests=split["requests"] if chosen is None else sum(most.values()),
        pairs=sum(cell["pairs"] for _, cell in cells),
        partition_pairs=tuple(pairs.values()),
        items=max(1, min(manifest.items["items"], item.table_rows)),
        query=query,
        item=item,
    )


def _side(side: str, schema: Schema, tasks: frozenset[str], chosen: tuple[str, str] | None) -> Side:
    layout = SideLayout(side, schema)
    place = 0 if side == "query" else 1
    learned = dict.fromkeys(pair[place] for pair in schema.slices if covers(chosen, surface=pair[0], product=pair[1]))
    return Side(
        fields=len(layout.features),
        table_rows=layout.table_rows,
        domains=tuple(
            Domain(
                fields=len(layout.fields_of(name)),
                descriptors=len(layout.descriptors_of(name)),
                tasks=len(layout.tasks_of(name) & tasks),
            )
            for name in learned
        ),
    )
