"""Prints each log message of a command as one line on stderr: `note: ...`, `warning: ...` or `error: ...`."""

import logging as python_logging
import sys

from absl import logging

from tfrecords_tools.printable import printable

_OWN = "absl"  # the logger of both packages
_NAMES = {"INFO": "note", "WARNING": "warning", "ERROR": "error", "CRITICAL": "error"}


class _Lines(python_logging.Handler):
    """Prints a record as one line; other libraries' errors carry their name, and what else they say is left out."""

    def emit(self, record: python_logging.LogRecord) -> None:
        if record.name != _OWN and record.levelno < python_logging.ERROR:
            return
        whose = "" if record.name == _OWN else f"{record.name.partition('.')[0]}: "
        print(f"{_NAMES.get(record.levelname, 'note')}: {whose}{printable(record.getMessage())}", file=sys.stderr)


def log_plainly(*, verbose: bool) -> None:
    """Prints each log message in this form from now on.

    Args:
        verbose: Whether notes are shown too, and not warnings alone.
    """
    root = python_logging.getLogger()
    root.removeHandler(logging.get_absl_handler())  # which absl.app.run has put there
    if not any(isinstance(handler, _Lines) for handler in root.handlers):
        root.addHandler(_Lines())
    logging.set_verbosity(logging.INFO if verbose else logging.WARNING)
