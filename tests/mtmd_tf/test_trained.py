import dataclasses

import pytest

from mtmd_tf.trained import trained_pairs, untrained, untrained_products, usual_features
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.manifest import Manifest


def _manifest(counts: dict[str, dict[str, dict[str, int]]]) -> Manifest:
    slices = {
        surface: {
            product: {"pairs": 9, "tasks": {task: {"labeled": count} for task, count in tasks.items()}}
            for product, tasks in products.items()
        }
        for surface, products in counts.items()
    }
    empty = {field.name: {} for field in dataclasses.fields(Manifest)}
    return Manifest(**{**empty, "splits": {"train": {"slices": slices}}})


SEEN = {
    "home": {"standard": {"ctr": 5, "gctr": 0}},
    "search": {"standard": {"ctr": 1, "gctr": 1}, "shopping": {"ctr": 2}},
}


@pytest.fixture
def trained() -> dict:
    return trained_pairs(_manifest(SEEN), tiny_schema(), tasks=("ctr", "gctr"))


def test_every_slice_and_task_that_exists_is_counted(trained):
    assert trained == {
        "home": {"standard": {"ctr": 5, "gctr": 0}, "shopping": {"ctr": 0}},
        "search": {"standard": {"ctr": 1, "gctr": 1}, "shopping": {"ctr": 2}},
    }


def test_what_was_never_seen_is_named(trained):
    task, whole = untrained(trained)
    assert task.startswith("home x standard has no training label of gctr: what is predicted there is a guess")
    assert whole.startswith("home x shopping has no labeled training pair: ")


def test_slices_that_lack_the_same_share_a_sentence():
    trained = {f"s{n}": {"p": {"ctr": 0, "gctr": 0}, "q": {"ctr": 1, "gctr": int(n > 1)}} for n in range(9)}
    assert [sentence.partition(":")[0] for sentence in untrained(trained)] == [
        "s0 x p, s1 x p, s2 x p, s3 x p, s4 x p and 4 more have no labeled training pair",
        "s0 x q, s1 x q have no training label of gctr",
    ]


def test_a_model_of_one_slice_has_learned_from_nothing_else_and_need_not_say_so():
    trained = trained_pairs(_manifest(SEEN), tiny_schema(), tasks=("ctr",), chosen=("search", "*"))
    assert trained["home"] == {"standard": {"ctr": 0}, "shopping": {"ctr": 0}}
    assert untrained(trained, chosen=("search", "*")) == []


def test_a_product_lacks_a_task_where_no_surface_has_a_label_of_it(trained):
    assert untrained_products(trained) == {}
    trained["search"]["shopping"]["ctr"] = trained["search"]["standard"]["gctr"] = 0
    assert untrained_products(trained) == {"standard": ["gctr"], "shopping": ["ctr"]}


def test_features_of_nearly_all_requests_of_a_surface_are_usual():
    shares = {"home": {"country": 1.0, "age": 0.99, "visits": 0.98}, "search": {"country": 0.0}}
    manifest = dataclasses.replace(_manifest({}), splits={"train": {"presence": {"query": shares, "item": {}}}})
    assert usual_features(manifest) == {"home": ["country", "age"], "search": []}
