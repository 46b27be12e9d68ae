import markdown

from mtmd_tf.reporting.list_items import item

LONG = "mtmd: mtmd, deep layers 256-128-64-64, shallow_units 64-32, router_units 64-32, epochs 5, patience 0"


def test_what_fits_stays_on_its_line():
    assert item("seeds: 0, 1, 2") == "- seeds: 0, 1, 2"


def test_what_is_longer_goes_on_below_its_text_and_numbers_stay_whole():
    assert item(LONG).splitlines() == [
        "- mtmd: mtmd, deep layers 256-128-64-64, shallow_units 64-32, router_units",
        "  64-32, epochs 5, patience 0",
    ]


def test_an_item_below_another_is_one_item_still():
    html = markdown.markdown("\n".join([item("tried:"), item(LONG, level=1), item("seeds: 1")]))
    assert html.count("<li>") == 3
    assert LONG in " ".join(html.split())
