"""The tables by name: their arms, measurement and report (paper section 3)."""

import dataclasses
import pathlib
from collections.abc import Callable, Mapping, Sequence
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
from mtmd_tf.reporting.figures import save_figures
from mtmd_tf.reporting.html import write_report


@dataclasses.dataclass(frozen=True, kw_only=True)
class Table:
    """The steps that make one table.

    Attributes:
        file_name: Name of its JSON in the folder of results.
        arms: Makes the arms, from which the runs to train follow.
        measure: Compares the arms once they are trained: `(arms, folder=..., left_out=...)`, the
            last where slices are left out.
        kind: Class of what was measured, which loads its JSON and names the runs whose records the report needs.
        report: Makes the report: `(measured, records)`.
        beside: Further arguments of `report` from the folder of results: `(folder, measured)`.
        time: Times the trained query towers, into the folder of results: `(folder, load=..., rounds=..., again=...)`.
        flags: Flags of train.py that each run gets beside its settings.
        leaves: Files that these flags make a run leave; a run without them, of another table, is measured again.
    """

    file_name: str
    arms: Callable[[Order], Sequence[Arm]]
    measure: Callable[..., Any]
    kind: type[Any]
    report: Callable[..., Report]
    beside: Callable[[pathlib.Path, Any], Mapping[str, Any]] = lambda folder, measured: {}
    time: Callable[..., None] | None = None
    flags: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()

    @property
    def report_name(self) -> str:
        """The file in the folder of results that `write` makes."""
        return str(pathlib.PurePath(self.file_name).with_suffix(".md"))

    def write(self, folder: pathlib.Path) -> Report:
        """Writes its report, for terminal and browser, and figures from the folder of results alone.

        Raises:
            ConfigError: A file is missing or not of this version.
        """
        measured = self.kind.load(folder / self.file_name)
        records = results.records_of(folder, measured.run_names)
        found = self.report(measured, records, **self.beside(folder, measured))
        save_figures(found.figures, folder)
        write_report(found.text, folder / self.report_name)
        return found


TABLES = {
    "1": Table(
        file_name=table1.FILE_NAME,
        arms=table1.arms,
        measure=table1.measure,
        kind=table1.Table1,
        report=table1_report.report,
    ),
    "6": Table(
        file_name=table6.FILE_NAME,
        arms=variants.arms,
        measure=table6.measure,
        kind=table6.Table6,
        report=table6_report.report,
    ),
    "arch": Table(
        file_name=arch.FILE_NAME,
        arms=arch_plan.arms,
        measure=arch.measure,
        kind=arch.Architectures,
        report=arch_report.report,
        beside=lambda folder, measured: {"timing": arch_timing.timing_of(folder, measured)},
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
