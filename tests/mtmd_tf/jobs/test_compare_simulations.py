import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import compare_simulations
from tests.mtmd_tf.jobs.recipe import call
from tests.mtmd_tf.simulation.run_folders import leave_run
from tests.mtmd_tf.simulation.user_rows import user_rows


def test_it_prints_the_report(tmp_path, capsys):
    folders = [leave_run(tmp_path / f"{keep}", user_rows(60), settings={"keep": keep}) for keep in (10, 20)]
    call(compare_simulations, *(f"--folder={folder}" for folder in folders), f"--out={tmp_path / 'out'}")
    assert capsys.readouterr().out.startswith("# Simulations compared\n\n## The cut\n")


def test_folders_are_given_once(tmp_path):
    with pytest.raises(ConfigError, match="give --folder, once for each simulation"):
        call(compare_simulations, f"--out={tmp_path}")
    with pytest.raises(ConfigError, match="--folder=a comes twice"):
        call(compare_simulations, "--folder=a", "--folder=a", f"--out={tmp_path}")
