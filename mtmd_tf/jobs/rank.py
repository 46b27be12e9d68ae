"""Ranks all stored items for one request (paper sections 2.2 and 2.3).

python -m mtmd_tf.jobs.rank --export=exports/hf --embeddings=embeddings/hf --data=data/adworld-labelled
adds up all tasks; --utility='1.0*ctr*bid + 0.3*gctr' --bids=bids.parquet ranks by money, --query_tower=http://HOST:8501
asks TF Serving for the query's embedding.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from absl import flags

from mtmd_tf.config import ConfigError, RankConfig
from mtmd_tf.jobs import settings
from tfrecords_tools.printable import printable

if TYPE_CHECKING:
    from mtmd_tf.serving.ranking.ranker import Ranker, Ranking
    from mtmd_tf.serving.ranking.request_file import QueryRequest


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
settings.define(RankConfig, into=FLAGS)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_EMBEDDINGS = flags.DEFINE_string("embeddings", None, "folder of its item embeddings", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data", "", "data set whose split eval has the request; not needed with --request", flag_values=FLAGS
)
_REQUEST_ID = flags.DEFINE_string("request_id", "", "rank for this request of the split eval", flag_values=FLAGS)
_REQUEST = flags.DEFINE_string(
    "request", "", 'rank for the JSON file {"surface": name, "query": {feature: value}}', flag_values=FLAGS
)
_SURFACE = flags.DEFINE_string(
    "surface", "", "rank for the last request of the split eval on this surface", flag_values=FLAGS
)
_PRODUCT = flags.DEFINE_string("product", "", "rank only items of this product", flag_values=FLAGS)
_CANDIDATES = flags.DEFINE_string(
    "candidates", "", "CSV or Parquet file of item_id: rank only these items", flag_values=FLAGS
)
_WHERE = flags.DEFINE_string(
    "where",
    "",
    "rank only items for which this holds, such as 'item/city == query/city and item/in_stock == 1'",
    flag_values=FLAGS,
)
_BIDS = flags.DEFINE_string(
    "bids", "", "CSV or Parquet file of item_id and bid (US dollars), for a utility that names bid", flag_values=FLAGS
)

_MOST_FEATURES = 12


def report(
    ranker: "Ranker",
    request: "QueryRequest",
    *,
    top: int = 10,
    utility: str | None = None,
    product: str | None = None,
    candidates: Sequence[str] | None = None,
    where: str | None = None,
    bids: np.ndarray | None = None,
    approximate: bool = False,
) -> str:
    """Ranks for one request and says what it was, what came first, why, and how long each part took.

    Args:
        ranker: Ready for requests.
        request: The query side.
        top: How many items to show.
        utility: Another expression than the ranker's own.
        product: Only items of this product.
        candidates: Only these items.
        where: Only items for which this condition holds.
        bids: `[candidates]` or `[items]` bids in US dollars, one for each candidate or, without candidates, for each
            item of the index.
        approximate: Score only what the approximate index finds, and say what share of the exact top that is.
    """
    from mtmd_tf.serving.ranking.catalogue import describe_items

    limits = {"product": product, "candidates": candidates, "where": where}
    arguments: dict[str, Any] = {"top": top, "utility": utility, "bids": bids, **limits}
    # A signature's first call prepares its graph, and the first scan maps the index: both before the clock runs.
    exact = ranker.rank(request.surface, request.features, **arguments)
    ranking = ranker.rank(request.surface, request.features, **arguments, approximate=approximate)
    names = describe_items(ranker.items, ranker.spec.schema, ranking.item_id)
    parts = " + ".join(f"{part} {1e3 * seconds:.1f} ms" for part, seconds in ranking.seconds.items())
    total = 1e3 * sum(ranking.seconds.values())
    lines = [
        f"Request {printable(request.request_id)} on {request.surface}",
        *(f"  {line}" for line in _readable(request, ranker.spec.schema)),
        f"Top {len(ranking.item_id)} of {ranking.considered:,} items{_of(ranker, limits)}, "
        f"by {utility or ranker.utility}",
        *(f"Warning: {warning}." for warning in ranking.warnings),
        _table(ranking, names),
        f"{total:.1f} ms: {parts}",
    ]
    if approximate:
        recall = len(set(exact.item_id) & set(ranking.item_id)) / max(len(exact.item_id), 1)
        lines.append(f"Of the exact top {len(exact.item_id)} of {exact.considered:,} items, {recall:.0%} are here.")
    return "\n".join(lines)


def _of(ranker: "Ranker", limits: Mapping[str, Any]) -> str:
    """What the items are, where they are not all."""
    if all(value is None for value in limits.values()):
        return ""
    listed = limits["candidates"]
    base = f"{ranker.items.items:,}" if listed is None else f"{len(listed):,} candidates"
    condition = f" where {printable(limits['where'])}" if limits["where"] else ""
    return f" (of {base}{condition})" if condition or listed is not None else ""


def _readable(request: "QueryRequest", schema: Any) -> list[str]:
    from mtmd_tf.serving.ranking.catalogue import text

    shown = [
        f.name
        for f in schema.features_of("query", domain=request.surface)
        if f.kind != "dense" and f.name in request.features
    ]
    lines = [f"{name} = {_short(text(request.features[name]))}" for name in shown[:_MOST_FEATURES]]
    left = len(request.features) - len(lines)
    return [*lines, f"and {left} more features"] if left > 0 else lines


def _short(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value[:5])) + (", ..." if len(value) > 5 else "")
    return f"{value:g}" if isinstance(value, float) else str(value)


def _table(ranking: "Ranking", names: Sequence[Mapping[str, Any]]) -> str:
    import pandas as pd  # half a second, which --help need not wait for

    frame = pd.DataFrame({"item": [printable(item) for item in ranking.item_id], "product": ranking.product})
    frame["what"] = [" / ".join(str(value) for value in own.values()) for own in names]
    for task, probability in ranking.probability.items():
        frame[f"p({task})"] = probability
    frame["utility"] = ranking.utility
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame.to_string(na_rep="N/A", float_format="{:.4g}".format, max_colwidth=80)


def main(argv: list[str]) -> None:
    """Reads the flags, finds the request and prints its ranking."""
    del argv
    config = settings.read(RankConfig, source=FLAGS)
    given = [name for name in ("request_id", "request", "surface") if FLAGS[name].value]
    if len(given) > 1:
        raise ConfigError(f"give one of --request_id, --request and --surface, not {given}.")
    if not _REQUEST.value and not _DATA.value:
        raise ConfigError("give --request=FILE, or --data=FOLDER to rank for a request of its split eval.")
    from mtmd_tf.serving.ranking.item_file import read_bids, read_candidates
    from mtmd_tf.serving.ranking.ranker import Ranker
    from mtmd_tf.serving.ranking.request_file import read_request

    ranker = Ranker.of(config, exports=_EXPORT.value, embeddings=_EMBEDDINGS.value)
    request = read_request(_REQUEST.value) if _REQUEST.value else _find(ranker)
    candidates = read_candidates(_CANDIDATES.value) if _CANDIDATES.value else None
    bids = read_bids(_BIDS.value, ranker.items) if _BIDS.value else None
    if bids is not None and candidates is not None:
        bids = bids[ranker.items.find(candidates)]
    limits: dict[str, Any] = {"product": _PRODUCT.value or None, "where": _WHERE.value or None}
    limits |= {"candidates": candidates, "bids": bids, "approximate": config.approximate}
    print(report(ranker, request, top=config.top, **limits))


def _find(ranker: "Ranker") -> "QueryRequest":
    from mtmd_tf.serving.ranking.find import find_request
    from tfrecords_tools.manifest import Manifest

    # Requests of another schema would mean something else.
    Manifest.load(_DATA.value).check_schema(ranker.spec.schema)
    return find_request(_DATA.value, request_id=_REQUEST_ID.value or None, surface=_SURFACE.value or None)


if __name__ == "__main__":
    settings.run(main, FLAGS)
