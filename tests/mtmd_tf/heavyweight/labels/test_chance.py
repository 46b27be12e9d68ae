"""Labels that know a slice's rate alone are told, whatever their AUC over all slices."""

import pytest

from mtmd_tf.heavyweight.labels.chance import no_better_than_chance
from mtmd_tf.heavyweight.labels.quality_rows import LabelRow, Quality


def row(surface: str, auc: float | None, *, events: int, rate: float = 0.5) -> LabelRow:
    return LabelRow(
        surface=surface, product="p", task="ctr", exists=True, auc=auc, events=events, event_rate=rate,
        calibration_low=0.9, calibration_high=1.1, miscalibrated=False,
    )  # fmt: skip


def said(*rows: LabelRow) -> list[str]:
    return no_better_than_chance([Quality(split="train", rows=rows, sizes=(), truth=(), above_parent=0)])


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        # 1 / (12 * 600 * 600 / 1201) is a standard error of .0167
        ((row("home", 0.5, events=1200),), "(AUC 0.500, at most 0.533)"),
        ((row("home", 0.4, events=1200), row("mail", 0.52, events=1200), row("all", 0.9, events=2400)), "(AUC 0.460, "),
        ((row("home", 0.6, events=1200),), ""),
        ((row("home", 0.53, events=1200),), ""),  # it may be .56
        ((row("home", 0.5, events=100),), ""),  # too few to tell
        ((row("home", None, events=1200, rate=1.0), row("mail", None, events=0)), ""),
    ],
)
def test_what_is_no_better_than_chance(rows: tuple[LabelRow, ...], words: str) -> None:
    found = said(*rows)
    assert len(found) == bool(words)
    assert words in "".join(found)
