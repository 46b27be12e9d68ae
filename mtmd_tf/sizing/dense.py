"""About how many dense weights a model will have, before TensorFlow makes one (paper section 3.2)."""

from collections.abc import Sequence

from mtmd_tf.config import ModelConfig
from mtmd_tf.sizing.facts import Domain, Facts, Side


def dense_weights(config: ModelConfig, facts: Facts) -> int:
    """Weights outside the embedding tables: matrices alone, a domain's share of a common base counted once.

    Of mtmd: every domain's deep, task-shared, shallow and routing networks, crossing and projection, and the tower's
    domain-shared network. Of the others: their experts over all fields of a side.
    """
    return sum(_tower(config, side) for side in (facts.query, facts.item))


def _tower(config: ModelConfig, side: Side) -> int:
    if config.architecture == "mtmd":
        shared = _network(side.fields * config.dim, config.deep_units)
        return shared + sum(_domain(config, domain) for domain in side.domains)
    return _experts(config, side) * _network(side.fields * config.dim, config.deep_units)


def _domain(config: ModelConfig, domain: Domain) -> int:
    inputs, composed = domain.fields * config.dim, config.deep_units[-1]
    deep = _network(inputs, config.deep_units)
    shallow = _network(domain.descriptors * config.dim, config.shallow_units) if config.shallow else 0
    router = _network(inputs, (*config.router_units, 3))
    crossing = 2 * composed * config.cross_projection if config.crossing else 0
    return deep + domain.tasks * (deep + shallow + router + crossing + composed * config.root_embedding)


def _experts(config: ModelConfig, side: Side) -> int:
    tasks = max((domain.tasks for domain in side.domains), default=1)
    if config.architecture in ("mmoe", "mmoe_dcn"):
        return config.mixture_experts
    return tasks * config.task_experts + config.shared_experts if config.architecture == "ple" else 1


def _network(inputs: int, units: Sequence[int]) -> int:
    return sum(wide * narrow for wide, narrow in zip((inputs, *units), units, strict=False))
