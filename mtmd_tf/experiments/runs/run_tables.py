"""The runs in a report: their settings, how they ended, and their cost (paper section 3.2)."""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from mtmd_tf.config import ModelConfig, TrainConfig, build, older
from mtmd_tf.experiments.runs.record import Record, machines
from mtmd_tf.reporting.list_items import facts
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import listing

INTERVALS = """\
- [low, high]: 95% of 1,000 bootstrap draws. A draw takes as many requests as there are, with replacement, the same for
  both models, and as many seeds, with replacement, for each model, stretched so that a mean of n seeds spreads as far
  as it should. With three seeds that spread is itself uncertain, so an interval that ends near 0 is no proof: look at
  the seeds one by one. With one seed it knows the requests' chance only.
- processor time: of the training steps and their reading, without evaluations on the held-out days or the report."""

_WARNED = 5  # runs whose warnings are shown in full

_SHOWN = (
    "epochs",
    "patience",
    "batch_requests",
    "learning_rate",
    "embedding_learning_rate",
    "eval_every",
    "held_out_days",
)


def run_facts(named: Mapping[str, Record], runs: Sequence[Record], *, seeds: Sequence[int]) -> str:
    """The head of a report: settings of the named records, seeds, time and machine of all runs."""
    found = {
        **{name: settings(record) for name, record in named.items()},
        "seeds": ", ".join(map(str, seeds)),
        "time of all runs": f"{sum(record.seconds for record in runs) / 60:.1f} min",
        "machine": machines(runs),
    }
    return facts({name: literal(value) for name, value in found.items()})


def run_warnings(runs: Sequence[Record]) -> str:
    """The runs that ended with a warning, the first few with its sentences; nothing where none did."""
    warned = [record for record in runs if record.warnings]
    if not warned:
        return ""
    found = {record.run: " ".join(record.warnings) for record in warned[:_WARNED]}
    rest = len(warned) - len(found)
    more = f" The first {len(found)}:" if rest else ""
    count = f"**{len(warned)} of {len(runs)} runs ended with a warning.**{more}"
    return f"{count}\n\n{facts({name: literal(text) for name, text in found.items()})}"


def settings(record: Record) -> str:
    """Architecture, deep layers, what else of the model is not at its default, and schedule of a run, in one line."""
    model, train = record.config["model"], build(TrainConfig, older(TrainConfig) | record.config["train"])
    changed = [
        f"{field.name} {_words(model[field.name])}"
        for field in dataclasses.fields(ModelConfig)
        if field.name not in ("architecture", "deep_units", "tasks")
        and _words(model.get(field.name, field.default)) != _words(field.default)
    ]
    shown = [f"{name} {getattr(train, name):g}" for name in _SHOWN]
    return ", ".join([model["architecture"], f"deep layers {_words(model['deep_units'])}", *changed, *shown])


def runs_table(records: Sequence[Record]) -> str:
    """The end and the cost of each run."""
    header = "run | ended by | best step | steps | held-out loss | processor time, s | whole run, s"
    cells = "{0.run} | {1} | {2[best_step]:,} | {2[steps]:,} | {2[held_out_loss]:.5f} | {2[cpu_seconds]:,.0f}"
    rows = [(each, "patience" if each.fit["stopped_early"] else "its epochs", each.fit) for each in records]
    return listing(header, f"{cells} | {{0.seconds:,.0f}}", rows, names=2)


def _words(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
