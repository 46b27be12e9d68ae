import pathlib
import re
import shutil

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments import results_page as page
from mtmd_tf.experiments.runs.metadata import Metadata
from tests.mtmd_tf.experiments.folders import leave_arch, leave_ranker, leave_table1, leave_table6

ABOUT = Metadata(
    title="Table 1 on Home",
    command="python -m mtmd_tf.jobs.reproduce --table=1",
    workers=2,
    seconds=9000.0,
    reduced=("half of the households",),
    tuning=("mtmd: dim 8, 16: 0.52, 0.51",),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> pathlib.Path:
    folder = tmp_path_factory.mktemp("docs") / "results"
    leave_arch(folder / "b-arch")
    leave_table1(folder / "a-b-table1")
    leave_table6(folder / "b-table6")
    leave_table1(folder / "b-table1")
    leave_ranker(folder / "a-ranker", labels="of no table here")
    leave_ranker(folder / "b-ranker", labels="d")
    ABOUT.save(folder / "a-b-table1")
    Metadata(title="The ranker of b", command="python -m mtmd_tf.jobs.label").save(folder / "b-ranker")
    (folder / "notes").mkdir()
    return folder


@pytest.fixture(scope="module")
def text(folder) -> str:
    return page.write(folder)


def test_tables_stand_data_set_by_data_set(text):
    assert [line for line in text.splitlines() if line.startswith("## ")] == [
        "## Does one model pay?",
        "## What the tables cost",
        "## Table 1 on Home",
        "## Table 1: one model against those it replaces",
        "## Table 6: what each part is worth",
        "## Architectures at equal budget",
        "## The heavyweight ranker on mine",
        "## The ranker of b",
    ]


def test_a_ranker_is_shown_with_the_tables_that_learn_from_its_labels(text, folder):
    first, second = (part.split("\n\n## ")[0] for part in text.split("## The ")[1:])
    assert "learn from" not in first
    assert "\n- learn from its labels: Table 1 on Home; Table 1: one model against" in second
    assert "```\npython -m mtmd_tf.jobs.label\n```" in second
    assert "[The full report](results/b-ranker/ranker.md)" in second
    assert (folder / "b-ranker" / "ranker.md").read_text().startswith("# The ranker of b\n")


def test_a_section_says_command_seeds_time_machine_and_what_was_said_by_hand(text):
    section = text[text.index("## Table 1 on Home") : text.index("## Table 1: ")].splitlines()
    assert section[2:15] == [
        "```",
        "python -m mtmd_tf.jobs.reproduce --table=1",
        "```",
        "",
        "- seeds: 3",
        "- time: 3 runs, 2 in parallel, 90 s in total; the command took 2.5 h; 3.0 min of",
        "  processor time to train",
        "- machine: Linux x86_64, 2 cores",
        "- limits:",
        "    - half of the households",
        "- tuning:",
        "    - mtmd: dim 8, 16: 0.52, 0.51",
        "",
    ]


def test_what_was_not_said_is_left_out(text):
    section = text[text.index("## Table 1: ") : text.index("## Table 6")]
    assert "- time: 3 runs, 90 s in total; 3.0 min of processor time to train\n- machine: " in section
    assert "```" not in section
    assert "reduced" not in section


def test_a_run_of_two_tables_is_counted_once(text):
    """12 runs in four folders, of which `one`, `home` and `search` again and again: 6 of half a minute; 3 in twos."""
    [line] = [line for line in text.splitlines() if line.startswith("| all, each run once")]
    assert [cell.strip() for cell in line.strip("| ").split("|")][1:] == ["6", "3.0 min", "6.0 min", "", "2.2 min"]


def test_what_it_links_to_is_there(text, folder):
    links = [part.partition(")")[0] for part in text.split("](")[1:]]
    assert "results/b-table6/table6-buckets.png" in links
    assert [link for link in links if not (folder.parent / link).is_file()] == []


def test_the_page_lies_beside_the_folder(text, folder):
    assert (folder.parent / "results.md").read_text() == text


def test_each_report_is_a_page_for_the_browser_too(text, folder):
    for name in ("b-table1/table1", "b-table6/table6", "b-arch/arch"):
        html = (folder / f"{name}.html").read_text()
        title = (folder / f"{name}.md").read_text().partition("\n")[0].removeprefix("# ")
        assert f"<title>{title}</title>" in html
        assert 'src="data:image/png;base64,' in html  # the figures are inside
        assert ".png" not in html
        assert len(html) < 1_000_000


def test_it_comes_out_the_same_to_the_byte(text, folder):
    before = {path: path.read_bytes() for path in folder.parent.rglob("*.*") if path.is_file()}
    assert page.write(folder) == text
    assert {path: path.read_bytes() for path in before} == before


def test_a_folder_without_tables_is_refused(tmp_path):
    with pytest.raises(ConfigError, match=r"results holds no table; make one: python -m mtmd_tf\.jobs\.reproduce"):
        page.write(tmp_path / "results")


def test_the_answer_comes_first(folder, text, monkeypatch):
    monkeypatch.setattr(
        page,
        "answer",
        lambda tables, ladders: f"of {len(tables)} tables, {sum(map(len, ladders.values()))} comparisons",
    )
    written = page.write(folder)
    assert re.search(r"of \d tables, 0 comparisons", written.partition("What they cost:")[0])
    assert "ladder" not in text.partition("What they cost:")[0]  # there is none


def test_each_ladder_has_a_page_by_its_name_and_the_answer_knows_which_is_which(folder, text, monkeypatch):
    written = {}
    monkeypatch.setattr(page, "LadderFolder", lambda place: place.name)
    monkeypatch.setattr(page, "measure", lambda name: [f"gains of {name}"])
    monkeypatch.setattr(
        page.ladder_report, "write", lambda place, path, *, comparisons: written.update({path: comparisons})
    )
    monkeypatch.setattr(page, "answer", lambda tables, ladders: f"The answer has {ladders}.")
    for name in ("ladder", "ladder-cosine"):
        (folder / name).mkdir()
        (folder / name / "ladder.json").write_text("{}")
    try:
        said = "The answer has {'': ['gains of ladder'], 'cosine': ['gains of ladder-cosine']}."
        assert said in page.write(folder)
    finally:
        for name in ("ladder", "ladder-cosine"):
            shutil.rmtree(folder / name)
    docs = folder.parent
    assert written == {docs / f"{name}.md": [f"gains of {name}"] for name in ("ladder", "ladder-cosine")}
