import pathlib

import pytest

from mtmd_tf.jobs import ladder
from tests.mtmd_tf.jobs.recipe import ended

CHECKOUT = pathlib.Path(__file__).parents[3]


@pytest.mark.parametrize(
    ("name", "first"),
    [
        ("ladder", ["cj:0.02", "adworld:2000", "adworld:6000"]),
        ("ladder-cosine", ["adworld:2000", "cj:0.02", "adworld:6000"]),
    ],
)
def test_a_recipe_plans_every_rung_and_trains_nothing_in_a_dry_run(tmp_path, name, first):
    recipe = f"--flagfile={CHECKOUT}/docs/results/{name}/recipe.flags"
    result = ended(ladder, recipe, f"--results={tmp_path / 'results'}", f"--data_folder={tmp_path}", "--dry_run")
    assert result.returncode == 0, result.stderr
    lines = [line.split()[1] for line in result.stdout.splitlines() if line.startswith(("| cj", "| adworld"))]
    assert lines[:3] == first
    assert "h in all, data and labels included." in result.stdout
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ("--seeds=0,0", "error: --seeds must name at least one seed, each once; got [0, 0]."),
        ("--label=cj:*: --epoch=3", "error: Unknown command line flag 'epoch'. Did you mean: epochs ?"),
        ("--at=cj:* mtmd: --dim=x", "error: flag --dim=x: invalid literal for int() with base 10: 'x' in"),
    ],
)
def test_wrong_settings_are_refused_before_anything_is_trained(tmp_path, wrong, message):
    result = ended(ladder, "--rungs=cj:0.02", f"--results={tmp_path}", f"--data_folder={tmp_path}", wrong)
    assert (result.returncode, result.stdout) == (1, "")
    assert message in result.stderr
    assert result.stderr.count("\n") == 1


def test_data_of_ones_own_that_is_not_there_is_named_with_where_it_was_looked_for(tmp_path, capsys):
    result = ended(ladder, "--rungs=data:mine", f"--results={tmp_path}/results", f"--data_folder={tmp_path}")
    assert result.returncode == 1
    told = f"no data set of the rung data:mine at {tmp_path}/mine-labeled, nor one to label at {tmp_path}/mine."
    assert told in capsys.readouterr().err
