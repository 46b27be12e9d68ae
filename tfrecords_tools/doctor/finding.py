"""One thing that a data set should be asked about, and what to do."""

import dataclasses

SERIOUS, LOOK, NOTE = "serious", "look", "note"
LEVELS = (SERIOUS, LOOK, NOTE)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Finding:
    """One line for people.

    Attributes:
        level: `serious`: training on this misleads; `look`: it may be meant; `note`: good to know.
        about: The subject, such as `leaks`.
        said: Description of the finding, with its numbers.
        advice: Remedy for the finding.
        weight: Rank among the findings of one level, the larger first; mostly the share of the data that is affected.
    """

    level: str
    about: str
    said: str
    advice: str
    weight: float = 0.0


def ranked(findings: list[Finding]) -> list[Finding]:
    """The worst first."""
    return sorted(findings, key=lambda each: (LEVELS.index(each.level), -each.weight, each.said))
