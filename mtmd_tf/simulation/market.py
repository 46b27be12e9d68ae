"""The market's parameters: slots, auction, budgets and noise, fixed before any arm was compared (docs/adr/0034)."""

import dataclasses

from tfrecords_tools.sources.adworld.names import SURFACES


@dataclasses.dataclass(frozen=True, kw_only=True)
class Market:
    """What holds for every arm.

    Attributes:
        exposure: For each surface, the probability that a user sees each slot.
        reserve: Least price and least bid, US dollars a click.
        good_click, repin, hide: What the platform counts such an event as worth, US dollars.
        clicks_per_conversion: A conversion ad's target cost an action is so many times its bid a click.
        noise: Standard deviation of the heavyweight ranker's errors in ln p.
        money: Budgets over what the ads expect for their share of the traffic (`budgets.py`).
        gain: How strongly pacing answers to a budget share that is spent too early.
        weekdays: Traffic of Monday to Sunday, relative.
    """

    exposure: dict[str, tuple[float, ...]]
    reserve: float
    good_click: float
    repin: float
    hide: float
    clicks_per_conversion: float
    noise: float
    money: float
    gain: float
    weekdays: tuple[float, ...]

    @property
    def slots(self) -> int:
        """Slots of the surface that has the most."""
        return max(len(own) for own in self.exposure.values())


MARKETS = {
    "first": Market(
        exposure=dict(zip(SURFACES, ((1.0, 0.8, 0.6, 0.45), (1.0, 0.7, 0.45), (1.0, 0.75, 0.5)), strict=True)),
        reserve=0.02,
        good_click=0.10,
        repin=0.05,
        hide=0.50,
        clicks_per_conversion=25.0,
        noise=0.2,
        money=12.0,
        gain=4.0,
        weekdays=(0.95, 0.95, 0.95, 0.95, 1.0, 1.1, 1.1),
    ),
    "second": Market(
        exposure=dict(zip(SURFACES, ((1.0, 0.5), (1.0, 0.6, 0.35, 0.2), (1.0, 0.5)), strict=True)),
        reserve=0.10,
        good_click=0.30,
        repin=0.20,
        hide=2.0,
        clicks_per_conversion=25.0,
        noise=0.4,
        money=24.0,
        gain=4.0,
        weekdays=(1.1, 1.1, 1.1, 1.05, 0.95, 0.85, 0.85),
    ),
}
