"""What a ladder is asked for: rungs, variants, seeds, and the settings of each variant on each rung."""

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Iterator, Mapping, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.arch_plan import equally_wide
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.plan import BASELINE, OURS, Run, Settings

ARCHITECTURES = (OURS, BASELINE, "shared_bottom", "mmoe", "ple", "mmoe_dcn")

_NAME = re.compile(r"\w+")
_LINE = re.compile(r"(\S+?)(?:\s+(\S+?))?:(?:\s+(.*))?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """Settings of some variants on some rungs: `cj:* single_slice: --epochs=12`.

    Attributes:
        rungs: A pattern of rungs' names, such as `cj:*`.
        variants: A pattern of variants' names; empty is all, before what makes each variant.
        flags: As train.py takes them.
    """

    rungs: str
    variants: str
    flags: str

    @classmethod
    def read(cls, text: str, *, flag: str) -> "Line":
        """The line that `text` says; raises ConfigError for another form, naming the flag."""
        found = _LINE.fullmatch(text.strip())
        if not found:
            raise ConfigError(
                f"--{flag} takes 'RUNGS: FLAGS' or 'RUNGS VARIANTS: FLAGS', such as 'cj:*: --dim=8'; got {text!r}."
            )
        return cls(rungs=found[1], variants=found[2] or "", flags=found[3] or "")

    def covers(self, rung: Rung, variant: str) -> bool:
        """Whether it is said of this variant on this rung, `""` being what is said of all."""
        return fnmatch.fnmatchcase(rung.name, self.rungs) and (
            fnmatch.fnmatchcase(variant, self.variants) if variant else not self.variants
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class Recipe:
    """A ladder.

    Attributes:
        rungs: In the order in which they are trained.
        variants: `{name: flags}`: what makes each, the baseline among them.
        seeds: Every variant is trained once with each, but on the top rungs.
        top: Rungs that only `top_only` climb, with `top_seeds`.
        top_only: Variants.
        top_seeds: Seeds.
        reference: Settings that all start from; its seed has no say.
        at: What is different on some rungs or for some variants, in order.
        change: Settings with what a text of flags changes.
    """

    rungs: tuple[Rung, ...]
    variants: Mapping[str, str]
    seeds: tuple[int, ...]
    top: tuple[Rung, ...]
    top_only: tuple[str, ...]
    top_seeds: tuple[int, ...]
    reference: Settings
    at: tuple[Line, ...]
    change: Callable[[str, Settings], Settings]

    def __post_init__(self) -> None:
        for what, seeds in (("seeds", self.seeds), ("top_seeds", self.top_seeds)):
            if not seeds or len(set(seeds)) != len(seeds):
                raise ConfigError(f"--{what} must name at least one seed, each once; got {list(seeds)}.")
        for name in self.top_only:
            if name not in self.variants:
                raise ConfigError(f"--top_only: no variant {name!r}; choose from {list(self.variants)}.")
        if len(self.variants) < 2:
            raise ConfigError(f"a ladder needs a variant beside {BASELINE!r}; choose from {list(ARCHITECTURES)}.")

    def settings(self, rung: Rung, variant: str) -> Settings:
        """All embeddings are as wide as those of the reference with its shallow part, unless flags say otherwise."""
        shared = self._changed(self.reference, rung, "")
        model, _ = self.change(self.variants[variant], shared)
        wide = (equally_wide(model.architecture, shared[0]), shared[1])
        return self._changed(self.change(self.variants[variant], wide), rung, variant)

    def runs(self, rung: Rung, slices: Sequence[str]) -> Iterator[tuple[str, Run]]:
        """`(variant, run)`, seed by seed, the baseline first, so that an interrupted rung has what can be compared.

        Args:
            rung: One of the recipe's.
            slices: Those with pairs, such as `home_feed/standard`.
        """
        at_top = rung in self.top
        names = [
            name for name in self.variants if not at_top or not self.top_only or name in (*self.top_only, BASELINE)
        ]
        settings = {name: self.settings(rung, name) for name in sorted(names, key=lambda name: name != BASELINE)}
        for seed in self.top_seeds if at_top else self.seeds:
            for name, (model, train) in settings.items():
                seeded = dataclasses.replace(train, seed=seed)
                for place in slices if name == BASELINE else [""]:
                    yield name, Run(model=model, train=seeded, data=rung.name, slice=place)

    def _changed(self, settings: Settings, rung: Rung, variant: str) -> Settings:
        for line in self.at:
            if line.covers(rung, variant):
                settings = self.change(line.flags, settings)
        return settings


def variants_of(added: Sequence[str], *, only: Sequence[str]) -> dict[str, str]:
    """`{name: flags}` of every architecture and of what is added, or of those in `only`; the baseline always.

    Args:
        added: Such as `unshared: --domain_sharing=none`; of a name that is there already, it takes its place.
        only: Names; empty is all.

    Raises:
        ConfigError: Another form, or an unknown name.
    """
    found = {name: f"--architecture={name}" for name in ARCHITECTURES}
    for text in added:
        name, colon, flags = (word.strip() for word in text.partition(":"))
        if not colon or not _NAME.fullmatch(name):
            raise ConfigError(f"--variant takes 'NAME: FLAGS', such as 'wide: --deep_units=256,128'; got {text!r}.")
        found[name] = f"{found.get(name, '')} {flags}".strip()
    for name in only:
        if name not in found:
            raise ConfigError(f"--only: no variant {name!r}; choose from {list(found)}.")
    return {name: flags for name, flags in found.items() if not only or name in (*only, BASELINE)}
