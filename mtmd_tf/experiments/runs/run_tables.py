"""The runs in a report: their settings, how they ended, and their cost (paper section 3.2)."""

import dataclasses
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any

from mtmd_tf.config import AVERAGED, COSINE, ModelConfig, TrainConfig, build, older
from mtmd_tf.experiments.runs.record import Record, machines
from mtmd_tf.reporting.list_items import facts
from mtmd_tf.reporting.literal import literal
from mtmd_tf.reporting.page import passage

_HERE = pathlib.Path(__file__).parent
_INTERVALS = passage(_HERE / "intervals.md")
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


def run_parts(
    named: Mapping[str, Record], runs: Sequence[Record], *, seeds: Sequence[int], others: Sequence[Record] = ()
) -> dict[str, str]:
    """What every report says of its runs: the values of the placeholders facts, warnings, runs and intervals.

    Args:
        named: Records whose settings are shown, by name.
        runs: Records of the runs that are compared.
        seeds: Seeds of the compared runs.
        others: Records that are listed too.
    """
    every = [*runs, *others]
    facts = run_facts(named, runs, seeds=seeds)
    return {"facts": facts, "warnings": run_warnings(every), "runs": runs_table(every), "intervals": _INTERVALS}


def run_facts(named: Mapping[str, Record], runs: Sequence[Record], *, seeds: Sequence[int]) -> str:
    """The list at the head of a report: settings of the named records, seeds, time and machine of all runs."""
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
    if train.schedule != COSINE:
        shown.insert(0, f"schedule {train.schedule}")
    return ", ".join([model["architecture"], f"deep layers {_words(model['deep_units'])}", *changed, *shown])


def runs_table(records: Sequence[Record]) -> str:
    """The end and the cost of each run."""
    return passage(_HERE / "runs_table.md", rows=[(each, _ended_by(each), each.fit) for each in records])


def _ended_by(record: Record) -> str:
    if record.config["train"].get("schedule") == AVERAGED:
        return "no more gain" if record.fit["stopped_early"] else "its limit"
    return "patience" if record.fit["stopped_early"] else "its epochs"


def _words(value: Any) -> str:
    return "-".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
