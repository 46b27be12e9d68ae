from types import SimpleNamespace

from mtmd_tf.experiments.runs.pairs import training_pairs


def test_pairs_of_each_slice_each_product_and_all():
    slices = {
        "home": {"ads": {"pairs": 5}, "shop": {"pairs": 2}},
        "search": {"ads": {"pairs": 3}, "shop": {"pairs": 0}},
    }
    found = training_pairs(SimpleNamespace(split={"train": {"slices": slices}}.get))
    assert found == {"home/ads": 5, "home/shop": 2, "search/ads": 3, "*/ads": 8, "*/shop": 2, "": 10}
