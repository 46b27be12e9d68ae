"""Parameters and training cost of one model beside those of the models it replaces (paper section 3.2)."""

from collections.abc import Callable, Iterator, Sequence
from statistics import fmean

from mtmd_tf.experiments.runs.record import Record

_COSTS: dict[str, Callable[[Record], float]] = {
    "parameters, embedding": lambda record: record.parameters["embedding"],
    "parameters, non-embedding": lambda record: record.parameters["non_embedding"],
    "parameters, all": lambda record: record.parameters["embedding"] + record.parameters["non_embedding"],
    "training, processor time, s": lambda record: record.fit["cpu_seconds"],
    "training, time, s": lambda record: record.fit["seconds"],
    "training, pairs": lambda record: record.fit["pairs"],
    "training, steps": lambda record: record.fit["steps"],
}


def costs(
    unified: Sequence[Record], replaced: Sequence[Sequence[Record]]
) -> Iterator[tuple[str, float, float, float | None]]:
    """Each cost of the one model and of all that it replaces, mean of the seeds, and their ratio."""
    for words, of in _COSTS.items():
        one = fmean(map(of, unified))
        many = fmean(sum(map(of, models)) for models in replaced)
        yield words, one, many, one / many if many else None
