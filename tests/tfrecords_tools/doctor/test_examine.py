"""Each thing that is wrong is found, said with its numbers and what to do; a healthy data set is left in peace."""

import dataclasses

import numpy as np
import pytest

from tests.tfrecords_tools.doctor.ward import CANDIDATES, DAY_0, REQUESTS, write
from tfrecords_tools.doctor.duplicates import _usual
from tfrecords_tools.doctor.examine import examine
from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS


def leak(data):
    data["cross"]["seen"] = data["event"]["ctr"].astype(np.float32) * 3 + data["cross"]["seen"] / 100


def leak_by_presence(data):
    data["cross_mask"] = data["event"]["ctr"][:, None] == 1


def leak_by_category(data):
    data["item"]["brand"] = np.where(data["event"]["ctr"] == 1, b"won", b"lost").astype(object)


def score(data):
    noise = np.random.default_rng(1).uniform(0, 0.01, len(data["owner"]))
    data["label"]["ctr"] = (data["label"]["ctr"] + noise).astype(np.float32)
    data["cross"]["seen"] = data["label"]["ctr"] * 7


def constant(data):
    data["query"]["age"][:] = 40


def flagged(data):
    constant(data)
    data["query_mask"] = data["query_mask"].copy()
    data["query_mask"][::3, 1] = False


def marked(data):
    data["query"]["age"][::3] = -99_999


def heavy(data):
    data["query"]["age"] = np.exp(5 * np.random.default_rng(2).normal(size=REQUESTS)).astype(np.float32)


def weighed(data):
    data["weight"] = np.where(np.arange(len(data["owner"])) % 100 == 0, 1e6, 1.0).astype(np.float32)


def weightless(data):
    data["weight"] = (np.arange(len(data["owner"])) % 5 > 0).astype(np.float32)


def absent(data):
    data["query_mask"][data["surface"] == 0, 1] = False


def unknown(data):
    country = data["query"]["country"]
    data["query"]["country"] = np.where(country == b"de", country, np.array([c.upper() for c in country], object))


def crowded(data):
    data["item"]["brand"] = np.array([b"s%d" % n for n in np.arange(len(data["owner"])) % 900], dtype=object)


def met(data):
    """Three tokens, of which two have one row of 211 by the hash."""
    data["item"]["brand"] = np.array([b"c0", b"c25", b"c0", b"c1"], dtype=object)[np.arange(len(data["owner"])) % 4]


def cut_to_nothing(data):
    label = data["label"]["ctr"]
    data["label"]["ctr"] = np.where(np.arange(len(label)) % 5 == 0, np.float32(0), label)


def new_country(data):
    """One that came on the last day, where 26 of 100 requests have it."""
    late = data["timestamp"] >= DAY_0 + 5 * 86_400
    data["query"]["country"] = np.where(late, data["query"]["country"], data["query"]["country"].copy())
    data["query"]["country"][~late & (data["query"]["country"] == b"us")] = b"de"


def new_brand(data):
    late = (data["timestamp"] >= DAY_0 + 5 * 86_400)[data["owner"]]
    data["item"]["brand"][late & (np.arange(len(late)) % 4 == 0)] = b"new"


def few_buckets(data):
    """Seven tokens of which two meet: twice the 211 buckets are enough, as a vocabulary is."""
    data["item"]["brand"] = np.array([b"c%d" % n for n in (0, 25, 1, 2, 3, 4, 5)], object)[
        np.arange(len(data["owner"])) % 7
    ]


def filled_in(data):
    data["label"]["ctr"] = np.where(data["surface"][data["owner"]] == 1, np.float32(0.25), data["label"]["ctr"])


def in_micros(data):
    data["bid"] = (1e6 + np.arange(len(data["owner"]))).astype(np.float32)


def bids_of_nothing(data):
    data["bid"] = np.zeros(len(data["owner"]), np.float32)


def repeated(data):
    data["query"]["age"] = np.where(data["surface"] == 0, 20, 30).astype(np.float32)


def rare(data):
    data["label"] = {task: label * np.float32(1e-4) for task, label in data["label"].items()}
    data["label"]["ctr"] = data["label"]["ctr"] * (1 + np.arange(len(data["owner"]), dtype=np.float32) / 1e4)
    data["label"]["gctr"] = data["label"]["ctr"] / 2
    data["event"] = {task: np.zeros_like(event) for task, event in data["event"].items()}


def cut_low(data):
    label = data["label"]["ctr"]
    data["label"]["ctr"] = np.where(np.arange(len(label)) % 5 < 3, np.float32(1e-4), label)


def late(data):
    """All but 24 pairs of train on its last day."""
    data["timestamp"] = np.where(np.arange(REQUESTS) < 6, DAY_0, data["timestamp"].clip(DAY_0 + 4 * 86_400))


def alike(data):
    brand = data["item"]["brand"]
    data["item"]["brand"] = np.where(
        np.arange(len(brand)) % 9 == 0, np.array([b.upper() + b" " for b in brand], object), brand
    )


def copied(data):
    half = REQUESTS // DAYS_OF_EVAL
    for name, rows in (("query", 1), ("item", CANDIDATES), ("cross", CANDIDATES), ("event", CANDIDATES)):
        for values in data[name].values():
            values[-half * rows :] = values[: half * rows]
    for name in ("item_id", "product"):
        data[name][-half * CANDIDATES :] = data[name][: half * CANDIDATES]
    for values in data["label"].values():
        values[-half * CANDIDATES :] = values[: half * CANDIDATES]


DAYS_OF_EVAL = 12  # half a day of six


def saturated(data):
    data["label"] = {task: event.astype(np.float32) for task, event in data["event"].items()}


def off(data):
    data["label"]["ctr"] = data["label"]["ctr"] * np.where(data["product"] == 1, 2.0, 1.0).astype(np.float32)


def immature(data):
    last = data["owner"] >= REQUESTS * 5 // 6
    for event in data["event"].values():
        event[last & (np.arange(len(last)) % 8 > 0)] = 0


def orphans(data):
    data["event"]["gctr"][::5] = 1


def bare_items(data):
    corpus = data["corpus"]
    mask = corpus.item_mask.copy()
    mask[corpus.product == 1, 1] = False
    data["corpus"] = dataclasses.replace(corpus, item_mask=mask)


def late_labels(data):
    last = data["timestamp"][data["owner"]] == DAY_0 + 4 * 86_400
    data["label"]["ctr"] = np.where(last, np.float32(np.nan), data["label"]["ctr"])


def no_eval_labels(data):
    late = data["timestamp"][data["owner"]] >= DAY_0 + 5 * 86_400
    data["label"]["ctr"] = np.where(late, np.float32(np.nan), data["label"]["ctr"])


def unlabeled_slice(data):
    there = (data["surface"][data["owner"]] == 1) & (data["product"] == 0)
    data["label"]["gctr"] = np.where(there, np.float32(np.nan), data["label"]["gctr"])


def late_events(data):
    for event in data["event"].values():
        event[data["timestamp"][data["owner"]] >= DAY_0 + 5 * 86_400] = -1


def collected_twice(data):
    """Every second request is the one before under another id."""
    for name, rows in (("query", 1), ("item", CANDIDATES), ("cross", CANDIDATES), ("event", CANDIDATES)):
        for key, values in data[name].items():
            data[name][key] = _each_second_again(values, rows)
    for key, rows in (("item_id", CANDIDATES), ("product", CANDIDATES), ("surface", 1), ("timestamp", 1)):
        data[key] = _each_second_again(data[key], rows)
    data["label"] = {task: _each_second_again(values, CANDIDATES) for task, values in data["label"].items()}


def _each_second_again(values, rows):
    return np.repeat(values.reshape(REQUESTS, rows)[::2], 2, axis=0).reshape(-1)


def of_other_pairs(data):
    draw = np.random.default_rng(9)
    data["label"]["ctr"] = draw.uniform(0.1, 0.4, len(data["owner"])).astype(np.float32)


def wrong_way_round(data):
    draw = np.random.default_rng(9)
    data["label"]["ctr"] = (0.4 - 0.3 * data["event"]["ctr"] + draw.uniform(0, 0.05, 2400)).astype(np.float32)


def one_product(data):
    data["item_id"], data["product"] = data["item_id"].copy(), np.zeros_like(data["product"])
    corpus = data["corpus"]
    data["corpus"] = dataclasses.replace(corpus, product=np.zeros_like(corpus.product))


@pytest.mark.parametrize(
    ("change", "level", "about", "words"),
    [
        (leak, SERIOUS, "leaks", "cross/seen alone tells event/ctr: AUC 1.000 by its value"),
        (leak_by_presence, SERIOUS, "leaks", "cross/seen alone tells event/ctr: AUC 1.000 by being present"),
        (leak_by_category, SERIOUS, "leaks", "item/brand alone tells event/ctr: AUC 1.000 by its value"),
        (score, SERIOUS, "leaks", "cross/seen orders pairs as label/ctr does: rank correlation 1.000"),
        (constant, LOOK, "constants", "query/age has one value alone everywhere"),
        (flagged, NOTE, "constants", "query/age has one value alone everywhere, or is missing"),
        (repeated, NOTE, "constants", "query/age has one value alone on each surface, and not the same on all"),
        (marked, LOOK, "scales", "90% of the values of query/age lie within 0.0006"),
        (heavy, LOOK, "scales", "90% of the values of query/age lie within 0.0"),
        (
            weighed,
            LOOK,
            "weights",
            "by their weights, 2,000 pairs teach what 20 of equal weight would; the largest weight",
        ),
        (weightless, NOTE, "weights", "20.0% of the pairs weigh 0"),
        (absent, LOOK, "constants", "query/age is never present on surface home"),
        (unknown, SERIOUS, "tokens", "of the tokens of query/country are not in its vocabulary, such as '"),
        (crowded, LOOK, "tokens", "900 different tokens of item/brand were seen; in 211 hash buckets 77% of them"),
        (
            met,
            LOOK,
            "tokens",
            "in 211 hash buckets 33% of them (25% of all values) share one with a more frequent one, "
            "such as 'c25' with 'c0'",
        ),
        (
            few_buckets,
            LOOK,
            "tokens",
            "in 211 hash buckets 14% of them (14% of all values) share one with a more frequent",
        ),
        (filled_in, LOOK, "labels", "label/ctr is 0.25 in all 511 pairs of search x plain"),
        (in_micros, LOOK, "bids", "2,000 of 2,000 bids, such as 1,000,000, are above 1,000"),
        (bids_of_nothing, LOOK, "bids", "bid is 0 in all 2,000 pairs"),
        (
            new_country,
            LOOK,
            "drift",
            "query/country: 26% of its tokens in eval are not among the 2 that train has, such as 'us'",
        ),
        (
            new_brand,
            NOTE,
            "drift",
            "item/brand: 25% of its tokens in eval are not among the 9 that train has, such as 'new'",
        ),
        (cut_to_nothing, LOOK, "labels", "20.0% of label/ctr are exactly 0"),
        (cut_low, LOOK, "labels", "60.0% of label/ctr are 0.0001"),
        (
            alike,
            NOTE,
            "tokens",
            "values of item/brand differ from another in capitals, blanks, signs that nobody sees or",
        ),
        (copied, SERIOUS, "duplicates", "50 requests of eval, 50.0%, equal one of train but for id and time"),
        (saturated, LOOK, "labels", "of label/ctr are within 0.001 of 1"),
        (late_labels, SERIOUS, "labels", "train has no label/ctr on 1 of 5 days: 2026-11-05"),
        (no_eval_labels, SERIOUS, "labels", "eval has no label/ctr"),
        (unlabeled_slice, LOOK, "labels", "train has no label/gctr in search x plain"),
        (off, SERIOUS, "labels", "label/ctr in home x shop: mean 0.4, its events "),
        (immature, LOOK, "drift", "% on 2026-11-06 and "),
        (orphans, SERIOUS, "events", "train: event/gctr is 1 without event/ctr in "),
        (bare_items, SERIOUS, "corpus", "item/price is there for 0% of the corpus's shop items, and for 100% of"),
        (
            late,
            SERIOUS,
            "domains",
            "2026-11-05, the last of 2 days of train, has 1,976 of its 2,000 pairs: a training holds it out and learns "
            "from 24",
        ),
        (late_events, LOOK, "events", "eval has no event/gctr on 1 of 1 days: 2026-11-06"),
        (collected_twice, SERIOUS, "duplicates", "250 requests of train, 50.0%, equal another of the same second but"),
        (of_other_pairs, LOOK, "labels", "label/ctr orders its events no better than chance: AUC 0."),
        (wrong_way_round, SERIOUS, "labels", "label/ctr orders its events the wrong way round: AUC 0.000 within"),
        (one_product, SERIOUS, "domains", "train has no pair of the product shop"),
    ],
)
def test_what_is_wrong_is_found(change, level, about, words, tmp_path) -> None:
    found = examine(write(tmp_path, change)).findings
    (hit,) = [each for each in found if each.about == about and words in each.said][:1] or [None]
    assert hit, [each.said for each in found]
    assert hit.level == level
    assert hit.advice


def _drifts(folder, change):
    return [each.said for each in examine(write(folder, change)).findings if each.about == "drift"]


def test_a_feature_of_a_surface_that_eval_alone_has_or_has_more_of_has_not_drifted(tmp_path) -> None:
    def of_search_alone(data, *, trained):
        late = np.arange(REQUESTS) >= REQUESTS * 5 // 6
        data["surface"] = np.where(late, 1, np.where(np.arange(REQUESTS) % 10 < trained, 1, 0))
        data["query_mask"][:, 1] = data["surface"] == 1

    assert _drifts(tmp_path / "alone", lambda data: of_search_alone(data, trained=0)) == []
    assert _drifts(tmp_path / "more", lambda data: of_search_alone(data, trained=1)) == []


def test_a_feature_that_gets_lost_on_a_surface_has_drifted_there(tmp_path) -> None:
    def lost(data):
        data["query_mask"][(np.arange(REQUESTS) >= REQUESTS * 5 // 6) & (data["surface"] == 1), 1] = False

    said = "query/age is present in 100% of train's pairs of search and 0% of eval's"
    assert _drifts(tmp_path, lost) == [said]


def test_a_healthy_data_set_is_left_in_peace(tmp_path) -> None:
    diagnosis = examine(write(tmp_path))
    assert [each.said for each in diagnosis.findings if each.level != NOTE] == []
    assert diagnosis.serious == 0
    assert diagnosis.looked == "2,000 of 2,000 pairs of train, 400 of 400 pairs of eval"


def test_scores_of_a_rare_task_are_no_actions(tmp_path) -> None:
    assert [each.said for each in examine(write(tmp_path, rare)).findings if each.about == "labels"] == []


def test_counts_that_are_mostly_0_or_large_are_left_in_peace(tmp_path) -> None:
    """Nine in ten are 0, as of purchases; a price of the healthy data set goes through log1p."""

    def counts(data):
        draw = np.random.default_rng(3)
        data["query"]["age"] = np.where(draw.random(REQUESTS) < 0.9, 0, draw.poisson(20, REQUESTS)).astype(np.float32)
        data["cross"]["seen"] = np.exp(4 * draw.normal(size=len(data["owner"]))).astype(np.float32)

    assert [each for each in examine(write(tmp_path, counts)).findings if each.about == "scales"] == []


def test_the_worst_comes_first(tmp_path) -> None:
    def both(data):
        constant(data)
        leak(data)

    levels = [each.level for each in examine(write(tmp_path, both)).findings]
    assert levels == sorted(levels, key=[SERIOUS, LOOK, NOTE].index)
    assert levels[0] == SERIOUS


def test_no_more_is_read_than_asked(tmp_path) -> None:
    assert examine(write(tmp_path), sample=500).looked == "500 of 2,000 pairs of train, 400 of 400 pairs of eval"


def test_what_coincides_as_often_within_training_is_no_copy() -> None:
    digests = [b"%d" % (n * n % 97) for n in range(400)]
    assert _usual(digests) == 1.0
    assert _usual([b"%d" % n for n in range(400)]) == 0.0


def test_a_log_that_repeats_itself_is_no_leak_of_evaluation(tmp_path) -> None:
    def flat(data):
        for name in ("query", "item", "cross", "label", "event"):
            for values in data[name].values():
                values[:] = values[0]
        data["item_id"] = np.tile(data["item_id"][:CANDIDATES], REQUESTS)
        data["product"] = np.tile(data["product"][:CANDIDATES], REQUESTS)

    found = [each for each in examine(write(tmp_path, flat)).findings if each.about == "duplicates"]
    assert [each.level for each in found] == [NOTE]
    assert "this log repeats itself" in found[0].advice
