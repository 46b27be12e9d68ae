"""Asks every subject about a data set, in memory that the sample bounds, and ranks what they say."""

import dataclasses
import pathlib

from tfrecords_tools.doctor import (
    bids,
    constants,
    corpus,
    domains,
    drift,
    duplicates,
    events,
    fillers,
    joins,
    labels,
    leaks,
    missing_labels,
    scales,
    texts,
    tokens,
    unrepeated,
    unseen,
    varying,
    weights,
)
from tfrecords_tools.doctor.finding import SERIOUS, Finding, ranked
from tfrecords_tools.doctor.table import Table, read_presence, read_table
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

SAMPLE = 100_000  # pairs of each split, and items


@dataclasses.dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What was found.

    Attributes:
        folder: The data set.
        looked: Description of the data that was read.
        findings: The worst first.
        aucs: How well each feature alone tells each event, on the split train.
        rates: `{task: {day: (share of pairs whose event happened, pairs)}}`.
        calibrations: Labels beside events, slice by slice.
    """

    folder: pathlib.Path
    looked: str
    findings: tuple[Finding, ...]
    aucs: tuple[leaks.Alone, ...]
    rates: dict[str, dict[str, tuple[float, int]]]
    calibrations: tuple[labels.Calibration, ...]

    @property
    def serious(self) -> int:
        """How many findings are."""
        return sum(finding.level == SERIOUS for finding in self.findings)


def examine(folder: str | pathlib.Path, *, sample: int = SAMPLE) -> Diagnosis:
    """Reads about `sample` pairs of each split and as many items; what the manifest counts is of all.

    Raises:
        DataError: There is no manifest, the schema beside it is another one, there are items alone, or a record is
            corrupt.
    """
    manifest, schema = Manifest.load(folder), Schema.load(folder)
    manifest.check_schema(schema)
    manifest.require_requests()
    found = [*domains.examine(manifest, schema), *events.examine(manifest, schema)]
    tables = [read_table(manifest, schema, split=split, pairs=sample) for split in ("train", "eval")]
    train, held = tables
    there = [table for table in tables if table is not None]
    found += [finding for table in there for finding in missing_labels.examine(table)]
    rates = drift.rates_by_day(there)
    aucs: list[leaks.Alone] = []
    calibrations: list[labels.Calibration] = []
    if train is not None:
        items = read_presence(manifest, schema, count=sample)
        aucs, calibrations = leaks.every_auc(train), labels.calibrations(train)
        found += [*constants.examine(train), *leaks.examine(train, aucs), *tokens.examine(train), *texts.examine(train)]
        found += [*labels.examine(train, calibrations), *corpus.examine(train, items)]
        found += [*scales.examine(train), *weights.examine(train), *joins.examine(train), *varying.examine(train)]
        found += [*bids.examine(train), *duplicates.twice(train), *fillers.examine(train), *unrepeated.examine(train)]
    if train is not None and held is not None:
        found += [*duplicates.examine(train, held), *drift.examine(train, held, rates)]
        found += unseen.examine(train, held)
    return Diagnosis(
        folder=pathlib.Path(folder),
        looked=_looked(there, manifest),
        findings=tuple(ranked(found)),
        aucs=tuple(aucs),
        rates=rates,
        calibrations=tuple(calibrations),
    )


def _looked(tables: list[Table], manifest: Manifest) -> str:
    parts = [
        f"{len(table.requests.owner):,} of {manifest.pairs(table.split):,} pairs of {table.split}" for table in tables
    ]
    return ", ".join(parts) or "no pair"
