"""Settings of the simulated funnel and its experiment (paper section 3.3)."""

import dataclasses

from mtmd_tf.config.fields import ConfigError, check_fields, setting

AUCTIONS = ("gsp", "vcg")
PACINGS = ("multiplicative", "throttle", "none")
SPLITS = ("budgets", "users")
WORLDS = ("one", "two")
DAY_MINUTES = 1_440


@dataclasses.dataclass(frozen=True, kw_only=True)
class SimulationConfig:
    """One simulated experiment; together with the world and the arms it fixes every number of the result."""

    seed: int = setting(0, "seed of traffic, noise and actions", minimum=0)
    requests: int = setting(10_000, "requests over all days", minimum=1)
    pre_days: int = setting(1, "days before the test, on which all users have the first arm's ranker", minimum=0)
    days: int = setting(2, "days of the test", minimum=1)
    users: int = setting(0, "users; 0 takes those of the data set, more adds others drawn in the same way", minimum=0)
    candidates: int = setting(1_000, "ads that retrieval gives for a request", minimum=1)
    keep: int = setting(50, "ads that the lightweight ranker hands on: the cut", minimum=1)
    split: str = setting("budgets", "what is split between the arms: users and budgets, or users alone", choices=SPLITS)
    worlds: str = setting("one", "two runs each arm alone over all users, with the same random numbers", choices=WORLDS)
    salt: str = setting("funnel", "name of the experiment: another one assigns users to arms anew")
    auction: str = setting("gsp", "generalized second price, or Vickrey-Clarke-Groves", choices=AUCTIONS)
    pacing: str = setting("multiplicative", "how spend is spread over the day", choices=PACINGS)
    market: str = setting(
        "first", "the world's parameters: first or second (docs/adr/0034)", choices=("first", "second")
    )
    budget_factor: float = setting(1.0, "factor on every budget: what changes where money is short", minimum=0.001)
    tick_minutes: int = setting(15, "budgets and pacing look at what was spent this often", minimum=1)
    recall_every: int = setting(8, "recall of the cut is measured on every so many requests", minimum=1)
    retrieval_recall_every: int = setting(
        0, "recall of retrieval is measured on every so many requests, among all ads; 0 never", minimum=0
    )

    def __post_init__(self) -> None:
        check_fields(self)
        if self.keep > self.candidates:
            raise ConfigError(
                f"SimulationConfig.keep is {self.keep}; it must be at most candidates, which is {self.candidates}."
            )
        if DAY_MINUTES % self.tick_minutes:
            raise ConfigError(f"SimulationConfig.tick_minutes is {self.tick_minutes}; it must divide {DAY_MINUTES}.")
        if self.requests < self.pre_days + self.days:
            raise ConfigError(
                f"SimulationConfig.requests is {self.requests}; it must be at least one a day: "
                f"{self.pre_days} + {self.days}."
            )

    @property
    def ticks(self) -> int:
        """Ticks of a day."""
        return DAY_MINUTES // self.tick_minutes
