import pathlib

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import FunnelRow, Row
from mtmd_tf.simulation.reports.offline_table import of_evaluations, of_file, paths_named
from tests.mtmd_tf.funnel_rows import funnel_row
from tfrecords_tools.requests import DataError


def funnel(top: int, cut: int, recall: float) -> FunnelRow:
    measured = {"score_loss": 0.02, "rank_correlation": 0.7, "hit_rate": 0.6}
    return funnel_row(top, cut, surface="all", recall=recall, **measured)


def leave(path: pathlib.Path) -> pathlib.Path:
    rows = [
        Row(surface=surface, product="all", task="ctr", exists=True, log_mae=0.2 + place, kl=0.01, auc=0.7)
        for place, surface in enumerate(("all", "search"))
    ]
    cut = (funnel(1, 20, 0.9), funnel(10, 20, 0.8), funnel(1, 200, 0.99), funnel(50, 20, 0.1))
    evaluation = Evaluation(run="a", data="d", clip=1e-6, rows=tuple(rows), baseline=tuple(rows), funnel=cut)
    evaluation.save(path)
    return path


def test_a_models_measures_are_those_of_all_slices_at_the_nearest_cut(tmp_path):
    found = of_evaluations({"mtmd": leave(tmp_path / "evaluation.json")}, tasks=["ctr"], cut=50)
    assert found.to_dict("records") == [
        {"model": "mtmd", "LogMAE": 0.2, "KL": 0.01, "AUC": 0.7}
        | {"recall of the top 1 at 20": 0.9, "recall of the top 10 at 20": 0.8}
        | {"score loss at 20": 0.02, "hit rate at 20": 0.6, "rank correlation": 0.7}
    ]


def test_of_several_tasks_each_column_is_named_after_its_task(tmp_path):
    path = leave(tmp_path / "evaluation.json")
    [found] = of_evaluations({"mtmd": path}, tasks=["ctr", "ctr"], cut=50).to_dict("records")
    assert found["ctr: LogMAE"] == 0.2
    assert "LogMAE" not in found


def test_another_task_or_file_is_one_line(tmp_path):
    path = leave(tmp_path / "evaluation.json")
    with pytest.raises(DataError, match=r"evaluation.json has no task 'cvr'; its tasks are ctr"):
        of_evaluations({"mtmd": path}, tasks=["cvr"], cut=50)
    path.write_text("{}")
    with pytest.raises(DataError, match=r"evaluation.json"):
        of_evaluations({"mtmd": path}, tasks=["ctr"], cut=50)


def test_evaluations_are_named_by_arm():
    assert paths_named(["mtmd=a/b=c.json"]) == {"mtmd": pathlib.Path("a/b=c.json")}
    with pytest.raises(ConfigError, match="--evaluation=mtmd: it is ARM=PATH, such as mtmd=runs/mtmd/evaluation"):
        paths_named(["mtmd"])
    with pytest.raises(ConfigError, match="--evaluation=a=y: the arm 'a' comes twice"):
        paths_named(["a=x", "a=y"])


def test_a_table_is_read(tmp_path):
    (tmp_path / "models.csv").write_text("model,AUC\na,0.5\n")
    assert of_file(tmp_path / "models.csv").to_dict("records") == [{"model": "a", "AUC": 0.5}]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("name,AUC\na,1\n", r"models.csv lacks the column 'model', the names of arms; it has name, AUC"),
        ("model,AUC\na,1\na,2\n", r"models.csv: the model 'a' comes twice; give one row a model"),
        ("model,AUC\na,good\n", r"models.csv: the column 'AUC' must hold numbers"),
        ("", r"models.csv is no CSV in UTF-8 with a row of names"),
    ],
)
def test_a_broken_table_is_one_line(tmp_path, text, line):
    (tmp_path / "models.csv").write_text(text)
    with pytest.raises(DataError, match=line):
        of_file(tmp_path / "models.csv")
