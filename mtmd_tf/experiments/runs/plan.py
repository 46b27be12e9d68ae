"""The runs that a table needs (paper section 3.2)."""

import dataclasses
import hashlib
import json
import shlex
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from mtmd_tf.config import ConfigError, ModelConfig, TrainConfig, older, plain
from mtmd_tf.slices import ANY

BASELINE = "single_slice"
OURS = "mtmd"

Settings = tuple[ModelConfig, TrainConfig]


@dataclasses.dataclass(frozen=True, kw_only=True)
class Run:
    """One training.

    Attributes:
        model: Configuration of the architecture.
        train: The schedule and the seed.
        data: Identity of the data set.
        slice: The one slice that it learns and is measured on, such as `home_feed/standard` or `*/shopping`; empty for
            all.
    """

    model: ModelConfig
    train: TrainConfig
    data: str
    slice: str = ""

    @property
    def title(self) -> str:
        """For people: `single_slice on home_feed/standard, seed 0`."""
        return f"{self.model.architecture} on {self.slice or 'all slices'}, seed {self.train.seed}"

    @property
    def name(self) -> str:
        """Its folder's name; other settings, another seed, slice or data set give another name.

        What runs had before a setting existed has no say (`config.older`), so that a new setting, whatever its default,
        neither undoes finished runs nor takes them for others.
        """
        chosen = {"model": _chosen(self.model), "train": _chosen(self.train), "data": self.data, "slice": self.slice}
        digest = hashlib.sha256(json.dumps(chosen, sort_keys=True).encode()).hexdigest()[:8]
        place = self.slice.replace("/", "-").replace(ANY, "all") or "all"
        return f"{self.model.architecture}-{place}-seed{self.train.seed}-{digest}"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Arm:
    """One side of a comparison, which answers for every slice: one model, or several that divide the slices.

    Attributes:
        name: Name in tables.
        runs: Runs that answer together, for each seed.
    """

    name: str
    runs: tuple[tuple[Run, ...], ...]

    @property
    def seeds(self) -> tuple[int, ...]:
        """The runs' seeds."""
        return tuple(runs[0].train.seed for runs in self.runs)

    @property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """The runs' names."""
        return tuple(tuple(run.name for run in runs) for runs in self.runs)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Order:
    """The request for a table.

    Attributes:
        reference: Settings of the one model; its seed is not used.
        seeds: Every model is trained once with each.
        data: Identity of the data set.
        slices: Every (surface, product) with pairs.
        change: Settings with what a text of flags changes, such as `--epochs=12`.
        baseline: Flags that differ for the models of one slice, such as `--epochs=12`.
        only: The variants or architectures that are wanted; empty for all.
        overrides: `{architecture: flags that differ}`.
        said: Fields that were said of the reference: they hold for every model unless a text says otherwise.
        size: `(settings, said, slice)` to the settings of a model of one slice (empty: of all), each field that was not
            said as that slice's data suggests; None leaves settings as they are.

    Raises:
        ConfigError: No seed, or a repeated one.
    """

    reference: Settings
    seeds: tuple[int, ...]
    data: str
    slices: tuple[tuple[str, str], ...]
    change: Callable[[str, Settings], Settings]
    baseline: str = ""
    only: tuple[str, ...] = ()
    overrides: Mapping[str, str] = dataclasses.field(default_factory=dict)
    said: frozenset[str] = frozenset()
    size: Callable[[Settings, Collection[str], str], Settings] | None = None

    def __post_init__(self) -> None:
        if not self.seeds or len(set(self.seeds)) != len(self.seeds):
            raise ConfigError(f"--seeds must name at least one seed, each once; got {list(self.seeds)}.")

    def arm(self, name: str, settings: Settings, *, slices: Sequence[str] = ("",), text: str = "") -> Arm:
        """One run a seed and slice, each with settings of its own slice's size where nothing was said.

        Args:
            name: Name in tables.
            settings: Settings of the reference, changed.
            slices: Slices, each as `Run.slice`.
            text: Flags that changed them.
        """
        sized = {each: self._sized(settings, each, text=text) for each in slices}
        runs = tuple(
            tuple(
                Run(model=model, train=dataclasses.replace(train, seed=seed), data=self.data, slice=each)
                for each, (model, train) in sized.items()
            )
            for seed in self.seeds
        )
        return Arm(name=name, runs=runs)

    def _sized(self, settings: Settings, name: str, *, text: str) -> Settings:
        return settings if self.size is None else self.size(settings, self.said | named(text), name)


def named(flags: str) -> frozenset[str]:
    """The settings that a text of flags names."""
    return frozenset(word.lstrip("-").partition("=")[0] for word in shlex.split(flags) if word.startswith("-"))


def runs_of(arms: Sequence[Arm]) -> tuple[Run, ...]:
    """Every run once, seed by seed, so that an interrupted table has whole seeds."""
    seeds = zip(*(arm.runs for arm in arms), strict=True)
    by_name = {run.name: run for of_seed in seeds for runs in of_seed for run in runs}
    return tuple(by_name.values())


def _chosen(config: Any) -> dict[str, Any]:
    before = older(type(config))
    return {name: value for name, value in plain(config).items() if value != before[name]}
