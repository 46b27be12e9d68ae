"""Warnings about a ranking: slices without a training label (paper section 2.1.1), no feature, no order."""

from collections import Counter

from mtmd_tf.serving.ranking.request import Ranking, RankRequest
from mtmd_tf.serving.ranking.scan import Scorer

_NAMED = 5  # features in a sentence


def about(ranking: Ranking, scorer: Scorer, request: RankRequest) -> tuple[str, ...]:
    """All of this module's sentences."""
    return (*without_features(request, scorer), *untrained_slices(ranking, scorer), *all_tied(ranking, scorer))


def without_features(request: RankRequest, scorer: Scorer) -> tuple[str, ...]:
    """A sentence where a request says nothing of its user: every such request on a surface has one ranking."""
    names = [feature.name for feature in scorer.spec.schema.features_of("query", domain=scorer.surface)]
    if any(request.features.get(name) is not None for name in names):
        return ()
    return (f"the request has none of the features of {scorer.surface}, {', '.join(names[:_NAMED])}: all are missing",)


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
