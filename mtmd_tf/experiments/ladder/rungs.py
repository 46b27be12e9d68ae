"""A rung of the ladder: one data set of one size, by a name such as `cj:0.05`, `adworld:6000:far` or `data:mine`."""

import dataclasses
import re
from collections.abc import Iterable

from mtmd_tf.config import ConfigError

JOURNEY, ADWORLD = "cj", "adworld"
_OWN = "data:"  # before a name, which may be that of a source of ours
AS_IS = "as_is"
DISTANCES = {"near": 0.01, AS_IS: 0.12, "far": 0.50}  # share of the variance of a click that is a slice's own

_FORM = re.compile(r"(cj):(0?\.\d+|1(?:\.0*)?)|(adworld):(\d+)(?::(near|as_is|far))?|(data:[A-Za-z0-9][A-Za-z0-9_.-]*)")
_PAIRS_OF_ALL = 850_000  # training pairs of all households of Complete Journey, before its labels are there to count
_PAIRS_A_REQUEST = 10  # likewise of a request of an ad world: half of its 20 are of days that are labeled to train on
_PAIRS_OF_OWN = 100_000  # of data of your own, before it is read
_TITLES = {JOURNEY: "Complete Journey", ADWORLD: "the ad world"}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Rung:
    """One data set.

    Attributes:
        source: `cj`, Complete Journey, `adworld`, or `data:NAME`, data of your own.
        size: Share of the households, or requests; 0 for data of your own.
        distance: Distance of an ad world's domains, a key of `DISTANCES`.
    """

    source: str
    size: float
    distance: str = AS_IS

    @classmethod
    def named(cls, name: str) -> "Rung":
        """The rung that `name` means.

        Raises:
            ConfigError: No such form, or nothing of a source.
        """
        found = _FORM.fullmatch(name.strip())
        if found and found[6]:
            return cls(source=found[6], size=0.0)
        size = float(found[2] or found[4]) if found else 0.0
        if not found or not size:
            raise ConfigError(
                "a rung is cj:SHARE, a share of the households above 0 and at most 1, adworld:REQUESTS, perhaps with "
                f":near or :far, or data:NAME; such as cj:0.05, adworld:6000:far or data:mine; got {name!r}."
            )
        return cls(source=found[1] or found[3], size=size, distance=found[5] or AS_IS)

    @property
    def own(self) -> bool:
        """Whether it is data of your own, which exists already."""
        return self.source.startswith(_OWN)

    @property
    def title(self) -> str:
        """Name of the source in a sentence."""
        return _TITLES.get(self.source) or self.source.removeprefix(_OWN)

    @property
    def name(self) -> str:
        """`cj:0.05`, `adworld:6000`, `adworld:6000:far` or `data:mine`: one name a rung, however it was written."""
        if self.own:
            return self.source
        far = "" if self.distance == AS_IS else f":{self.distance}"
        return f"{self.source}:{self.size:.12g}{far}"

    @property
    def folder(self) -> str:
        """Name of the folder of its data, without labels, and of its results."""
        return self.title if self.own else self.name.replace(":", "-")

    @property
    def build(self) -> str:
        """Arguments of `python -m tfrecords_tools build` that make its data; empty for your own."""
        if self.own:
            return ""
        if self.source == JOURNEY:
            return f"complete_journey --households={self.size:.12g}"
        far = "" if self.distance == AS_IS else f" --domain_distance={self.distance}"
        return f"adworld --requests={self.size:.0f} --seed=1{far}"

    @property
    def expected_pairs(self) -> int:
        """About how many training pairs it has, before its data is there to count."""
        if self.own:
            return _PAIRS_OF_OWN
        return round(self.size * (_PAIRS_OF_ALL if self.source == JOURNEY else _PAIRS_A_REQUEST))


def sources(rungs: Iterable[Rung]) -> list[str]:
    """The sources of rungs, each once: Complete Journey, the ad world, then data of your own by name."""
    return sorted({rung.source for rung in rungs}, key=lambda name: (name.startswith(_OWN), name != JOURNEY, name))


def rungs_named(names: list[str]) -> tuple[Rung, ...]:
    """The rungs, in order.

    Raises:
        ConfigError: No rung, one of another form, or one twice.
    """
    found = tuple(Rung.named(name) for name in names)
    if not found or len(set(found)) != len(found):
        raise ConfigError(f"--rungs must name at least one rung, each once; got {','.join(names)!r}.")
    return found
