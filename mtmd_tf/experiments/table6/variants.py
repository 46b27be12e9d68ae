"""The variants of Table 6, each with one factor changed, and the effects that they tell (paper section 3.4)."""

import dataclasses

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.plan import Arm, Order

REFERENCE = "reference"

VARIANTS = {
    REFERENCE: "",
    "no_domain_adaptation": "--nodomain_adaptation",
    "no_crossing": "--nocrossing",
    "no_normalization": "--normalization=none",
    "post_normalization": "--normalization=post",
    "half_the_data": "--sample_share=0.5",
    "embedding_64": "--root_embedding=64 --child_embedding=64",
    "embedding_48": "--root_embedding=48 --child_embedding=48",
    "embedding_32": "--root_embedding=32 --child_embedding=32",
    "free_tasks": "--noconstrained",
    "concat": "--composition=concat",
    "router_of_experts": "--router_input=experts",
    "relu_gates": "--gate_activation=relu",
    "no_shallow": "--noshallow",
    "counted_shallow": "--count_shallow --shallow_units=128,16",
}


@dataclasses.dataclass(frozen=True, kw_only=True)
class Effect:
    """The effect of one factor: LogMAE with it against LogMAE without it.

    Attributes:
        name: Name of the factor; the paper's own where it has one.
        new: The variant that has it.
        old: The one that has it not.
    """

    name: str
    new: str
    old: str


EFFECTS = (
    Effect(name="DomainAdapt", new=REFERENCE, old="no_domain_adaptation"),
    Effect(name="DCN V2", new=REFERENCE, old="no_crossing"),
    Effect(name="Normalization", new=REFERENCE, old="no_normalization"),
    Effect(name="DownSampling", new="half_the_data", old=REFERENCE),
    Effect(name="pre-norm, not post-norm", new=REFERENCE, old="post_normalization"),
    Effect(name="embedding 64, not 48", new="embedding_64", old="embedding_48"),
    Effect(name="embedding 48, not 32", new="embedding_48", old="embedding_32"),
    Effect(name="embedding 64, not the reference's", new="embedding_64", old=REFERENCE),
    Effect(name="embedding 48, not the reference's", new="embedding_48", old=REFERENCE),
    Effect(name="embedding 32, not the reference's", new="embedding_32", old=REFERENCE),
    Effect(name="constrained tasks", new=REFERENCE, old="free_tasks"),
    Effect(name="shallow experts", new=REFERENCE, old="no_shallow"),
    Effect(name="experts concatenated, not summed", new="concat", old=REFERENCE),
    Effect(name="router reads experts, not fields", new="router_of_experts", old=REFERENCE),
    Effect(name="gates end in ReLU, not sigmoid", new="relu_gates", old=REFERENCE),
    Effect(name="shallow part counted in the embedding", new="counted_shallow", old=REFERENCE),
)

BUCKETS = ("0", "1", "2", "3", "4", "all")  # the paper's columns
PAPER = {
    "DomainAdapt": (3.71, 3.53, 3.67, 3.88, 4.38, 3.86),
    "DCN V2": (0.90, 0.99, 1.15, 1.34, 1.71, 1.24),
    "Normalization": (2.36, 2.50, 2.64, 2.64, 2.84, 2.61),
    "DownSampling": (-0.23, -0.29, -0.84, 0.15, -0.12, -0.26),
}


def arms(order: Order) -> tuple[Arm, ...]:
    """The reference and the wanted variants, all of them models of all slices.

    Raises:
        ConfigError: An unknown variant; it lists them.
    """
    for name in order.only:
        if name not in VARIANTS:
            raise ConfigError(f"no variant {name!r}; choose from {list(VARIANTS)}.")
    wanted = {name: flags for name, flags in VARIANTS.items() if not order.only or name in (REFERENCE, *order.only)}
    return tuple(order.arm(name, order.change(flags, order.reference), text=flags) for name, flags in wanted.items())
