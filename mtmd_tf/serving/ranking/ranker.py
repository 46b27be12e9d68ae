"""Ranks stored items for requests: query tower, dot products, constraint, utility, top K (paper sections 2.2, 2.3)."""

import concurrent.futures
import dataclasses
import os
import pathlib
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mtmd_tf.config import RankConfig
from mtmd_tf.serving.querying.access import Access
from mtmd_tf.serving.querying.query_tower import LOCAL, open_query_tower
from mtmd_tf.serving.ranking.approximate import ApproximateIndex
from mtmd_tf.serving.ranking.checking import check_request, require_name, require_top
from mtmd_tf.serving.ranking.conditions import Conditions
from mtmd_tf.serving.ranking.index import ScoringIndex
from mtmd_tf.serving.ranking.item_file import align_bids
from mtmd_tf.serving.ranking.pair_values import unsaid, values_of
from mtmd_tf.serving.ranking.queries import Queries
from mtmd_tf.serving.ranking.request import DOTS, FORMULA, Ranking, RankRequest, rank_rows
from mtmd_tf.serving.ranking.request_groups import group_requests
from mtmd_tf.serving.ranking.row_values import RowValues
from mtmd_tf.serving.ranking.scan import Scorer, scan
from mtmd_tf.serving.ranking.slice_warnings import about
from mtmd_tf.serving.ranking.utility import Utility
from mtmd_tf.serving.rows import Row
from mtmd_tf.serving.specification import RankerSpec

FEATURES, TOWER = "features", "query tower"

_SPARE = 16  # rows that a scan keeps beyond the top and its eighth: other sums, or int8's digit, may swap neighbors


class Ranker:
    """The exported query tower and the stored embeddings, ready for requests.

    Args:
        exports: Folder of an export.
        embeddings: Folder of the embeddings that its item tower made.
        storage: Storage of the scoring index: `float32`, `bfloat16` or `int8`.
        query_tower: `local`, or its address in TensorFlow Serving: `grpc://HOST:PORT` or `http://HOST:PORT`.
        access: Deadline, limit, certificates and headers of a remote tower.
        utility: An expression over tasks and `bid`; by default the sum of all tasks.
        threads: Number of threads that scan; by default one for each core.

    Attributes:
        spec: Specification of the export.
        items: The scoring index.
        pool: The threads that scan it.

    Raises:
        ServingError: Either is missing or incomplete, or their stamps differ; it names both.
        ConfigError: A utility that cannot be understood.
    """

    def __init__(
        self,
        exports: str | pathlib.Path,
        embeddings: str | pathlib.Path,
        *,
        storage: str = "float32",
        query_tower: str = LOCAL,
        access: Access | None = None,
        utility: str | None = None,
        threads: int | None = None,
    ) -> None:
        self.spec = RankerSpec.load(exports)
        self.items = ScoringIndex.open(embeddings, spec=self.spec, storage=storage)
        tower = open_query_tower(query_tower, exports=exports, spec=self.spec, access=access)
        self._queries = Queries(tower, self.spec)
        self._utility = self._parse(utility or " + ".join(task.name for task in self.spec.tasks))
        self.pool = concurrent.futures.ThreadPoolExecutor(threads or len(os.sched_getaffinity(0)))
        self._approximate: dict[str, ApproximateIndex] = {}
        self._conditions = Conditions(self.items, self.spec.schema)

    @classmethod
    def of(cls, config: RankConfig, *, exports: str | pathlib.Path, embeddings: str | pathlib.Path) -> "Ranker":
        """The ranker that a configuration describes."""
        return cls(
            exports,
            embeddings,
            storage=config.storage,
            query_tower=config.query_tower,
            access=Access.of(config),
            utility=config.utility or None,
            threads=config.threads or None,
        )

    @property
    def utility(self) -> str:
        """The expression that it ranks by."""
        return self._utility.text

    def embed_queries(self, surface: str, features: Sequence[Row]) -> np.ndarray:
        """`[requests, width]`: requests through the signature of their surface.

        Raises:
            ServingError: An unknown surface or feature, a value of another type, or a tower of another export.
        """
        require_name(surface, self.spec.schema.surfaces, what="surface")
        return self._queries.embed(surface, self._queries.inputs(surface, features))

    def rank(
        self,
        surface: str,
        features: Row,
        *,
        top: int = 10,
        utility: str | None = None,
        product: str | None = None,
        candidates: Sequence[str] | None = None,
        where: str | None = None,
        bids: np.ndarray | None = None,
        cross: Mapping[str, Any] | None = None,
        approximate: bool = False,
    ) -> Ranking:
        """Ranks `[top]` items for one request; arguments and errors are those of `RankRequest` and `rank_batch`."""
        limits: dict[str, Any] = {"product": product, "candidates": candidates, "where": where}
        request = RankRequest(surface=surface, features=features, bids=bids, cross=cross, **limits)
        return self.rank_batch([request], top=top, utility=utility, approximate=approximate)[0]

    def rank_batch(
        self,
        requests: Sequence[RankRequest],
        *,
        top: int = 10,
        utility: str | None = None,
        approximate: bool = False,
    ) -> list[Ranking]:
        """Scores items exactly and keeps the best of each request; equal utilities come in the order of their ids.

        A task that does not exist in an item's slice has the probability 0 in the utility.

        Args:
            requests: The requests. Those of one surface and product share a call of the query tower and a scan of the
                items.
            top: Number of items to keep for each request.
            utility: Another expression than the ranker's own.
            approximate: Score only the items that the approximate index finds by the utility's leading task (made at
                first use); requests with candidates are exact all the same.

        Raises:
            ServingError: An unknown surface, feature, product or item; candidates that come twice; bids that break a
                rule or that the utility does not name; cross values, as `values_of`; a utility that is no finite
                number; `top` that is no count.
            ConfigError: A utility or a condition that cannot be understood.
        """
        require_top(top)
        chosen = self._utility if utility is None else self._parse(utility)
        for request in requests:
            check_request(request, chosen, spec=self.spec, items=self.items)
            self._conditions.check(request)
        values = [values_of(request, spec=self.spec, items=self.items) for request in requests]
        rankings: list[Ranking | None] = [None] * len(requests)
        for places in group_requests(requests, self._conditions.parsed):
            surface, begun = requests[places[0]].surface, time.perf_counter()
            inputs = self._queries.inputs(surface, [requests[place].features for place in places])
            parsed = time.perf_counter()
            queries = self._queries.embed(surface, inputs)
            before = {FEATURES: parsed - begun, TOWER: time.perf_counter() - parsed}
            scorer = Scorer(index=self.items, spec=self.spec, surface=surface, utility=chosen)
            own = [(requests[place], values[place]) for place in places]
            kept, missing = self._conditions.kept(own[0][0], before)
            for place, ranking in zip(places, self._rank(scorer, own, queries, top, approximate, kept), strict=True):
                without = unsaid(requests[place], self.spec, approximate=approximate)
                warnings = (*missing, *without, *about(ranking, scorer, requests[place]))
                rankings[place] = dataclasses.replace(ranking, seconds={**before, **ranking.seconds}, warnings=warnings)
        return [ranking for ranking in rankings if ranking is not None]

    def align_bids(self, item_id: Sequence[str], bid: np.ndarray) -> np.ndarray:
        """`[items]` float32 for `RankRequest.bids`; arguments and errors as of `item_file.align_bids`."""
        return align_bids(self.items, item_id, bid)

    def _rank(
        self,
        scorer: Scorer,
        requests: Sequence[tuple[RankRequest, RowValues]],
        queries: np.ndarray,
        top: int,
        approximate: bool,
        kept: np.ndarray | None,
    ) -> Iterator[Ranking]:
        """Requests of one group, of the items that are kept."""
        first, values = requests[0]  # of all, where the items are not listed
        products = self.spec.schema.products if first.product is None else (first.product,)
        if first.candidates is not None:
            for (request, own), query in zip(requests, queries, strict=True):
                begun = time.perf_counter()
                rows, chosen = self._candidates(request, products, kept)
                ranking = rank_rows(scorer, query, rows, values=own.at(chosen), top=top)
                yield ranking.after({FORMULA: time.perf_counter() - begun - sum(ranking.seconds.values())})
            return
        if approximate:
            graphs, begun = self.approximate_index(scorer.utility.leading_task), time.perf_counter()
            found = graphs.search(queries, products=products, top=top, kept=kept)
            seconds, considered = {DOTS: time.perf_counter() - begun, FORMULA: 0.0}, None
        else:
            limits: dict[str, Any] = {"products": products, "kept": kept}
            scanned = scan(scorer, queries, top=top + top // 8 + _SPARE, values=values, pool=self.pool, **limits)
            found, considered = scanned.rows, scanned.considered
            seconds = {DOTS: scanned.dot_seconds, FORMULA: scanned.formula_seconds}
        for query, rows in zip(queries, found, strict=True):
            ranking = rank_rows(scorer, query, rows, values=values.at(rows), top=top)
            yield dataclasses.replace(ranking.after(seconds), considered=considered or len(rows))

    def approximate_index(self, task: str) -> ApproximateIndex:
        """The approximate index over a task's embeddings, made at first use.

        Raises:
            ServingError: An unknown task, or no library for it.
        """
        require_name(task, tuple(self.items.tasks), what="task")
        if task not in self._approximate:
            self._approximate[task] = ApproximateIndex.open(self.items, spec=self.spec, task=task)
        return self._approximate[task]

    def _candidates(
        self, request: RankRequest, products: Sequence[str], kept: np.ndarray | None
    ) -> tuple[np.ndarray, np.ndarray]:
        """Rows of the candidates that are ranked, and `[candidates]` bool, which these are."""
        rows = self.items.find(request.candidates or ())
        own = np.isin(self.items.products_of(rows), products) if request.product else np.full(len(rows), True)
        own = own if kept is None else own & kept[rows]
        return rows[own], own

    def _parse(self, text: str) -> Utility:
        return Utility(text, tasks=tuple(task.name for task in self.spec.tasks))
