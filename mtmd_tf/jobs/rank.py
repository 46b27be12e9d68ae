"""Ranks all stored items for one request (paper sections 2.2 and 2.3).

python -m mtmd_tf.jobs.rank --export=exports/hf --embeddings=embeddings/hf --data=data/adworld-labelled
"""

import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import pandas as pd
from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.serving.find import QueryRequest
    from mtmd_tf.serving.ranker import Ranker, Ranking

_MOST_FEATURES = 12


def report(
    ranker: "Ranker",
    request: "QueryRequest",
    *,
    data: str | pathlib.Path,
    top: int = 10,
    weights: Mapping[str, float] | None = None,
    product: str | None = None,
) -> str:
    """Ranks for one request and says what it was, what came first, why, and how long each part took.

    Args:
        ranker: Ready for requests.
        request: The query side.
        data: Data set whose item corpus tells what an item is.
        top: How many items to show.
        weights: `{task: weight}` of the utility.
        product: Only items of this product.
    """
    from mtmd_tf.serving.catalogue import describe_items

    arguments: dict[str, Any] = {"top": top, "weights": weights, "product": product}
    ranker.rank(request.surface, request.features, **arguments)  # a signature's first call prepares its graph
    ranking = ranker.rank(request.surface, request.features, **arguments)
    names = describe_items(data, ranking.item_id)
    schema, tasks = ranker.spec.schema, tuple(task.name for task in ranker.spec.tasks)
    parts = " + ".join(f"{part} {1e3 * seconds:.1f} ms" for part, seconds in ranking.seconds.items())
    total = 1e3 * sum(ranking.seconds.values())
    return "\n".join(
        [
            f"Request {request.request_id} on {request.surface}",
            *(f"  {line}" for line in _readable(request, schema)),
            f"Top {len(ranking.item_id)} of {ranking.considered:,} items, by {_utility(weights, tasks)}",
            _table(ranking, names),
            f"{total:.1f} ms: {parts}",
        ]
    )


def parse_weights(texts: list[str]) -> dict[str, float] | None:
    """`["ctr=1", "cvr=5"]` to numbers; nothing to None.

    Raises:
        ConfigError: A weight that is not `task=number`.
    """
    try:
        return {task: float(number) for task, number in (text.split("=") for text in texts)} or None
    except ValueError as error:
        raise ConfigError(f"--weights takes task=number separated by commas, got {','.join(texts)!r}.") from error


def _readable(request: "QueryRequest", schema: Any) -> list[str]:
    from mtmd_tf.serving.catalogue import text

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


def _utility(weights: Mapping[str, float] | None, tasks: tuple[str, ...]) -> str:
    weights = dict.fromkeys(tasks, 1.0) if weights is None else weights
    return " + ".join(f"{weight:g} x p({task})" for task, weight in weights.items())


def _table(ranking: "Ranking", names: Mapping[str, Mapping[str, Any]]) -> str:
    frame = pd.DataFrame({"item": ranking.item_id, "product": ranking.product})
    frame["what"] = [" / ".join(str(value) for value in names.get(item, {}).values()) for item in ranking.item_id]
    for task, probability in ranking.probability.items():
        frame[f"p({task})"] = probability
    frame["utility"] = ranking.utility
    frame.index = pd.RangeIndex(1, len(frame) + 1)
    return frame.to_string(na_rep="N/A", float_format="{:.4g}".format, max_colwidth=80)


def main(argv: list[str]) -> None:
    """Reads the flags, finds the request and prints its ranking."""
    del argv
    weights = parse_weights(_WEIGHTS.value)
    given = [name for name in ("request_id", "request", "surface") if flags.FLAGS[name].value]
    if len(given) > 1:
        raise ConfigError(f"give one of --request_id, --request and --surface, not {given}.")
    from mtmd_tf.serving.find import find_request, read_request
    from mtmd_tf.serving.ranker import Ranker

    if _REQUEST.value:
        request = read_request(_REQUEST.value)
    else:
        request = find_request(_DATA.value, request_id=_REQUEST_ID.value or None, surface=_SURFACE.value or None)
    ranker = Ranker(_EXPORT.value, _EMBEDDINGS.value)
    print(report(ranker, request, data=_DATA.value, top=_TOP.value, weights=weights, product=_PRODUCT.value or None))


if __name__ == "__main__":
    _EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True)
    _EMBEDDINGS = flags.DEFINE_string("embeddings", None, "folder of its item embeddings", required=True)
    _DATA = flags.DEFINE_string("data", None, "data set: requests of its split eval, names of its items", required=True)
    _REQUEST_ID = flags.DEFINE_string("request_id", "", "rank for this request of the split eval")
    _REQUEST = flags.DEFINE_string("request", "", 'rank for the JSON file {"surface": name, "query": {feature: value}}')
    _SURFACE = flags.DEFINE_string("surface", "", "rank for the last request of the split eval on this surface")
    _TOP = flags.DEFINE_integer("top", 10, "items to show", lower_bound=1)
    _WEIGHTS = flags.DEFINE_list(
        "weights", [], "weights of the utility, such as ctr=1,cvr=5; by default 1 for every task"
    )
    _PRODUCT = flags.DEFINE_string("product", "", "rank only items of this product")
    settings.run(main)
