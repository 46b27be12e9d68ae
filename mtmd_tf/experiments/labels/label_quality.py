"""A heavyweight ranker and the quality of its labels, from the JSON that its jobs leave (paper sections 1 and 2.2)."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.fit_result import FitResult
from mtmd_tf.heavyweight.labels.origin import REPORT
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.labels.quality_rows import Quality
from mtmd_tf.heavyweight.lightgbm_comparison.outcome import Comparison
from tfrecords_tools import structure
from tfrecords_tools.files import write_text

COMPARISON = "against_lightgbm.json"


_LABEL = "remove it and run python -m mtmd_tf.jobs.label again, which measures the labels anew"
_COMPARE = "run python -m mtmd_tf.jobs.compare_ranker again"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Report:
    """The file heavyweight.json, as `labeling.label` writes it."""

    data: str
    labels: str
    settings: tuple[str, ...]
    period: Period
    fit: FitResult
    calibration: Mapping[str, Any]
    splits: Mapping[str, Quality]

    @classmethod
    def load(cls, folder: pathlib.Path) -> "Report":
        """Reads the file of a run's folder or of a folder of results.

        Raises:
            ConfigError: The file is missing or not of this version.
        """
        what = "report on a ranker, of this version"
        return structure.load(folder / REPORT, cls, what=what, raises=ConfigError, rule=_LABEL)


@dataclasses.dataclass(frozen=True, kw_only=True)
class _Comparisons:  # against_lightgbm.json, as `jobs.compare_ranker` writes it
    data: str
    labels: str
    comparisons: tuple[Comparison, ...]
    lightgbm: dict[str, dict[str, Any]]
    truth: Mapping[str, Any] = dataclasses.field(default_factory=dict)


@dataclasses.dataclass(frozen=True, kw_only=True)
class LabelQuality:
    """One heavyweight ranker and its labels, from its run's folder or from a folder of results.

    Attributes:
        data: Name of the folder of the data set that it learned from.
        labels: Identity of the data set that it labeled, as the `data` of a `Record`.
        settings: Flags of its training that are not at their defaults.
        period: The days that it learned from and labeled.
        fit: Result of its training.
        splits: Quality of its labels, split by split.
        comparisons: AUC of the labels beside LightGBM's; empty where they were not compared.
        trees: `{task: {"settings", "rounds", "held_out_loss", "tried"}}`, how the trees of each were chosen.
    """

    data: str
    labels: str
    settings: tuple[str, ...]
    period: Period
    fit: FitResult
    splits: tuple[Quality, ...]
    comparisons: tuple[Comparison, ...] = ()
    trees: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)

    @classmethod
    def load(cls, folder: pathlib.Path) -> "LabelQuality":
        """Reads heavyweight.json and, where it is there, against_lightgbm.json.

        Raises:
            ConfigError: A file is missing or not of this version, or the two are about different labels.
        """
        found = Report.load(folder)
        labels = cls(
            data=pathlib.PurePath(found.data).name,
            labels=found.labels,
            settings=found.settings,
            period=found.period,
            fit=found.fit,
            splits=tuple(found.splits.values()),
        )
        return labels._with_comparisons(folder / COMPARISON) if (folder / COMPARISON).exists() else labels

    def _with_comparisons(self, path: pathlib.Path) -> "LabelQuality":
        what = "comparison of this version"
        found = structure.load(path, _Comparisons, what=what, raises=ConfigError, rule=_COMPARE)
        if found.labels != self.labels:
            raise ConfigError(
                f"{path} is about the labels {found.labels}, {REPORT} beside it about {self.labels}; {_COMPARE}"
            )
        return dataclasses.replace(self, comparisons=found.comparisons, trees=found.lightgbm)


def save(run: pathlib.Path, folder: pathlib.Path) -> None:
    """Copies the JSON of a run's ranker to a folder of results, without paths, in seven digits, replacing another's.

    Raises:
        ConfigError: As `LabelQuality.load`.
    """
    LabelQuality.load(run)
    folder.mkdir(parents=True, exist_ok=True)
    for name in (REPORT, COMPARISON):
        if not (run / name).exists():
            (folder / name).unlink(missing_ok=True)
            continue
        plain = json.loads((run / name).read_text(encoding="utf-8"))
        plain["data"] = pathlib.PurePath(plain["data"]).name
        write_text(folder / name, json.dumps(_short(plain), indent=1) + "\n")


def _short(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _short(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_short(each) for each in value]
    return short(value) if isinstance(value, float) else value
