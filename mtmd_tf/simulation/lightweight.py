"""The lightweight rankers of the arms: exported towers and stored embeddings, or chance (paper section 2.2)."""

import dataclasses
import functools
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

import numpy as np

from mtmd_tf.config import SimulationConfig
from mtmd_tf.serving.ranking.probabilities import marginals
from mtmd_tf.serving.ranking.ranker import Ranker
from mtmd_tf.serving.rows import to_rows
from mtmd_tf.serving.specification import ServingError
from mtmd_tf.simulation.arms import ORACLE, RANDOM, Arm
from mtmd_tf.simulation.draws import uniforms_at
from mtmd_tf.simulation.item_side import item_side
from mtmd_tf.simulation.market import Market
from mtmd_tf.simulation.values import TASKS, Values, values_of
from tfrecords_tools.requests import Column, column_take
from tfrecords_tools.sources.adworld.names import PRODUCTS, SURFACES
from tfrecords_tools.sources.adworld.schema import SCHEMA
from tfrecords_tools.sources.adworld.world import World


@dataclasses.dataclass(frozen=True, kw_only=True)
class Batch:
    """Requests that a lightweight ranker scores.

    Attributes:
        request: `[requests]` numbers of the requests.
        surface: `[requests]` index into the surfaces.
        candidate: `[requests, candidates]` indices of ads.
        goal: `[requests, candidates]` index into `values.GOALS`.
        query: The query columns, `[requests]` rows each.
        query_mask: `[requests, query features]` bool.
    """

    request: np.ndarray
    surface: np.ndarray
    candidate: np.ndarray
    goal: np.ndarray
    query: dict[str, Column]
    query_mask: np.ndarray


OpenRanker = Callable[[str, str, str], Ranker]


class Scores(Protocol):
    """A lightweight ranker."""

    def __call__(self, batch: Batch) -> Values:
        """The values of the batch's pairs, `[requests, candidates]`."""
        ...


class RandomScores:
    """Hands on candidates by chance: the floor."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def __call__(self, batch: Batch) -> Values:
        """An organic value of `[requests, candidates]` that is drawn for each pair, and no other."""
        drawn = uniforms_at(self._seed, "random", at=(batch.request[:, None], batch.candidate))
        return Values(paid=np.zeros_like(drawn), organic=drawn)


class ExportedScores:
    """One or more exports, each for the slices that it was trained on.

    Args:
        arm: An arm of exports.
        world: The world whose ads are ranked.
        market: The parameters.
        keep: How many candidates the cut keeps, for which the approximate index is asked.
        corpus: Fingerprint of the world's item corpus; None where there is no data set to compare with.
        open_ranker: Opens an export and its embeddings with a storage, each once.

    Raises:
        ServingError: An export of another schema, one with score features, one without an ad of the world, or a slice
            that none or several were trained on.
    """

    def __init__(
        self, arm: Arm, world: World, market: Market, *, keep: int, corpus: str | None, open_ranker: OpenRanker
    ) -> None:
        self._market, self._product, self._keep = market, world.ads.product, keep
        self._approximate = arm.faults.approximate
        self._rankers = [open_ranker(*pair, arm.faults.storage) for pair in arm.exports]
        for (export, _), ranker in zip(arm.exports, self._rankers, strict=True):
            _require_served(arm, export, ranker)
        self._items = [
            item_side(arm, number, ranker, world, corpus=corpus) for number, ranker in enumerate(self._rankers)
        ]
        self._owner = {(s, p): self._owner_of(arm, s, p) for s in SURFACES for p in PRODUCTS}

    def __call__(self, batch: Batch) -> Values:
        """The values of the batch's pairs, `[requests, candidates]` float32."""
        found = {task: np.zeros(batch.candidate.shape, np.float32) for task in TASKS}
        for number, surface in enumerate(SURFACES):
            rows = np.flatnonzero(batch.surface == number)
            if not len(rows):
                continue
            columns = {name: column_take(column, rows) for name, column in batch.query.items()}
            features = to_rows(SCHEMA.features_of("query"), columns, batch.query_mask[rows])
            for task, own in self._of_surface(surface, features, batch.candidate[rows]).items():
                found[task][rows] = own
        values = values_of(found, batch.goal, self._market)
        return values if not self._approximate else _only_found(values, found["ctr"] > 0)

    def _of_surface(self, surface: str, features: list, candidate: np.ndarray) -> Mapping[str, np.ndarray]:
        owners = sorted({self._owner[surface, product] for product in PRODUCTS})
        parts = {owner: self._probabilities(owner, surface, features, candidate) for owner in owners}
        if len(owners) == 1:
            return parts[owners[0]]
        shopping = self._product[candidate] == PRODUCTS.index("shopping")
        first, second = (parts[self._owner[surface, product]] for product in PRODUCTS)
        return {task: np.where(shopping, second[task], first[task]) for task in TASKS}

    def _probabilities(
        self, owner: int, surface: str, features: list, candidate: np.ndarray
    ) -> Mapping[str, np.ndarray]:
        """`{task: [requests, candidates]}` by one export: all ads by one product of matrices, then the candidates."""
        ranker, items = self._rankers[owner], self._items[owner]
        queries = ranker.embed_queries(surface, features)
        tasks = [task for task in ranker.spec.tasks if task.name in TASKS]
        logits = {task.name: items.logits(queries[:, task.coordinates], task.name, candidate) for task in tasks}
        if self._approximate:
            found = ranker.approximate_index("ctr").search(queries, products=PRODUCTS, top=self._keep)
            near = np.stack([np.isin(items.rows[own], rows) for own, rows in zip(candidate, found, strict=True)])
            logits["ctr"] = np.where(near, logits["ctr"], -np.inf)
        parents = {task.name: task.parent for task in tasks}
        return marginals(logits, parents=parents, constrained=ranker.spec.constrained[surface])

    def _owner_of(self, arm: Arm, surface: str, product: str) -> int:
        trained = [
            number
            for number, ranker in enumerate(self._rankers)
            if _is_trained(ranker, surface=surface, product=product)
        ]
        if len(trained) != 1:
            said = "none" if not trained else " and ".join(arm.exports[number][0] for number in trained)
            raise ServingError(
                f"arm {arm.name!r}: {said} of its exports was trained on the slice {surface}/{product}; give one for "
                "each slice"
            )
        return trained[0]


def open_ranker(export: str, embeddings: str, storage: str) -> Ranker:
    """The ranker of an export.

    Raises:
        ServingError: It cannot be served.
    """
    return Ranker(export, embeddings, storage=storage, threads=1)


def scores_of(
    arms: Sequence[Arm], *, world: World, market: Market, config: SimulationConfig, corpus: str | None
) -> list[Scores | None]:
    """The lightweight ranker of each arm; None for the oracle, which is the heavyweight ranker.

    Raises:
        ServingError: Exports that cannot serve this world.
    """
    once = functools.cache(open_ranker)  # arms of one export share its towers
    found: list[Scores | None] = []
    for arm in arms:
        if arm.kind == ORACLE:
            found.append(None)
        elif arm.kind == RANDOM:
            found.append(RandomScores(config.seed))
        else:
            found.append(ExportedScores(arm, world, market, keep=config.keep, corpus=corpus, open_ranker=once))
    return found


def _only_found(values: Values, found: np.ndarray) -> Values:
    return Values(paid=values.paid, organic=np.where(found, values.organic, -np.inf))


def _is_trained(ranker: Ranker, *, surface: str, product: str) -> bool:
    return ranker.spec.trained is None or len(ranker.spec.untrained_tasks(surface, product)) < len(
        ranker.spec.trained[surface][product]
    )


def _require_served(arm: Arm, export: str, ranker: Ranker) -> None:
    """Refuses an export of another world, or one that scores by what no tower says."""
    if ranker.spec.score_features:
        names = [f"cross/{feature.name}" for feature in ranker.spec.score_features]
        raise ServingError(
            f"arm {arm.name!r}: {export} scores by {names}, numbers of a pair that the simulated lightweight ranker "
            "does not have; export a model that was trained without --score_features"
        )
    found = ranker.spec.schema.fingerprint()
    if found != SCHEMA.fingerprint():
        raise ServingError(
            f"arm {arm.name!r}: {export} is of the schema {found}, the ad world's is {SCHEMA.fingerprint()}; "
            "export a model that was trained on this ad world"
        )
