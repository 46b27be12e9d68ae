"""Events without their parent's, labels above their parent's, and tasks that hardly happen."""

from collections.abc import Iterator

from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

_MANY = 0.01  # of a child's events, above which `jobs.label` refuses to learn
_FEW = 100


def examine(manifest: Manifest, schema: Schema) -> Iterator[Finding]:
    """From the manifest alone."""
    for split in manifest.splits:
        happened = manifest.counted(split, "positives")
        for task, pairs in manifest.counted(split, "without_parent").items():
            share = pairs / max(happened.get(task, 0), 1)
            yield Finding(
                level=SERIOUS if share > _MANY else NOTE,
                about="events",
                said=f"{split}: event/{task} is 1 without event/{schema.task(task).parent} in {pairs:,} pairs, "
                f"{share:.1%} of its 1s",
                advice="convert --repair_events sets the parent's to 1; else labels come out too low by as much",
                weight=share,
            )
        for task, pairs in manifest.counted(split, "above_parent").items():
            yield Finding(
                level=NOTE,
                about="events",
                said=f"{split}: label/{task} is above its parent's in {pairs:,} pairs",
                advice="readers lower it to the parent's",
            )
    for task in schema.task_names:
        positives = manifest.counted("train", "positives").get(task, 0)
        if f"event/{task}" in manifest.columns and positives < _FEW:
            yield Finding(
                level=LOOK if positives else SERIOUS,
                about="events",
                said=f"train: event/{task} happened {positives:,} times",
                advice="too few to learn from or to measure by: more days, or leave the task out of the schema",
                weight=1.0 - positives / _FEW,
            )
