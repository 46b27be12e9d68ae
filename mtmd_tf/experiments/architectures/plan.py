"""The runs that the table of architectures needs (paper section 3.2)."""

from collections.abc import Sequence

from mtmd_tf.config import ARCHITECTURES, ConfigError
from mtmd_tf.experiments.runs.plan import BASELINE, OURS, Arm, Order
from mtmd_tf.experiments.runs.settings import settings_of, text_of
from mtmd_tf.slices import ANY

SPLIT = ", split by product"  # behind an architecture's name: one model a product
ROUNDS, CALLS = 7, 300  # turns in which queries are timed, and queries of a turn


def arms(order: Order) -> tuple[Arm, ...]:
    """Every architecture on all products together and split by product; the baseline is split by slice, always.

    Raises:
        ConfigError: An unknown architecture, none beside the baseline, or a reference that is not MTMD.
    """
    if order.reference[0].architecture != OURS:
        raise ConfigError(f"--table=arch starts from the settings of {OURS}; got {order.reference[0].architecture!r}.")
    _require_known([*order.only, *order.overrides])
    names = [name for name in ARCHITECTURES if not order.only or name in (*order.only, BASELINE)]
    if names == [BASELINE]:
        raise ConfigError(f"--only must name an architecture beside {BASELINE!r}; choose from {list(ARCHITECTURES)}.")
    slices = ["/".join(pair) for pair in order.slices]
    by_product = [f"{ANY}/{product}" for product in dict.fromkeys(product for _, product in order.slices)]
    found = []
    for name in names:
        settings, text = settings_of(name, order), text_of(name, order)
        if name == BASELINE:
            found.append(order.arm(name, settings, slices=slices, text=text))
        else:
            found.append(order.arm(name, settings, text=text))
            found.append(order.arm(name + SPLIT, settings, slices=by_product, text=text))
    return tuple(found)


def overrides(text: str) -> dict[str, str]:
    """`{architecture: flags}` of a text such as `mmoe_dcn: --mixture_experts=2; ple: --epochs=3`.

    Raises:
        ConfigError: A part without a name, or a name twice.
    """
    found: dict[str, str] = {}
    for part in filter(None, (part.strip() for part in text.split(";"))):
        name, colon, chosen = (word.strip() for word in part.partition(":"))
        if not colon or not name or name in found:
            raise ConfigError(
                f"--arch_overrides takes each architecture once, such as 'mmoe_dcn: --mixture_experts=2; ple: ...'; "
                f"got {part!r}."
            )
        found[name] = chosen
    return found


def _require_known(names: Sequence[str]) -> None:
    for name in names:
        if name not in ARCHITECTURES:
            raise ConfigError(f"no architecture {name!r}; choose from {list(ARCHITECTURES)}.")
