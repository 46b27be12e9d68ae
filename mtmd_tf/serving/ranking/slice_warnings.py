"""Warnings about a ranking: slices without a training label (paper section 2.1.1), missing features, no order."""

from collections import Counter
from typing import Any

from mtmd_tf.serving.ranking.request import Ranking, RankRequest
from mtmd_tf.serving.ranking.scan import Scorer
from mtmd_tf.trained import USUAL
from tfrecords_tools.printable import few


def about(ranking: Ranking, scorer: Scorer, request: RankRequest) -> tuple[str, ...]:
    """All of this module's sentences."""
    return (*without_features(request, scorer), *untrained_slices(ranking, scorer), *all_tied(ranking, scorer))


def without_features(request: RankRequest, scorer: Scorer) -> tuple[str, ...]:
    """A sentence where a request lacks what nearly all training requests had, or says nothing of its user."""
    names = [feature.name for feature in scorer.spec.schema.features_of("query", domain=scorer.surface)]
    lacking = [name for name in names if _is_missing(request.features.get(name))]
    if len(lacking) == len(names):  # every such request on a surface has one ranking
        return (f"the request has none of the features of {scorer.surface}, {few(names)}: all are missing",)
    usual = (scorer.spec.usual or {}).get(scorer.surface, ())
    if not (lost := [name for name in lacking if name in usual]):
        return ()
    return (
        f"the request lacks {few(lost)}, which at least {USUAL:.0%} of the training requests on {scorer.surface} had: "
        "the model has hardly learned what a request without is like; send what is known at that moment",
    )


def _is_missing(value: Any) -> bool:
    """Whether a value is None or NaN."""
    return value is None or (isinstance(value, float) and value != value)


def all_tied(ranking: Ranking, scorer: Scorer) -> tuple[str, ...]:
    """A sentence where the whole top has one utility, as that of a task which does not exist for the product."""
    best = ranking.utility
    if len(best) < 2 or best[0] != best[-1]:
        return ()
    return (
        f"the utility {scorer.utility.text!r} is {best[0]:g} for all {len(best)} items here: their order is that of "
        "their ids",
    )


def untrained_slices(ranking: Ranking, scorer: Scorer) -> tuple[str, ...]:
    """A sentence for each slice among the top of which the model has seen no label of a task that it is ranked by."""
    found = []
    for product, count in Counter(ranking.product).items():
        tasks = scorer.tasks(product)
        unseen = [task for task in scorer.spec.untrained_tasks(scorer.surface, product) if task in tasks]
        if unseen:
            found.append(
                f"{scorer.surface} x {product} had no training label of {', '.join(unseen)}: the {count} of its items "
                "here are ranked by a guess from the other slices"
            )
    return tuple(found)
