"""What a complete data set should make its owner look at: no problem, but nothing to pass over in silence either."""

from collections.abc import Iterator

from tfrecords_tools.manifest import Manifest
from tfrecords_tools.printable import few
from tfrecords_tools.schema import Schema
from tfrecords_tools.tables import in_units, table_bytes

_NAMED = 4  # slices in a line
_LARGE = 2**32  # bytes of tables: half of what a small machine has
_LABELING = 3  # training partitions: one to learn from, one to stop early by, one to label


def remarks(manifest: Manifest, schema: Schema) -> Iterator[str]:
    """One line each."""
    for split in manifest.splits:
        if not manifest.requests(split):
            yield f"{split}: no request; {_why_empty(manifest, split)}"
    yield from _short(manifest)
    yield from _large_tables(schema)
    if manifest.splits and manifest.requests("train"):
        yield from _nothing_to_learn(manifest, schema)
    for split in manifest.splits:
        if manifest.requests(split):
            yield from _empty_slices(manifest, schema, split)
            yield from _above_parent(manifest, split)
            yield from _events(manifest, schema, split)
            yield from _not_observed(manifest, split)


def _why_empty(manifest: Manifest, split: str) -> str:
    eval_from = manifest.source.get("arguments", {}).get("eval_from", "")
    other = next((name for name in manifest.splits if name != split and manifest.days(name)), "")
    days = manifest.days(other) if other else ("", "")
    return f"eval begins at {eval_from}, and the data is of {days[0]} to {days[-1]}: --eval_from says where to cut"


def _short(manifest: Manifest) -> Iterator[str]:
    days, partition = manifest.days("train") if manifest.splits else (), manifest.partition
    way = f": --partition={partition.next_finer} cuts the same log finer" if partition.next_finer else ""
    if len(days) == _LABELING and not any(column.startswith("label/") for column in manifest.columns):
        yield (
            f"train: {partition.words(len(days))} ({', '.join(days)}); a heavyweight ranker takes 2 and labels 1, and "
            f"training on what it has labeled needs 2{way}"
        )
    if days and len(days) < _LABELING:
        yield (
            f"train: {partition.words(len(days))} ({', '.join(days)}); training needs 2, one of them to stop early by, "
            f"and a heavyweight ranker 3, one of them to label{way}"
        )


def _nothing_to_learn(manifest: Manifest, schema: Schema) -> Iterator[str]:
    labeled, events, positives = (manifest.counted("train", what) for what in ("labeled", "events", "positives"))
    for task in schema.task_names:
        if not labeled.get(task) and not events.get(task):
            yield (
                f"train: no pair has a label or an event of the task {task}, so nothing can be learned of it: give a "
                f"column label/{task} or event/{task}, or leave the task out of the schema"
            )
        if events.get(task) and positives.get(task, 0) in (0, events[task]):
            so = (
                "its labels have nothing to be compared with" if labeled.get(task) else "a model can learn nothing else"
            )
            yield (
                f"train: event/{task} is {int(task in positives)} in all {events[task]:,} pairs that have it, so {so}: "
                "check the join of what was shown with what followed"
            )
        if labeled.get(task) and (value := _only_label(manifest, task)) is not None:
            yield (
                f"train: label/{task} is {value:g} in all {labeled[task]:,} pairs that have it, so a model can learn "
                "nothing else: check where the labels come from"
            )


def _only_label(manifest: Manifest, task: str) -> float | None:
    """0 or 1 where all labels of a task are that, for then their mean is."""
    products = (product for surface in manifest.split("train")["slices"].values() for product in surface.values())
    counts = [product["tasks"][task] for product in products if task in product["tasks"]]
    means = {count["label_mean"] for count in counts if count["labeled"]}
    return means.pop() if means in ({0.0}, {1.0}) else None


def _large_tables(schema: Schema) -> Iterator[str]:
    took = table_bytes(sum(feature.table_rows for feature in schema.features))
    if took > _LARGE:
        largest = max(schema.features, key=lambda feature: feature.table_rows)
        yield (
            f"embedding tables will take about {in_units(took)} in training, most of it for {largest.key} with "
            f"{largest.table_rows:,} rows"
        )


def _empty_slices(manifest: Manifest, schema: Schema, split: str) -> Iterator[str]:
    slices = manifest.split(split)["slices"]
    empty = [f"{surface} x {product}" for surface, product in schema.slices if not slices[surface][product]["pairs"]]
    if empty:
        yield f"{split}: no pair in {len(empty):,} of {len(schema.slices):,} slices: {few(empty, most=_NAMED)}"


def _not_observed(manifest: Manifest, split: str) -> Iterator[str]:
    """Of tasks with some events: pairs of a log whose event is missing, which is no 0; other sources know theirs."""
    if manifest.source.get("name") != "convert":
        return
    possible: dict[str, int] = {}
    for products in manifest.split(split)["slices"].values():
        for cell in products.values():
            for task in cell["tasks"]:
                possible[task] = possible.get(task, 0) + cell["pairs"]
    for task, known in manifest.counted(split, "events").items():
        if 0 < known < possible[task]:
            yield (
                f"{split}: event/{task} is not observed (empty or -1) in {possible[task] - known:,} of "
                f"{possible[task]:,} pairs, which say nothing of it; what did not happen is 0"
            )


def _above_parent(manifest: Manifest, split: str) -> Iterator[str]:
    for task, pairs in manifest.counted(split, "above_parent").items():
        yield f"{split}: label/{task} is above its parent's in {pairs:,} pairs; readers lower it to the parent's"


def _events(manifest: Manifest, schema: Schema, split: str) -> Iterator[str]:
    positives = manifest.counted(split, "positives")
    for task, pairs in manifest.counted(split, "without_parent").items():
        share = pairs / positives[task]
        yield (
            f"{split}: event/{task} is 1 without event/{schema.task(task).parent} in {pairs:,} pairs, {share:.1%} of "
            "its 1s; a ranker's labels would be too low by as much: convert --repair_events sets the parent's to 1"
        )
    for task, pairs in manifest.counted(split, "repaired").items():
        yield f"{split}: event/{task} was set to 1 in {pairs:,} pairs, where a child's is (--repair_events)"
