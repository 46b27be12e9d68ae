import pytest

from mtmd_tf.benchmarks.figures import Bench, Figure, Machine, Section
from mtmd_tf.config import ConfigError

MACHINE = Machine(
    processor="a processor", cores=2, instructions=("avx2", "fma"), float32=2e11, bfloat16=1e11, bandwidth=2e10
)
FIGURES = (
    Figure(name="fast", value=12.0, unit="times", target=10.0, note="7 pairs/s"),
    Figure(name="slow", value=30.0, unit="%", target=60.0),
    Figure(name="late", value=4.0, unit="floors", target=2.0, at_most=True),
    Figure(name="absent", value=None, unit="times", target=2.0, note="needs the package torch"),
    Figure(name="plain", value=1234.5, unit="pairs/s"),
)


@pytest.fixture
def bench() -> Bench:
    return Bench(rounds=3, machine=MACHINE, sections={"training": Section(figures=FIGURES, seconds=120.0)})


def test_a_ratio_of_1_and_more_meets_the_target() -> None:
    assert [(figure.ratio, figure.met) for figure in FIGURES] == [
        (1.2, "yes"),
        (0.5, "no"),
        (0.5, "no"),
        (None, "not measured"),
        (None, "-"),
    ]


def test_a_folder_gives_back_what_was_saved(bench, tmp_path) -> None:
    bench.save(tmp_path)
    assert Bench.load(tmp_path) == bench
    (tmp_path / "bench.json").write_text('{"rounds": "3"}')
    with pytest.raises(ConfigError, match=r"bench\.json is no benchmark of this version: .*'rounds': integer"):
        Bench.load(tmp_path)


def test_the_table_says_machine_targets_and_what_is_missing(bench) -> None:
    lines = bench.text().splitlines()
    assert lines[0].startswith("a processor, 2 cores, avx2, fma; large matrix products: 200 GFLOP/s in float32, 100 in")
    assert lines[2] == "Medians of 3 rounds in which all took turns; 2 minutes in all."
    assert [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines[6:]] == [
        ["matrix peak, bfloat16 / float32", "0.5 times", "-", "-", "-", "no gain: float32 is right here"],
        ["fast", "12 times", "at least 10", "1.20", "yes", "7 pairs/s"],
        ["slow", "30 %", "at least 60", "0.50", "no", ""],
        ["late", "4 floors", "at most 2", "0.50", "no", ""],
        ["absent", "- times", "at least 2", "-", "not measured", "needs the package torch"],
        ["plain", "1,234 pairs/s", "-", "-", "-", ""],
    ]
