"""The request for a ladder: rungs, variants, seeds, and the settings of each variant on each rung."""

import dataclasses
import fnmatch
import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.ladder.rungs import Rung
from mtmd_tf.experiments.runs.plan import BASELINE, OURS, Run, Settings, named
from mtmd_tf.experiments.runs.settings import equally_wide, named_flags
from mtmd_tf.sizing import rule
from mtmd_tf.sizing.facts import Facts

ARCHITECTURES = (OURS, BASELINE, "shared_bottom", "mmoe", "ple", "mmoe_dcn")

_LINE = re.compile(r"(\S+?)(?:\s+(\S+?))?:(?:\s+(.*))?")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Line:
    """Settings of some variants on some rungs: `cj:* single_slice: --epochs=12`.

    Attributes:
        rungs: A pattern of rungs' names, such as `cj:*`.
        variants: A pattern of variants' names; empty is all, before what makes each variant.
        flags: Flags in train.py's notation.
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
    """A ladder; what nobody said follows from the data of each rung and slice (docs/adr/0026).

    Attributes:
        rungs: Rungs in the order in which they are trained.
        variants: `{name: flags}`: what makes each, the baseline among them.
        seeds: Every variant is trained once with each, but on the top rungs.
        top: Rungs on which `top_only` alone are trained, with `top_seeds`.
        top_only: Variants; those that are none of `variants` have no say.
        top_seeds: Seeds of the top rungs.
        reference: Settings that all start from; its seed has no say.
        said: Fields of the reference that were said.
        at: Settings of some rungs or variants, in order.
        change: Settings with what a text of flags changes.
    """

    rungs: tuple[Rung, ...]
    variants: Mapping[str, str]
    seeds: tuple[int, ...]
    top: tuple[Rung, ...]
    top_only: tuple[str, ...]
    top_seeds: tuple[int, ...]
    reference: Settings
    said: frozenset[str]
    at: tuple[Line, ...]
    change: Callable[[str, Settings], Settings]

    def __post_init__(self) -> None:
        for what, seeds in (("seeds", self.seeds), ("top_seeds", self.top_seeds)):
            if not seeds or len(set(seeds)) != len(seeds):
                raise ConfigError(f"--{what} must name at least one seed, each once; got {list(seeds)}.")
        if len(self.variants) < 2:
            raise ConfigError(f"a ladder needs a variant beside {BASELINE!r}; choose from {list(ARCHITECTURES)}.")

    def tasks(self, rung: Rung) -> tuple[str, ...]:
        """The tasks that all variants learn there; empty for all."""
        return self.change(self._flags(rung, ""), self.reference)[0].tasks

    def settings(self, rung: Rung, variant: str, facts: Mapping[str, Facts], slice_name: str = "") -> Settings:
        """The settings of one model; embeddings are as wide as the reference's with its shallow part by default.

        Args:
            rung: A rung of the recipe.
            variant: A variant of the recipe.
            facts: `{slice: facts}` of the rung's data, `""` being all slices.
            slice_name: The slice that it learns, `""` being all.
        """
        flags, own = self._flags(rung, ""), f"{self.variants[variant]} {self._flags(rung, variant)}"
        shared = sized_by(facts[""], self.change(flags, self.reference), said=self.said | named(flags))
        model, _ = self.change(own, shared)
        wide = (equally_wide(model.architecture, shared[0]), shared[1])
        return sized_by(facts[slice_name], self.change(own, wide), said=self.said | named(flags) | named(own))

    def runs(self, rung: Rung, facts: Mapping[str, Facts]) -> Iterator[tuple[str, Run]]:
        """`(variant, run)`, seed by seed, the baseline first, so that an interrupted rung has what can be compared.

        Args:
            rung: One of the recipe's.
            facts: `{slice: facts}` of every slice of its data with pairs, and of `""`, all.
        """
        at_top = rung in self.top
        names = [
            name for name in self.variants if not at_top or not self.top_only or name in (*self.top_only, BASELINE)
        ]
        settings = {
            (name, own): self.settings(rung, name, facts, own)
            for name in sorted(names, key=lambda name: name != BASELINE)
            for own in (filter(None, facts) if name == BASELINE else [""])
        }
        for seed in self.top_seeds if at_top else self.seeds:
            for (name, own), (model, train) in settings.items():
                yield name, Run(model=model, train=dataclasses.replace(train, seed=seed), data=rung.name, slice=own)

    def _flags(self, rung: Rung, variant: str) -> str:
        return " ".join(line.flags for line in self.at if line.covers(rung, variant))


def sized_by(facts: Facts, settings: Settings, *, said: Collection[str]) -> Settings:
    """The settings with every field that was not said as the data suggests."""
    model, train = (rule.said(config, said) for config in settings)
    found = rule.sized(facts, model=model, train=train)
    return found.model, found.train


def variants_of(added: Sequence[str], *, only: Sequence[str], top_only: Sequence[str] = ()) -> dict[str, str]:
    """`{name: flags}` of every architecture and of what is added, or of those in `only`; the baseline always.

    Args:
        added: Such as `unshared: --domain_sharing=none`; of a name that is there already, it takes its place.
        only: Names of the variants wanted; empty is all.
        top_only: Names that must be known too.

    Raises:
        ConfigError: Another form, or an unknown name.
    """
    found = {name: f"--architecture={name}" for name in ARCHITECTURES}
    for name, flags in map(named_flags, added):
        found[name] = f"{found.get(name, '')} {flags}".strip()
    for flag, names in (("only", only), ("top_only", top_only)):
        for name in names:
            if name not in found:
                raise ConfigError(f"--{flag}: no variant {name!r}; choose from {list(found)}.")
    return {name: flags for name, flags in found.items() if not only or name in (*only, BASELINE)}
