"""The auction of a request's slots: generalized second price or Vickrey-Clarke-Groves (paper section 1)."""

import dataclasses

import numpy as np

from mtmd_tf.simulation.values import Values


@dataclasses.dataclass(frozen=True, kw_only=True)
class Bids:
    """What takes part, `[requests, candidates]`.

    Attributes:
        click: Bids in US dollars a click.
        ctr: P(click), as the heavyweight ranker has it.
        organic: US dollars that the platform counts beside money.
        advertiser: Indices; an advertiser has one slot of a request at most.
        live: Bool, False for what cannot take part.
    """

    click: np.ndarray
    ctr: np.ndarray
    organic: np.ndarray
    advertiser: np.ndarray
    live: np.ndarray

    @classmethod
    def of(
        cls, bid: np.ndarray, values: Values, ctr: np.ndarray, *, advertiser: np.ndarray, live: np.ndarray
    ) -> "Bids":
        """Bids a click of `bid`, `[requests, candidates]` US dollars for what an ad pays for."""
        click = bid * values.paid / np.maximum(ctr, 1e-12)
        return cls(click=click, ctr=ctr, organic=values.organic, advertiser=advertiser, live=live)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Winners:
    """Of `[requests, slots]`.

    Attributes:
        candidate: Index of the winner among the candidates, -1 where the slot stays empty.
        price: US dollars a click, at most the bid.
    """

    candidate: np.ndarray
    price: np.ndarray


def run_auction(bids: Bids, exposure: np.ndarray, *, reserve: float, kind: str) -> Winners:
    """Fills slots from the first by falling score and prices them.

        score = bid * ctr + organic; no ad under 0, none that bids less than the reserve
        gsp: price * ctr + organic = score of the next
        vcg: price * ctr + organic = sum over k from the own slot of (exposure[k] - exposure[k + 1]) / exposure[own] *
             score of the one after slot k

    A price is at least the reserve and at most the bid.

    Args:
        bids: What takes part.
        exposure: `[requests, slots]` probability that the user sees a slot, not rising, 0 for slots that do not exist.
        reserve: US dollars a click.
        kind: `gsp` or `vcg`.
    """
    score = bids.click * bids.ctr + bids.organic
    score = np.where(bids.live & (bids.click >= reserve) & (score > 0), score, -np.inf)
    candidate, best = _in_order(score, bids.advertiser, count=exposure.shape[1] + 1)
    following = np.maximum(best[:, 1:], 0.0)
    if kind == "vcg":
        following = _externality(following, exposure)
    won, safe = best[:, :-1] > -np.inf, np.maximum(candidate[:, :-1], 0)
    own = {name: np.take_along_axis(getattr(bids, name), safe, axis=1) for name in ("click", "ctr", "organic")}
    price = np.clip(
        (following - own["organic"]) / np.maximum(own["ctr"], 1e-12), reserve, np.maximum(own["click"], reserve)
    )
    won &= exposure > 0
    return Winners(candidate=np.where(won, candidate[:, :-1], -1), price=np.where(won, price, 0.0))


def _in_order(score: np.ndarray, advertiser: np.ndarray, *, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Candidates and scores, `[requests, count]`, best first, an advertiser once; -inf where nobody is left."""
    left, row = score.copy(), np.arange(len(score))
    candidates, scores = [], []
    for _ in range(count):
        candidate = left.argmax(axis=1)
        candidates.append(candidate)
        scores.append(left[row, candidate])
        left[advertiser == advertiser[row, candidate][:, None]] = -np.inf
    return np.stack(candidates, axis=1), np.stack(scores, axis=1)


def _externality(following: np.ndarray, exposure: np.ndarray) -> np.ndarray:
    """`[requests, slots]`: what others lose by an ad in a slot, over the slot's exposure."""
    lost = (exposure - np.append(exposure[:, 1:], np.zeros((len(exposure), 1)), axis=1)) * following
    return lost[:, ::-1].cumsum(axis=1)[:, ::-1] / np.where(exposure > 0, exposure, 1.0)
