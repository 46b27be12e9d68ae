"""An experiment on the simulated funnel: from the arms to the files that the statistics read (paper section 3.3)."""

import dataclasses
import json
import pathlib
from typing import Any

import numpy as np

from mtmd_tf.config import ConfigError, plain
from mtmd_tf.serving.specification import RankerSpec
from mtmd_tf.simulation.assignment import arm_of
from mtmd_tf.simulation.blocks import Plan, Preparer
from mtmd_tf.simulation.budgets import budgets_of, require_money, share_budgets
from mtmd_tf.simulation.checkpoints import Checkpoints
from mtmd_tf.simulation.day_run import DayResult, DayRun
from mtmd_tf.simulation.market import MARKETS
from mtmd_tf.simulation.outputs import RUN_FILE, write_outputs
from mtmd_tf.simulation.pacing import Pacer
from mtmd_tf.simulation.processes import preparing
from mtmd_tf.version import __version__
from tfrecords_tools.digests import digest_of, read_with_digest
from tfrecords_tools.locks import alone_in
from tfrecords_tools.progress import progress_bar

_DAYS = "days"


def simulate(plan: Plan, out: str | pathlib.Path, *, workers: int = 1) -> dict[str, Any]:
    """Runs an experiment and writes its files; a finished one is left as it is, a killed one goes on.

    The files do not depend on `workers`, but for the seconds of the stages.

    Args:
        plan: World, arms and settings.
        out: Folder of the result.
        workers: Processes that prepare requests.

    Returns:
        The content of run.json.

    Raises:
        ConfigError: `out` holds another simulation, more candidates than ads, or an arm without users.
        ServingError: Exports that cannot serve this world.
        DataError: Bids or budgets that are no money.
    """
    out = pathlib.Path(out)
    own = _description(plan)
    digest = digest_of(own)
    if (out / RUN_FILE).exists():
        found = read_with_digest(out / RUN_FILE, raises=ConfigError, rule="remove the folder and simulate again")
        if found.get("plan") != digest:
            raise ConfigError(f"{out} holds another simulation; choose another --out, or remove it.")
        return found
    require_money(plan.world)
    preparer = Preparer(plan)
    out.mkdir(parents=True, exist_ok=True)
    with alone_in(out, doing="simulating", other="--out", raises=ConfigError):
        return _run(plan, out, preparer, own | {"plan": digest}, workers=workers)


def _run(plan: Plan, out: pathlib.Path, preparer: Preparer, own: dict[str, Any], *, workers: int) -> dict[str, Any]:
    config, arms, traffic = plan.config, [arm.name for arm in plan.arms], preparer.traffic
    shares = [1.0 / len(arms)] * len(arms)
    arm_of_user = arm_of(np.arange(len(traffic.population.world.users)), config.salt, shares)
    users = np.bincount(arm_of_user, minlength=len(arms))
    if config.worlds == "one" and not users.all():
        raise ConfigError(
            f"arm {arms[int(users.argmin())]!r} has no user among {users.sum()}; give more --users or another --salt."
        )
    budget = pools_of(plan, requests=config.requests / (config.pre_days + config.days), shares=shares)
    pacer = Pacer(config.pacing, gain=MARKETS[config.market].gain, shape=budget.shape)
    checkpoints = Checkpoints(out / _DAYS, digest=own["plan"], arms=len(arms))
    days: list[DayResult] = []
    with (
        preparing(plan, preparer, workers=workers) as prepare,
        progress_bar(total=config.requests, desc="simulate", unit=" requests") as bar,
    ):
        run = DayRun(plan, preparer, arm_of_user=arm_of_user, budget=budget, prepare=prepare)
        for number, requests in enumerate(traffic.requests):
            finished = checkpoints.load(number, pacer)
            if finished is None:
                finished = run(number, pacer, done=bar.update)
                checkpoints.save(number, finished, pacer)
            else:
                bar.update(requests)
            days.append(finished)
    result = own | {
        "arm_share": dict(zip(arms, shares, strict=True)),
        "users": dict(
            zip(arms, users.tolist() if config.worlds == "one" else [int(users.sum())] * len(arms), strict=True)
        ),
        "requests": traffic.requests,
        "periods": [traffic.period(day) for day in range(len(days))],
    }
    write_outputs(out, days, arms=arms, periods=result["periods"], run=result)
    checkpoints.clear()
    return result


def pools_of(plan: Plan, *, requests: float, shares: list[float]) -> np.ndarray:
    """`[pools, advertisers]` budgets of a day: one pool for each arm, or a common one where users alone are split.

    In two worlds each arm has all users and whole budgets.
    """
    factor = plan.config.budget_factor
    budget = budgets_of(plan.world, requests=requests, market=MARKETS[plan.config.market], factor=factor)
    if plan.config.worlds == "two":
        return np.repeat(budget[None], len(shares), axis=0)
    return share_budgets(budget, shares) if plan.config.split == "budgets" else budget[None]


def _description(plan: Plan) -> dict[str, Any]:
    """What fixes every number of the result."""
    world = plan.world
    told: dict[str, Any] = {
        "version": __version__,
        "arms": [
            {"name": arm.name, "source": arm.source}
            | {"stamps": [RankerSpec.load(export).stamp for export, _ in arm.exports]}
            for arm in plan.arms
        ],
        "seed": plan.config.seed,
        "world": {name: getattr(world, name) for name in ("seed", "requests", "candidates", "days")}
        | {"distance": dataclasses.asdict(world.distance), "ads": len(world.ads)},
        "heavyweight": plan.heavyweight or "noisy oracle",
        "market": dataclasses.asdict(MARKETS[plan.config.market]),
        "settings": plain(plan.config),
    }
    for name, usual in (("budget_factor", 1.0), ("retrieval_recall_every", 0)):
        if told["settings"][name] == usual:  # simulations from before it existed are the same
            del told["settings"][name]
    return json.loads(json.dumps(told))  # as it will be read
