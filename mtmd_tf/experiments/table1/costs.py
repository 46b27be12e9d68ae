"""Parameters and training cost of one model beside those of the models it replaces (paper section 3.2)."""

import pathlib
from collections.abc import Mapping, Sequence
from statistics import fmean

from mtmd_tf.experiments.runs.record import Record
from mtmd_tf.reporting.markdown import number
from mtmd_tf.reporting.page import passage

_TRAINING = {"processor time, s": "cpu_seconds", "time, s": "seconds", "pairs trained on": "pairs", "steps": "steps"}


def parameters(unified: Record, replaced: Sequence[Record]) -> str:
    """Parameters of the one model, of all that it replaces, and their ratio."""

    def counts(records: Sequence[Record]) -> dict[str, float]:
        embedding, rest = (sum(r.parameters[kind] for r in records) for kind in ("embedding", "non_embedding"))
        return {"embedding": embedding, "non-embedding": rest, "all": embedding + rest}

    return _one_and_many(counts([unified]), counts(replaced), models=len(replaced))


def training(unified: Sequence[Record], replaced: Sequence[Sequence[Record]]) -> str:
    """The training cost of both sides, mean of the seeds."""

    def means(seeds: Sequence[Sequence[Record]]) -> dict[str, float]:
        return {words: fmean(sum(r.fit[key] for r in seed) for seed in seeds) for words, key in _TRAINING.items()}

    return _one_and_many(means([[record] for record in unified]), means(replaced), models=len(replaced[0]))


def _one_and_many(one: Mapping[str, float], many: Mapping[str, float], *, models: int) -> str:
    cells = [("one model", name, f"{value:,.0f}") for name, value in one.items()]
    cells += [(f"{models} models", name, f"{value:,.0f}") for name, value in many.items()]
    cells += [("one / many", name, number(one[name] / many[name] if many[name] else None, ".2f")) for name in one]
    return passage(pathlib.Path(__file__).with_suffix(".md"), cells=cells)
