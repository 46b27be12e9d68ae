"""How far domains moved, by weights set by hand; the figure draws what there is."""

import dataclasses

from mtmd_tf.evaluation.distances import distances
from mtmd_tf.evaluation.inspection_figures import distance_map
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.sharing import deviations
from tests.mtmd_tf.small import SHARED, SMALL, small_batch, small_schema


def model(config=SHARED) -> TwoTowerModel:
    made = TwoTowerModel(small_schema(), config=config)
    made(small_batch(4))
    return made


def test_a_domain_that_learned_nothing_of_its_own_is_at_0_and_one_that_moved_by_its_base_at_half():
    made = model(dataclasses.replace(SHARED, domain_sharing="additive", deviation_scale=1.0))
    router = made.query_tower.experts["search"].router
    for weight in deviations(router):
        weight.own[0].assign(0.5 * weight.base())
    rows = {(row.side, row.domain, row.part): row.distance for row in distances(made)}
    assert rows.pop(("query", "search", "routing")) == 0.5
    assert set(rows.values()) == {0.0}
    assert len(rows) == (3 + 2) * 5 - 1  # domains, parts


def test_the_papers_text_has_nothing_to_measure_or_draw():
    assert distances(model(SMALL)) == ()
    assert distance_map(()) is None


def test_the_map_names_domains_and_parts():
    axes = distance_map(distances(model())).axes[0]
    assert [tick.get_text() for tick in axes.get_yticklabels()][:2] == ["home_feed (query)", "search (query)"]
    assert [tick.get_text() for tick in axes.get_xticklabels()] == [
        "adaptation", "experts", "routing", "crossing", "embedding",
    ]  # fmt: skip
