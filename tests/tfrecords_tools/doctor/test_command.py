"""What a person sees of the doctor: lines, an exit code, a page."""

import dataclasses

import numpy as np

from tests.tfrecords_tools.doctor.test_examine import leak
from tests.tfrecords_tools.doctor.ward import write
from tfrecords_tools.__main__ import main
from tfrecords_tools.doctor import text
from tfrecords_tools.doctor.command import after_convert
from tfrecords_tools.doctor.examine import examine
from tfrecords_tools.doctor.finding import LOOK, NOTE, SERIOUS, Finding


def hostile(data):
    leak(data)
    data["query"]["country"] = np.full(len(data["query"]["country"]), b"<script>alert(1)</script>\x1b[2J", dtype=object)


def test_findings_and_what_to_do_and_exit_code_1(tmp_path, capsys) -> None:
    assert main(["doctor", str(write(tmp_path, leak))]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith("serious  leaks       cross/seen alone tells event/ctr: AUC 1.000 by its value")
    assert lines[1].strip().startswith("-> it probably holds what happened after the ad was shown")
    assert lines[-1].startswith(f"{tmp_path}: 1 serious, ")


def test_exit_code_0_without_a_serious_finding(tmp_path, capsys) -> None:
    assert main(["doctor", str(write(tmp_path))]) == 0
    assert "looked at 2,000 of 2,000 pairs of train" in capsys.readouterr().out


def test_the_page_has_pictures_and_runs_nothing(tmp_path, capsys) -> None:
    main(["doctor", str(write(tmp_path / "data", hostile)), "--html", str(tmp_path / "doctor.html")])
    text = (tmp_path / "doctor.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in text
    assert "<script" not in text
    assert "&lt;script&gt;alert(1)" in text
    assert text.count('src="data:image/png;base64,') == 3
    assert "\x1b" not in capsys.readouterr().out


def test_convert_ends_with_the_worst_in_short(tmp_path) -> None:
    lines = list(after_convert(write(tmp_path, leak)))
    assert lines[0].startswith("leaks: cross/seen alone tells event/ctr: AUC 1.000 by its value: it probably holds")
    assert lines[-1].endswith(f"python -m tfrecords_tools doctor {tmp_path}")
    assert len(lines) <= 4


def test_of_a_wide_log_some_findings_of_each_subject_are_printed(tmp_path) -> None:
    counts = {(SERIOUS, "leaks"): 30, (LOOK, "tokens"): 25, (LOOK, "constants"): 10, (NOTE, "tokens"): 11}
    findings = [
        Finding(level=level, about=about, said=f"feature {place}", advice="drop it", weight=0)
        for (level, about), count in counts.items()
        for place in range(count)
    ]
    diagnosis = dataclasses.replace(examine(write(tmp_path), sample=100), findings=tuple(findings))
    lines = text.whole(diagnosis).splitlines()
    assert sum("feature " in line for line in lines) == 30 + 10 + 10 + 10
    assert lines[-3:-1] == [
        "look     tokens      15 more findings such as these: --html=FILE has all",
        "note     tokens      1 more findings such as these: --html=FILE has all",
    ]
    assert "30 serious, 35 look, 11 note" in lines[-1]
