"""The online measures of Tables 2 to 5, each a ratio of two sums over users (paper section 3.3)."""

import dataclasses

PRE = "pre_"  # of a column's name: the same sum over the pre-period
CONTROL, TREATMENT = "control/", "treatment/"  # where a column is of one of two whole worlds
COUNTS = ("impressions", "clicks", "good_clicks", "outbound_clicks", "hides", "repins", "conversions", "spend")
OUTBOUND = "outbound_impressions"  # impressions of the product whose clicks lead to another site
OUTBOUND_PRODUCT = "standard"  # octr exists for standard ads only
COLUMNS = (*COUNTS, OUTBOUND)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Measure:
    """A ratio of two sums.

    Attributes:
        name: Name of the measure as the paper prints it.
        numerator: Column above the line.
        denominator: Column below the line; None for the number of users.
        words: What it is, for people.
        less_is_better: Whether a decrease is an improvement.
    """

    name: str
    numerator: str
    denominator: str | None
    words: str
    less_is_better: bool = False

    def before(self) -> "Measure":
        """The same measure over the pre-period."""
        return self.within(PRE)

    def within(self, prefix: str) -> "Measure":
        """The same measure of the columns with a prefix."""
        below = None if self.denominator is None else prefix + self.denominator
        return dataclasses.replace(self, numerator=prefix + self.numerator, denominator=below)


RATES = (
    Measure(name="CPC", numerator="spend", denominator="clicks", words="spend / clicks", less_is_better=True),
    Measure(name="CTR", numerator="clicks", denominator="impressions", words="clicks / impressions"),
    Measure(
        name="GCTR",
        numerator="good_clicks",
        denominator="impressions",
        words="clicks with a stay of over 30 seconds / impressions",
    ),
    Measure(
        name="OCTR",
        numerator="outbound_clicks",
        denominator=OUTBOUND,
        words=f"clicks to another site / impressions, of {OUTBOUND_PRODUCT} ads alone, which alone lead there",
    ),
    Measure(name="HDR", numerator="hides", denominator="impressions", words="hides / impressions", less_is_better=True),
    Measure(name="RPR", numerator="repins", denominator="impressions", words="repins / impressions"),
)
VOLUMES = (
    Measure(name="clicks", numerator="clicks", denominator=None, words="clicks a user"),
    Measure(name="impressions", numerator="impressions", denominator=None, words="impressions a user"),
    Measure(name="conversions", numerator="conversions", denominator=None, words="conversions a user"),
    Measure(name="revenue", numerator="spend", denominator=None, words="US dollars that advertisers spend, a user"),
)
