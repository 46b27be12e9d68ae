"""What every report says of its runs: their settings, how they ended, what they cost (paper section 3.2)."""

import dataclasses
from collections.abc import Sequence
from typing import Any

from mtmd_tf.config import ModelConfig
from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.reporting.bullets import bullet
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.markdown import markdown_table

INTERVALS = """\
- [low, high]: 95% of 1,000 bootstrap draws. A draw takes as many requests as there are, with replacement, the same for
  both models, and as many seeds, with replacement, for each model, stretched so that a mean of n seeds spreads as far
  as it should. With three seeds that spread is itself uncertain, so an interval that ends near 0 is no proof: look at
  the seeds one by one. With one seed it knows the requests' chance only.
- processor time: of the training steps and their reading; looks at the held-out days and the measuring left out."""

_SHOWN = (
    "epochs",
    "patience",
    "batch_requests",
    "learning_rate",
    "embedding_learning_rate",
    "look_every",
    "held_out_days",
)


def facts(named: dict[str, Record], runs: Sequence[Record], *, seeds: Sequence[int]) -> str:
    """The head of a report: settings of the named records, seeds, time and machine."""
    found = {
        **{name: settings(record) for name, record in named.items()},
        "seeds": ", ".join(str(seed) for seed in seeds),
        "time of all runs": f"{sum(record.seconds for record in runs) / 60:.1f} min",
        "machine": runs[0].machine,
    }
    return "\n".join(bullet(f"{name}: {literal(value)}") for name, value in found.items())


def settings(record: Record) -> str:
    """Architecture, deep layers, what else of the model is not at its default, and schedule of a run, in one line."""
    model, train = record.config["model"], record.config["train"]
    changed = [
        f"{field.name} {_words(model[field.name])}"
        for field in dataclasses.fields(ModelConfig)
        if field.name not in ("architecture", "deep_units", "tasks")
        and _words(model.get(field.name, field.default)) != _words(field.default)
    ]
    shown = [f"{name} {train[name]:g}" for name in _SHOWN]
    return ", ".join([model["architecture"], f"deep layers {_words(model['deep_units'])}", *changed, *shown])


def runs_table(records: Sequence[Record]) -> str:
    """How each run ended and what it cost."""
    rows = []
    for record in records:
        fit = record.fit
        end = "patience" if fit["stopped_early"] else "its epochs"
        numbers = [f"{fit['best_step']:,}", f"{fit['steps']:,}", f"{fit['held_out_loss']:.5f}"]
        rows.append([record.run, end, *numbers, f"{fit['cpu_seconds']:,.0f}", f"{record.seconds:,.0f}"])
    header = ["run", "ended by", "best step", "steps", "held-out loss", "processor time, s", "whole run, s"]
    return markdown_table(header, rows, names=2)


def _words(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
