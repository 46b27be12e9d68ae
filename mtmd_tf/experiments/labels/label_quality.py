"""A heavyweight ranker and the quality of its labels, from the JSON that its jobs leave (paper sections 1 and 2.2)."""

import dataclasses
import json
import pathlib
from typing import Any

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, current
from mtmd_tf.experiments.runs.digits import short
from mtmd_tf.heavyweight.labels.origin import REPORT
from mtmd_tf.heavyweight.labels.period import Period
from mtmd_tf.heavyweight.labels.quality import Quality
from mtmd_tf.heavyweight.lightgbm_comparison.comparison import Comparison
from mtmd_tf.training import FitResult
from tfrecords_tools.files import write_text

COMPARISON = "against_lightgbm.json"


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
        path = folder / REPORT
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            found = cls(
                data=pathlib.PurePath(plain["data"]).name,
                labels=plain["labels"],
                settings=tuple(current(plain["settings"], HeavyweightConfig, HeavyweightTrainConfig)),
                period=Period.of_json(plain["period"]),
                fit=FitResult(**plain["fit"]),
                splits=tuple(Quality.from_dict(each) for each in plain["splits"].values()),
            )
        except (OSError, KeyError, TypeError, ValueError) as error:
            rule = "remove it and run python -m mtmd_tf.jobs.label again, which measures the labels anew"
            raise ConfigError(f"{path} is no report on a ranker, of this version ({error!r}); {rule}") from error
        return found._with_comparisons(folder / COMPARISON) if (folder / COMPARISON).exists() else found

    def _with_comparisons(self, path: pathlib.Path) -> "LabelQuality":
        rule = "run python -m mtmd_tf.jobs.compare_ranker again"
        try:
            plain = json.loads(path.read_text(encoding="utf-8"))
            labels, trees = plain["labels"], plain["lightgbm"]
            comparisons = tuple(Comparison.from_dict(each) for each in plain["contests"])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigError(f"{path} is no comparison of this version ({error!r}); {rule}") from error
        if labels != self.labels:
            raise ConfigError(f"{path} is about the labels {labels}, {REPORT} beside it about {self.labels}; {rule}")
        return dataclasses.replace(self, comparisons=comparisons, trees=trees)


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
