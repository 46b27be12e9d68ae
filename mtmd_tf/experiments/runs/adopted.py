"""A run that train.py left somewhere else as the one model of Table 1, and the table in that run's report."""

import pathlib

from mtmd_tf.config import ConfigError
from mtmd_tf.evaluation import over_slices
from mtmd_tf.evaluation import report as reports
from mtmd_tf.experiments.runs import record
from mtmd_tf.experiments.runs.plan import Run
from mtmd_tf.experiments.runs.record import make_record
from mtmd_tf.reporting.html import write_report
from tfrecords_tools.files import write_text


def adopt(one: pathlib.Path, run: Run, *, labels: str, folder: pathlib.Path) -> None:
    """Puts a finished run in the place of `run` in a folder of runs, so that it is not trained again.

    Args:
        one: Folder of the finished run.
        run: The one model that a table needs.
        labels: Identity of the data set that `one` was trained on.
        folder: Folder of the table's runs.

    Raises:
        ConfigError: It is not finished, was trained with other settings, another seed or on other data, or the table
            has a run of its own in that place.
    """
    if labels != run.data:
        raise ConfigError(f"{one} was trained on the data {labels}, the table is of {run.data}; choose another --one.")
    place, found = folder / run.name, make_record(run, one, seconds=0.0)
    try:
        found.require(run)
    except ConfigError as error:
        said = str(error).partition(";")[0].replace(f"run {found.run}", f"{one}")
        raise ConfigError(f"{said}; --one takes a run of the settings and the seed that the table is of.") from error
    if place.exists() and place.resolve() != one.resolve():
        raise ConfigError(f"{place} is the table's own run of these settings; leave out --one, or remove it.")
    if not (one / record.FILE_NAME).exists():
        make_record(run, one, seconds=found.fit["seconds"]).save(one / record.FILE_NAME)
    folder.mkdir(parents=True, exist_ok=True)
    if not place.exists():
        place.symlink_to(one.resolve(), target_is_directory=True)


def show(text: str, run: pathlib.Path) -> None:
    """Writes a table's summary into the report of the run that is its one model, for terminal and browser."""
    report = (run / reports.FILE_NAME).read_text(encoding="utf-8")
    write_report(over_slices.with_text(report, text), run / reports.FILE_NAME)
    write_text(run / over_slices.FILE_NAME, f"{text}\n")  # last: with it, the report is as it should be
