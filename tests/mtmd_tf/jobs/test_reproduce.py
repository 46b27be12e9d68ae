"""Small tables from data to report: structure, determinism given the seed, and going on; not luck."""

import json
import pathlib
import re
import shutil
import subprocess
import sys
import types
from unittest import mock

import pytest

from mtmd_tf.config import ModelConfig
from mtmd_tf.experiments.architectures.comparison import Architectures
from mtmd_tf.experiments.architectures.plan import SPLIT
from mtmd_tf.experiments.architectures.timing import Timing
from mtmd_tf.experiments.runs import run_queue
from mtmd_tf.experiments.runs.metadata import Metadata
from mtmd_tf.experiments.runs.plan import BASELINE
from mtmd_tf.experiments.table1.comparison import Table1
from mtmd_tf.experiments.table6.comparison import Table6
from mtmd_tf.jobs import reproduce as recipe
from mtmd_tf.metrics import BUCKETS
from tests import warm
from tests.mtmd_tf.jobs.recipe import Ended, ended
from tests.mtmd_tf.labeled import write_labeled
from tests.narrow import NARROW

CHECKOUT = pathlib.Path(__file__).parents[3]


def reproduce(table: str, *arguments: str) -> Ended:
    """The command in this process; each training is in a process of its own that begins with TensorFlow imported."""
    subprocesses = types.SimpleNamespace(Popen=warm.Process, STDOUT=subprocess.STDOUT)
    with mock.patch.object(run_queue, "subprocess", subprocesses):
        return ended(recipe, f"--table={table}", *arguments)


def reproduce_cold(table: str, *arguments: str) -> subprocess.CompletedProcess:
    """The command and what it trains as a user has them."""
    command = [sys.executable, "-m", "mtmd_tf.jobs.reproduce", f"--table={table}", *arguments]
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def measured(folder: pathlib.Path) -> dict[tuple[str, str, str, str], float]:
    """`{(run, surface, product, task): LogMAE}` as each run's own evaluation has it."""
    records = [json.loads(path.read_text()) for path in (folder / "runs").iterdir()]
    return {
        (r["run"], row["surface"], row["product"], row["task"]): row["log_mae"] for r in records for row in r["rows"]
    }


def but_for_its_time(path: pathlib.Path) -> dict:
    """What a record says that another training must say again: not its time, its threads, nor what a query takes."""
    plain = json.loads(path.read_text())
    plain["fit"] = {name: value for name, value in plain["fit"].items() if "seconds" not in name}
    plain["machine"], _, threads = plain["machine"].rpartition(", ")  # alone, a run has all cores
    assert re.fullmatch(r"\d+ threads? a run", threads)
    return {name: value for name, value in plain.items() if name not in ("seconds", "latency")}


@pytest.fixture(scope="module")
def spread(tmp_path_factory) -> pathlib.Path:
    """Labels that differ, so that pairs can be ranked."""
    return write_labeled(tmp_path_factory.mktemp("spread") / "data", spread=True)


@pytest.fixture(scope="module")
def flags(spread, tmp_path_factory) -> list[str]:
    """All tables share the folder of runs: what one has trained another need not."""
    place = tmp_path_factory.mktemp("tables")
    lines = [f"--data={spread}", f"--runs={place / 'runs'}", "--epochs=1", "--batch_requests=64"]
    lines += ["--held_out_days=1", *NARROW, *SHALLOW]
    (place / "my.flags").write_text("\n".join(lines))
    return [f"--flagfile={place / 'my.flags'}", "--seeds=1"]


@pytest.fixture(scope="module")
def runs(flags) -> pathlib.Path:
    return pathlib.Path(flags[0].removeprefix("--flagfile=")).parent / "runs"


@pytest.fixture(scope="module")
def made(flags, tmp_path_factory):
    """Makes a table once, after that of the architectures; returns its folder of results and what was printed."""
    places: dict[tuple[str, ...], tuple[pathlib.Path, str]] = {}

    def make(table: str, *options: str) -> tuple[pathlib.Path, str]:
        if (table, *options) not in places:
            if table != "arch":
                make(*ARCH)
            results = tmp_path_factory.mktemp(f"table{table}")
            result = reproduce(table, *flags, f"--results={results}", "--workers=2", *options)
            assert result.returncode == 0, result.stderr
            places[table, *options] = (results, result.stdout)
        return places[table, *options]

    return make


SHALLOW = ("--domain_sharing=none",)  # quick to trace
BASELINES = "--baseline=--epochs=2 --root_embedding=12 --child_embedding=8"  # as wide as mtmd with its shallow part
ONE = ("1", BASELINES)
SIX = ("6", "--variants=no_crossing,half_the_data")
ARCH = (
    "arch",
    BASELINES,
    "--only=mtmd,shared_bottom",
    "--arch_overrides=shared_bottom: --head_units=4",
    "--timing_rounds=2",
)


def test_table_1_has_one_model_of_all_slices_and_one_of_each(made):
    records = [json.loads(path.read_text()) for path in (made(*ONE)[0] / "runs").iterdir()]
    slices = ["", "home/shopping", "home/standard", "search/shopping", "search/standard"]
    assert sorted(record["slice"] for record in records) == slices
    for record in records:
        model, train = record["config"]["model"], record["config"]["train"]
        assert (model["architecture"], train["epochs"]) == ((BASELINE, 2) if record["slice"] else ("mtmd", 1))
        assert train["seed"] == 1
        assert min(record["fit"]["cpu_seconds"], *record["parameters"].values()) > 0


def test_table_1_says_first_what_it_orders_and_last_whether_one_model_pays(made):
    folder, printed = made(*ONE)
    assert printed.startswith("5 runs, all of them finished.\n")  # with the table of architectures
    answer = printed.splitlines()[-1]
    assert answer.startswith("Does one model pay here? One model ")
    assert answer.endswith("; of one seed, so try more before you rely on it.")
    assert answer.removeprefix("Does one model pay here? ") in (folder / "table1.md").read_text()


def test_table_1_agrees_with_each_runs_own_evaluation(made):
    folder, _ = made(*ONE)
    table, own = Table1.load(folder / "table1.json"), measured(folder)
    assert len(table.cells) == 4 + 2 + 2  # gctr exists for standard only; and all slices
    of_slice = {"/".join(key[1:3]): key[0] for key in own if "all" not in key and key[0] not in table.unified}
    for cell in table.cells:
        place = (cell.surface, cell.product, cell.task)
        assert cell.unified == pytest.approx(own[table.unified[0], *place], rel=1e-5)
        if cell.surface != "all":
            run = of_slice[f"{cell.surface}/{cell.product}"]
            assert cell.replaced == pytest.approx(own[run, *place], rel=1e-5)
        assert cell.improvement.low <= cell.improvement.value <= cell.improvement.high
        assert 1 - cell.improvement.value / 100 == pytest.approx(cell.unified / cell.replaced, rel=1e-5)


def test_table_1_ranks_the_same_requests_with_the_one_model_and_with_its_slices(made):
    folder, printed = made(*ONE)
    ranked: dict[tuple[str, ...], list[int]] = {}
    for path in (folder / "runs").iterdir():
        for row in json.loads(path.read_text())["funnel"]:
            ranked.setdefault((row["surface"], row["product"], row["task"]), []).append(row["ranked_requests"])
    slices = {place: counts for place, counts in ranked.items() if "all" not in place}
    assert len(slices) == 4 + 2  # ctr everywhere, gctr for standard only
    assert all(len(counts) == 2 and counts[0] == counts[1] > 0 for counts in slices.values())
    assert " of 6 cells." in printed[printed.index("## Funnel") :]


def test_table_6_has_every_effect_of_its_variants(made):
    folder, printed = made(*SIX)
    table, own = Table6.load(folder / "table6.json"), measured(folder)
    assert list(table.variants) == ["reference", "no_crossing", "half_the_data"]
    assert list(dict.fromkeys(cell.effect for cell in table.cells)) == ["DCN V2", "DownSampling"]
    errors = {
        name: [own[run, "all", "all", task] for task in ("ctr", "gctr")] for name, [run] in table.variants.items()
    }
    for name in errors:
        assert list(table.log_mae[name].values()) == pytest.approx(errors[name], rel=1e-5)
    gains = [100 * (1 - new / old) for new, old in zip(errors["reference"], errors["no_crossing"], strict=True)]
    [mean, _] = [cell for cell in table.cells if (cell.task, cell.bucket) == ("all", "all")]
    assert mean.improvement.value == pytest.approx(sum(gains) / 2, abs=1e-3)
    assert "## Where the buckets begin" in printed
    assert (folder / "table6.png").read_bytes().startswith(b"\x89PNG")


def test_table_6_has_a_tenth_of_each_slice_in_each_bucket(made):
    table = Table6.load(made(*SIX)[0] / "table6.json")
    for effect, task, slices in (("DCN V2", "ctr", 4), ("DownSampling", "gctr", 2)):
        pairs = {cell.bucket: cell.pairs for cell in table.cells if (cell.effect, cell.task) == (effect, task)}
        assert list(pairs) == [*BUCKETS[:-1], "all"]
        for bucket in BUCKETS[:-1]:
            assert abs(pairs[bucket] - pairs["all"] / 10) <= slices  # whole pairs in each slice
    assert all(list(edges["ctr"]) == sorted(edges["ctr"], reverse=True) for edges in table.edges.values())


def test_half_the_data_is_trained_on_about_half_of_the_pairs(made):
    folder, _ = made(*SIX)
    table = Table6.load(folder / "table6.json")
    [whole, half] = (
        json.loads((folder / "runs" / f"{table.variants[name][0]}.json").read_text())["fit"]["pairs"]
        for name in ("reference", "half_the_data")
    )
    assert 0.4 < half / whole < 0.6


def test_architectures_are_compared_together_and_split_by_product(made):
    folder, _ = made(*ARCH)
    table, own = Architectures.load(folder / "arch.json"), measured(folder)
    parts = {"": 1, ", split by product": 2}
    together_and_split = {name + how: count for name in ("mtmd", "shared_bottom") for how, count in parts.items()}
    assert {name: len(seeds[0]) for name, seeds in table.runs.items()} == {**together_and_split, BASELINE: 4}
    cells = {(cell.new, cell.old, cell.product, cell.task): cell for cell in table.cells}
    for name in ("mtmd", "shared_bottom"):
        [[run]] = table.runs[name]
        assert cells[name, BASELINE, "all", "gctr"].log_mae == pytest.approx(own[run, "all", "all", "gctr"], rel=1e-5)
        assert {(name, BASELINE), (name + SPLIT, BASELINE), (name + SPLIT, name)} <= {key[:2] for key in cells}
    records = [json.loads(path.read_text()) for path in (folder / "runs").iterdir()]
    assert all(record["latency"] for record in records)
    widths = {r["config"]["model"]["architecture"]: r["config"]["model"]["root_embedding"] for r in records}
    assert widths == {"mtmd": 8, "shared_bottom": 12, BASELINE: 12}  # mtmd's shallow part is 4 wide
    heads = {r["config"]["model"]["architecture"]: r["config"]["model"]["head_units"] for r in records}
    assert (heads["shared_bottom"], heads["mtmd"]) == ([4], [*ModelConfig().head_units])


def test_a_model_of_one_product_is_measured_on_every_surface(made):
    folder, _ = made(*ARCH)
    own = measured(folder)
    for run in Architectures.load(folder / "arch.json").runs["shared_bottom" + SPLIT][0]:
        product = json.loads((folder / "runs" / f"{run}.json").read_text())["slice"].removeprefix("*/")
        places = {key[1:3] for key in own if key[0] == run and "all" not in key[1:3]}
        assert places == {("home", product), ("search", product)}


def test_architectures_are_timed_in_turn_and_on_demand_again(made, runs, tmp_path):
    folder = shutil.copytree(made(*ARCH)[0], tmp_path / "results")
    before = Timing.load(folder / "latency.json")
    assert before.runs == {name: names for name, [names] in Architectures.load(folder / "arch.json").runs.items()}
    assert [list(surfaces) for surfaces in before.latency.values()] == 5 * [["home", "search"]]
    again = ["--time_only", "--timing_rounds=1", f"--runs={runs}", f"--results={folder}"]
    result = reproduce("arch", *again)
    assert result.returncode == 0, result.stderr
    after = Timing.load(folder / "latency.json")
    assert (before.rounds, after.rounds) == (2, 1)
    assert (folder / "arch.md").read_text() in result.stdout
    assert "the medians of 1 rounds' medians" in result.stdout


def test_the_command_is_kept_with_the_results(made):
    about = Metadata.load(made(*ONE)[0])
    assert about.title.startswith("Table 1 on ")
    assert about.command.startswith("python -m mtmd_tf.jobs.reproduce --table=1 --flagfile=")
    assert about.command.endswith(f"--workers=2 '{BASELINES}'")
    assert (about.workers, about.seconds) == (2, None)  # the table of architectures had trained its runs
    assert Metadata.load(made(*ARCH)[0]).seconds > 0


def test_runs_that_another_table_has_trained_are_skipped(made):
    assert made(*ONE)[1].count("skipped") == 5
    assert made(*SIX)[1].count("skipped") == 1  # the reference is the one model of Table 1


LOST = {
    "table1": lambda folder: Table1.load(folder / "table1.json").replaced[0][-1],
    "table6": lambda folder: Table6.load(folder / "table6.json").variants["half_the_data"][0],
    "arch": lambda folder: Architectures.load(folder / "arch.json").runs["shared_bottom" + SPLIT][0][0],
}


@pytest.mark.parametrize(("table", "name"), [(ONE, "table1"), (SIX, "table6"), (ARCH, "arch")], ids=list(LOST))
def test_a_second_call_trains_nothing_and_a_lost_run_comes_out_the_same(made, flags, runs, tmp_path, table, name):
    folder, printed = made(*table)
    before, lost = (folder / f"{name}.json").read_text(), LOST[name](folder)
    record = but_for_its_time(folder / "runs" / f"{lost}.json")
    shutil.move(runs / lost, tmp_path / "lost")
    again = reproduce_cold if table == ONE else reproduce
    result = again(table[0], *flags, f"--results={folder}", *table[1:])
    shutil.rmtree(runs / lost)
    shutil.move(tmp_path / "lost", runs / lost)  # another table may need more of it
    assert result.returncode == 0, result.stderr
    all_runs = printed.count("skipped") + printed.count(": training")
    assert (result.stdout.count("skipped"), result.stdout.count(": training")) == (all_runs - 1, 1)
    assert but_for_its_time(folder / "runs" / f"{lost}.json") == record
    assert (folder / f"{name}.json").read_text() == before


@pytest.mark.parametrize(("table", "name", "figure"), [(ONE, "table1", "table1"), (SIX, "table6", "table6"),
                                                       (ARCH, "arch", "arch")], ids=["1", "6", "arch"])  # fmt: skip
def test_the_results_alone_are_enough_for_the_report(made, tmp_path, table, name, figure):
    folder, _ = made(*table)
    shutil.copytree(folder, tmp_path / "results")
    report, drawn = tmp_path / "results" / f"{name}.md", tmp_path / "results" / f"{figure}.png"
    text = report.read_text()
    report.unlink(), drawn.unlink()
    result = reproduce(table[0], "--rebuild", f"--results={tmp_path / 'results'}")
    assert result.returncode == 0, result.stderr
    assert text in result.stdout
    assert report.read_text() == text
    assert drawn.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize(
    ("table", "wrong", "message"),
    [
        (
            "1",
            "--baseline=--epoch=3",
            "error: Unknown command line flag 'epoch'. Did you mean: epochs ? in '--epoch=3'",
        ),
        ("1", "--seeds=1,1", "error: --seeds must name at least one seed, each once; got [1, 1]."),
        ("1", "--seeds=one", "error: --seeds takes whole numbers separated by commas, got 'one'."),
        ("1", "--data=nowhere", "error: no data set at nowhere: make one"),
        ("1", "--only=mtmd", "error: --only is for --table=arch; table 1 has nothing to choose by it."),
        ("1", "--one=runs/mine", "error: --one is for --table=1 of one seed, such as --seeds=0, without --quick."),
        ("6", "--quick", "error: --quick is for --table=1; table 6 compares what needs its whole training."),
        ("6", "--arch_overrides=ple: --dim=8", "error: --arch_overrides is for --table=arch."),
        ("1", "--time_only", "error: --time_only is for --table=arch; table 1 times no queries."),
        ("6", "--variants=conkat", "error: no variant 'conkat'; choose from ['reference', "),
        ("arch", "--only=nmoe", "error: no architecture 'nmoe'; choose from ['mtmd', "),
        ("arch", "--arch_overrides=ple --dim=8", "error: --arch_overrides takes each architecture once, such as"),
    ],
)
def test_what_a_user_can_mend_is_one_line(labeled, tmp_path, table, wrong, message):
    result = ended(recipe, f"--table={table}", f"--data={labeled}", f"--run={tmp_path / 'run'}", wrong)
    assert result.returncode == 1
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_results_that_are_not_there_cannot_be_written_again():
    result = reproduce("1", "--rebuild", "--results=nowhere")
    assert "error: nowhere/table1.json is no Table 1 of this version" in result.stderr


def test_another_tables_results_are_not_replaced(flags, made):
    folder, _ = made(*ONE)
    result = reproduce("6", *flags, f"--results={folder}")
    assert (result.returncode, result.stdout) == (1, "")
    assert f"{folder} holds the results of --table=1; choose another folder with --results." in result.stderr


def test_an_unknown_variant_is_refused_before_data_is_made(tmp_path):
    where = [f"--data={tmp_path / 'data'}", f"--raw={tmp_path / 'raw'}", f"--runs={tmp_path / 'runs'}"]
    result = ended(recipe, "--table=6", *where, "--build=adworld --requests=60000", "--variants=no_croxing")
    assert (result.returncode, result.stdout) == (1, "")
    assert "error: no variant 'no_croxing'; choose from ['reference', " in result.stderr
