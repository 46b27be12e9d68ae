"""The tables by name: their arms, measurement and report (paper section 3)."""

import dataclasses
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.architectures import comparison as arch
from mtmd_tf.experiments.architectures import plan as arch_plan
from mtmd_tf.experiments.architectures import report as arch_report
from mtmd_tf.experiments.architectures import timing as arch_timing
from mtmd_tf.experiments.runs import results
from mtmd_tf.experiments.runs.plan import Arm, Order
from mtmd_tf.experiments.runs.results import Report
from mtmd_tf.experiments.table1 import comparison as table1
from mtmd_tf.experiments.table1 import report as table1_report
from mtmd_tf.experiments.table6 import comparison as table6
from mtmd_tf.experiments.table6 import report as table6_report
from mtmd_tf.experiments.table6 import variants


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """The steps that make one table.

    Attributes:
        file_name: Name of its JSON in the folder of results.
        arms: Makes the arms, from which the runs to train follow.
        measure: Compares the arms once they are trained: `(arms, folder=..., left_out=...)`, the
            last where slices are left out.
        write: Writes its report, for terminal and browser, and figures from the folder of results alone.
        time: Times the trained query towers, into the folder of results: `(folder, load=..., rounds=..., again=...)`.
        flags: Flags of train.py that each run gets beside its settings.
        leaves: Files that these flags make a run leave; a run without them, of another table, is measured again.
    """

    file_name: str
    arms: Callable[[Order], Sequence[Arm]]
    measure: Callable[..., Any]
    write: Callable[[pathlib.Path], Report]
    time: Callable[..., None] | None = None
    flags: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()

    @property
    def report_name(self) -> str:
        """The file in the folder of results that `write` makes."""
        return str(pathlib.PurePath(self.file_name).with_suffix(".md"))


TABLES = {
    "1": Table(
        file_name=table1.FILE_NAME,
        arms=table1.arms,
        measure=table1.measure,
        write=table1_report.write,
    ),
    "6": Table(
        file_name=table6.FILE_NAME,
        arms=variants.arms,
        measure=table6.measure,
        write=table6_report.write,
    ),
    "arch": Table(
        file_name=arch.FILE_NAME,
        arms=arch_plan.arms,
        measure=arch.measure,
        write=arch_report.write,
        time=arch_timing.measure,
        flags=("--latency",),
        leaves=("latency.json",),
    ),
}


def require_no_other_table(folder: pathlib.Path, name: str) -> None:
    """Refuses a folder of results that another table or somebody else has: its records would be removed.

    Args:
        folder: Folder of the results.
        name: Name of the table that is to be written there.

    Raises:
        ConfigError: It holds another table, or other files.
    """
    for other, table in TABLES.items():
        if other != name and (folder / table.file_name).exists():
            raise ConfigError(f"{folder} holds the results of --table={other}; choose another folder with --results.")
    results.require_records(folder)
