"""How far apart the domains of an ad world are: what their users do differently, for the same users, ads and visits."""

import dataclasses

import numpy as np

from tfrecords_tools.requests import DataError
from tfrecords_tools.sources.adworld.names import PRODUCTS, SURFACES
from tfrecords_tools.sources.adworld.seeds import generator

AS_IS = "as_is"


@dataclasses.dataclass(frozen=True, kw_only=True)
class Distance:
    """Factors on what is true of one domain alone; ones and a zero are the world as it is.

        weight of an effect on a surface = mean over surfaces + surfaces * (its own - mean)
        effects that one product alone has (prices, ratings; videos, load times) = products * effect
        a taste (of a segment or an hour for a category, of a device for a format)
            = sqrt(1 - own**2) * everybody's + own * the slice's

    A slice's taste is drawn anew, half of it with its surface and half with its product, as large as everybody's.
    Levels (how often a slice clicks at all) stay: domains differ in what moves their users and not in rates.

    Attributes:
        surfaces: Factor on how far an effect's weight on a surface is from the mean of the surfaces.
        products: Factor on effects that one product alone has.
        own: Share of the standard deviation of tastes that a slice has for itself, 0 to 1.
    """

    surfaces: float = 1.0
    products: float = 1.0
    own: float = 0.0

    def weights(self, row: list[float]) -> np.ndarray:
        """`[surfaces]`: the weights of one effect; as they are, to the bit, where the factor is 1."""
        plain = np.array(row)
        return plain if self.surfaces == 1.0 else plain.mean() + self.surfaces * (plain - plain.mean())

    def tastes(self, seed: int, name: str, everybody: np.ndarray) -> np.ndarray:
        """`[surfaces, products, *everybody.shape]`: the taste `name` of each slice."""
        shape = (len(SURFACES), len(PRODUCTS), *everybody.shape)
        if not self.own:
            return np.broadcast_to(everybody, shape)
        of_surface, of_product = (
            np.stack([generator(seed, "distance", name, domain).normal(size=everybody.shape) for domain in domains])
            for domains in (SURFACES, PRODUCTS)
        )
        drawn = everybody.std() * np.sqrt(0.5) * (of_surface[:, None] + of_product[None])
        return np.sqrt(1.0 - self.own**2) * everybody + self.own * drawn


WORLD_AS_IS = Distance()
DISTANCES = {
    "near": Distance(surfaces=0.25, products=0.25),
    AS_IS: WORLD_AS_IS,
    "far": Distance(surfaces=2.0, products=2.0, own=0.8),
}


def distance_named(name: str) -> Distance:
    """The distance called `name`.

    Raises:
        DataError: There is none; it names the choices.
    """
    if name not in DISTANCES:
        raise DataError(f"domain_distance must be one of {', '.join(DISTANCES)}; got {name!r}")
    return DISTANCES[name]
