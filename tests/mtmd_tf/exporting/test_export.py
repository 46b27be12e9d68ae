"""Tests of mtmd_tf/exporting/export.py, stamp.py and specification.py."""

import dataclasses
import hashlib
import json
import pathlib
import shutil
import signal

import pytest

from mtmd_tf.config import ModelConfig, TrainConfig, plain
from mtmd_tf.exporting import export as exporting
from mtmd_tf.exporting.description import describe, stamp_of
from mtmd_tf.exporting.export import export
from mtmd_tf.exporting.parity import TOLERANCE
from mtmd_tf.features.reading import DataSet
from mtmd_tf.model import TwoTowerModel
from mtmd_tf.serving.embedding.embeddings import embed_items
from mtmd_tf.serving.specification import RankerSpec, ServingError, TaskSlice
from mtmd_tf.training import fit
from tests import warm
from tests.malformed import refused
from tests.mtmd_tf.serving.world import NARROW, World, small_model
from tests.tfrecords_tools.tiny import tiny_schema
from tfrecords_tools.locks import alone_in


@pytest.fixture
def without_tensors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exports that write folders and no graph: milliseconds instead of seconds."""

    def write(tower: object, spec: RankerSpec, folder: pathlib.Path, sample: object) -> pathlib.Path:
        temporary = folder.with_name(f".{folder.name}.tmp")
        (temporary / "assets.extra").mkdir(parents=True)
        (temporary / "assets.extra/ranker.json").write_text(spec.to_json())
        (temporary / "saved_model.pb").write_text("no graph")
        return temporary

    monkeypatch.setattr(exporting, "_write", write)
    monkeypatch.setattr(exporting, "check_parity", lambda *_, **__: {("home", "standard", "ctr"): 0.0})


def tree(folder: pathlib.Path) -> list[str]:
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


def test_an_export_is_two_towers_a_schema_and_a_ranker(world: World) -> None:
    found = tree(world.exports)
    for path in ("query_tower/1/saved_model.pb", "item_tower/1/saved_model.pb", "schema.json", "ranker.json"):
        assert path in found
    assert not [path for path in found if ".tmp" in path]


def test_another_architecture_is_described_the_same_way() -> None:
    spec = describe(small_model(architecture="mmoe_dcn"), stamp="s", version=1)
    assert spec.tasks == (
        TaskSlice(name="ctr", parent=None, start=0, deep=8, shallow=2),
        TaskSlice(name="gctr", parent="ctr", start=10, deep=4, shallow=2),
    )


def test_a_model_of_every_other_setting_is_trained_and_exported(
    labeled: pathlib.Path, narrow: ModelConfig, tmp_path: pathlib.Path
) -> None:
    config = dataclasses.replace(
        narrow,
        domain_adaptation=False,
        crossing=False,
        normalization="post",
        composition="concat",
        count_shallow=True,
        child_embedding=5,
        max_table_rows=3,
    )
    data = DataSet.open(labeled)
    model, days = TwoTowerModel(data.schema, config=config, seed=1), data.manifest.days("train")
    train = TrainConfig(epochs=1, batch_requests=64, warmup_steps=1, patience=0)
    fit(model, data, config=train, run=tmp_path / "run", days=days[:-1], held_out_days=days[-1:])
    done = export(model, tmp_path / "exports")
    assert max(done.differences.values()) <= TOLERANCE
    assert done.spec.tasks == (
        TaskSlice(name="ctr", parent=None, start=0, deep=4, shallow=6),
        TaskSlice(name="gctr", parent="ctr", start=10, deep=1, shallow=6),
    )


@pytest.mark.parametrize(
    ("setting", "shallow"),
    [({"normalization": "none", "gate_activation": "relu"}, 6), ({"shallow": False}, 2)],
    ids=["none, relu", "no shallow"],
)
def test_a_model_with_one_factor_less_is_exported(tmp_path: pathlib.Path, setting: dict, shallow: int) -> None:
    model = TwoTowerModel(tiny_schema(), config=dataclasses.replace(NARROW, **setting), seed=1)
    model.make_variables()
    done = export(model, tmp_path)
    assert max(done.differences.values()) <= TOLERANCE
    assert [task.shallow for task in done.spec.tasks] == [shallow, shallow]


def test_ranker_json_says_what_a_ranker_must_know(world: World) -> None:
    plain = json.loads((world.exports / "ranker.json").read_text())
    assert plain["tasks"] == [
        {
            "name": "ctr",
            "parent": None,
            "start": 0,
            "deep": 8,
            "shallow": 6,
            "slices": [["home", "standard"], ["home", "shopping"], ["search", "standard"], ["search", "shopping"]],
        },
        {
            "name": "gctr",
            "parent": "ctr",
            "start": 14,
            "deep": 4,
            "shallow": 6,
            "slices": [["home", "standard"], ["search", "standard"]],
        },
    ]
    assert plain["embedding_width"] == 24
    assert plain["constrained"] == {"home": True, "search": False}
    assert plain["stamp"] == stamp_of(world.model)
    assert plain["schema_fingerprint"] == tiny_schema().fingerprint()


def test_the_specification_comes_back_from_its_file(world: World) -> None:
    assert RankerSpec.load(world.exports) == describe(world.model, stamp=stamp_of(world.model), version=1)


def test_a_model_of_some_tasks_has_coordinates_for_those(tmp_path: pathlib.Path) -> None:
    model = TwoTowerModel(tiny_schema(), config=dataclasses.replace(NARROW, tasks=("ctr",)))
    spec = describe(model, stamp="s", version=1)
    assert spec.tasks == (TaskSlice(name="ctr", parent=None, start=0, deep=8, shallow=6),)
    assert spec.width == 14


def test_the_stamp_follows_weights_and_configuration_and_nothing_else() -> None:
    model, same, other = small_model(), small_model(), small_model()
    other.query_tower.weights[3].assign_add(other.query_tower.weights[3] * 1e-6)
    assert stamp_of(model) == stamp_of(same) != stamp_of(other)
    configured = TwoTowerModel(tiny_schema(), config=dataclasses.replace(NARROW, constrained=False))
    configured.make_variables()
    configured.query_tower.set_weights(model.query_tower.get_weights())
    configured.item_tower.set_weights(model.item_tower.get_weights())
    assert stamp_of(configured) != stamp_of(model)


def test_the_same_export_again_is_left_alone(world: World) -> None:
    before = {path: (world.exports / path).stat().st_mtime_ns for path in tree(world.exports)}
    again = export(world.model, world.exports)
    assert (again.spec.version, again.differences) == (1, {})
    assert {path: (world.exports / path).stat().st_mtime_ns for path in tree(world.exports)} == before


@pytest.mark.usefixtures("without_tensors")
def test_new_weights_are_a_new_version_beside_the_old(tmp_path: pathlib.Path) -> None:
    export(small_model(seed=1), tmp_path)
    assert export(small_model(seed=2), tmp_path).spec.version == 2
    assert sorted(path.name for path in (tmp_path / "query_tower").iterdir()) == ["1", "2"]
    assert RankerSpec.load(tmp_path).version == 2


@pytest.mark.usefixtures("without_tensors")
def test_an_export_cut_off_between_the_towers_is_completed(tmp_path: pathlib.Path) -> None:
    model = small_model()
    export(model, tmp_path)
    whole = tree(tmp_path)
    shutil.rmtree(tmp_path / "item_tower/1")
    (tmp_path / "ranker.json").unlink()
    assert export(model, tmp_path).spec.version == 1
    assert tree(tmp_path) == whole


KILLED = """
import os, signal, sys
from mtmd_tf.exporting import export as exporting
from tests.mtmd_tf.serving.world import small_model

place, out = sys.argv[1:]
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)

if place == "save":
    save = exporting.save_signatures
    def half(*arguments):
        save(*arguments)
        die()
    exporting.save_signatures = half
else:
    exporting.check_parity = die
exporting.export(small_model(), out)
"""


@pytest.mark.parametrize(("place", "left"), [("save", 1), ("check", 2)])
def test_a_killed_export_leaves_no_folder_that_a_server_would_load(
    world: World, tmp_path: pathlib.Path, place: str, left: int
) -> None:
    done = warm.run("-c", KILLED, place, str(tmp_path))
    assert done.returncode == -signal.SIGKILL
    assert len(list(tmp_path.glob("*/*/saved_model.pb"))) == left
    assert not [path for path in tmp_path.glob("*/*") if path.name.isdecimal()]  # a server loads numbers alone
    assert not (tmp_path / "ranker.json").exists()
    if place == "check":
        export(small_model(), tmp_path)
        assert tree(tmp_path) == tree(world.exports)


@pytest.mark.usefixtures("without_tensors")
def test_two_exports_into_one_folder_at_once_are_refused(world: World, tmp_path: pathlib.Path) -> None:
    with alone_in(tmp_path, doing="exporting", other="--out", raises=OSError):
        with pytest.raises(ServingError, match=r"another process is exporting in .*; wait for it or choose another"):
            export(world.model, tmp_path)
        with pytest.raises(ServingError, match=r"another process is embedding items in .*; wait for it or choose"):
            embed_items(world.exports, world.data, tmp_path, workers=1)
    assert [path.name for path in tmp_path.iterdir()] in ([], [".lock"])
    assert export(world.model, tmp_path).spec.version == 1


@pytest.mark.usefixtures("without_tensors")
def test_a_version_of_another_stamp_is_not_overwritten(tmp_path: pathlib.Path) -> None:
    first = export(small_model(seed=1), tmp_path, version=7).spec.stamp
    with pytest.raises(
        ServingError, match=rf"query_tower/7 exists and carries the stamp {first}, this export has \w+; choose"
    ):
        export(small_model(seed=2), tmp_path, version=7)


@pytest.mark.usefixtures("without_tensors")
def test_towers_that_differ_from_the_model_are_not_published(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def differ(*_, **__) -> None:
        raise ServingError("they differ")

    monkeypatch.setattr(exporting, "check_parity", differ)
    with pytest.raises(ServingError, match="they differ"):
        export(small_model(), tmp_path)
    assert not (tmp_path / "ranker.json").exists()
    assert not (tmp_path / "query_tower/1").exists()


def test_a_folder_without_an_export_is_named(tmp_path: pathlib.Path) -> None:
    with pytest.raises(ServingError, match=r"holds no ranker.json: no finished export; run export.py"):
        RankerSpec.load(tmp_path)


def test_a_damaged_export_is_not_taken_for_a_complete_one(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    tower = tmp_path / "exports/item_tower/1"
    [values] = (tower / "variables").glob("*.data-*")
    values.write_bytes(values.read_bytes()[:100])
    with pytest.raises(ServingError, match=r"item_tower/1 is damaged \(.*\); remove it and export again"):
        export(world.model, tmp_path / "exports")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"parent": "ctr"', '"parent": null'),
        ('"search": false', '"search": true'),
        ('"start": 14', '"start": 13'),
        ('"version": 1', '"version": 2'),
        ('"format": 2,', ""),
        ('"deep": 8', '"deep": 9'),
    ],
)
def test_an_edit_of_ranker_json_is_seen(world: World, tmp_path: pathlib.Path, old: str, new: str) -> None:
    shutil.copytree(world.exports, tmp_path / "exports", ignore=shutil.ignore_patterns("*_tower"))
    path = tmp_path / "exports/ranker.json"
    assert old in path.read_text()
    path.write_text(path.read_text().replace(old, new))
    message = r"ranker.json (was changed after it was written: [^;]+|has the format None, .* reads 2 and 3)"
    with refused("export", (old, new), ServingError, match=message + r"; export again: python export.py --run=RUN"):
        RankerSpec.load(tmp_path / "exports")


def test_an_export_of_before_is_told_to_be_made_again(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.exports, tmp_path / "exports", ignore=shutil.ignore_patterns("*_tower"))
    path = tmp_path / "exports/ranker.json"
    plain = json.loads(path.read_text())
    del plain["digest"]
    path.write_text(json.dumps(plain | {"format": 1}))
    with pytest.raises(
        ServingError, match=r"ranker.json has the format 1, this version reads 2 and 3; export again: python"
    ):
        RankerSpec.load(tmp_path / "exports")


@pytest.mark.usefixtures("without_tensors")
def test_a_damaged_ranker_json_is_written_again_by_export(tmp_path: pathlib.Path) -> None:
    export(small_model(), tmp_path)
    whole = (tmp_path / "ranker.json").read_bytes()
    (tmp_path / "ranker.json").write_bytes(whole.replace(b'"ctr"', b'"clk"'))
    export(small_model(), tmp_path)
    assert (tmp_path / "ranker.json").read_bytes() == whole


def test_a_flipped_bit_of_a_towers_graph_is_named(world: World, tmp_path: pathlib.Path) -> None:
    shutil.copytree(world.exports, tmp_path / "exports")
    spec = RankerSpec.load(tmp_path / "exports")
    path = tmp_path / "exports/query_tower/1/saved_model.pb"
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(ServingError, match=r"query_tower/1/saved_model.pb is not as it was exported; remove .*/1 and"):
        spec.require_graph(tmp_path / "exports", "query_tower")


def test_the_stamp_follows_what_a_ranker_makes_of_an_embedding(monkeypatch: pytest.MonkeyPatch) -> None:
    model = small_model()
    before = stamp_of(model)
    monkeypatch.setitem(model.parents, "gctr", None)
    assert stamp_of(model) != before


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_damaged_ranker_json_is_named(world: World, tmp_path: pathlib.Path, text: str) -> None:
    (tmp_path / "ranker.json").write_text(text)
    with refused(
        "export", text, ServingError, match=r"ranker.json (is not JSON \(.*\)|holds no JSON object); export again"
    ):
        RankerSpec.load(tmp_path)


def test_the_ranker_says_what_the_model_was_trained_on(without_tensors: None, tmp_path: pathlib.Path) -> None:
    model, seen = small_model(), {"ctr": 7, "gctr": 0}
    trained = {surface: {"standard": seen, "shopping": {"ctr": 0}} for surface in ("home", "search")}
    export(model, tmp_path, trained=trained)
    loaded = RankerSpec.load(tmp_path)
    assert loaded.trained == trained
    assert loaded.untrained_tasks("home", "standard") == ("gctr",)
    assert dataclasses.replace(loaded, trained=None).untrained_tasks("home", "standard") == ()


def test_an_export_from_before_that_was_written_is_completed(without_tensors: None, tmp_path: pathlib.Path) -> None:
    model, trained = small_model(), {"home": {"standard": {"ctr": 7}}}
    export(model, tmp_path)
    assert RankerSpec.load(tmp_path).trained is None
    assert export(model, tmp_path, trained=trained).spec.version == 1
    assert RankerSpec.load(tmp_path).trained == trained


def test_the_last_day_stays_where_a_repeated_export_no_longer_knows_it(
    without_tensors: None, tmp_path: pathlib.Path
) -> None:
    model, trained = small_model(), {"home": {"standard": {"ctr": 7}}}
    export(model, tmp_path, last_day="2025-03-08")
    assert export(model, tmp_path, trained=trained).spec.last_day == "2025-03-08"
    assert RankerSpec.load(tmp_path).trained == trained
    assert export(model, tmp_path, trained=trained, last_day="2025-03-09").spec.last_day == "2025-03-09"


def test_usual_features_stay_where_a_repeated_export_no_longer_knows_them(
    without_tensors: None, tmp_path: pathlib.Path
) -> None:
    usual = {"home": ["country", "age"], "search": []}
    export(small_model(), tmp_path)
    assert RankerSpec.load(tmp_path).usual is None
    assert export(small_model(), tmp_path, usual=usual).spec.version == 1
    assert RankerSpec.load(tmp_path).usual == usual
    assert export(small_model(), tmp_path, last_day="2025-03-08").spec.usual == usual


def test_a_linear_term_travels_in_ranker_json_which_older_versions_refuse(world_with_term: World, world: World) -> None:
    plain = json.loads((world_with_term.exports / "ranker.json").read_text())
    assert plain["format"] == 3
    (seen,) = plain["score_features"]
    assert seen["name"] == "seen"
    assert seen["log1p"] is True
    assert seen["weight"].keys() == seen["missing"].keys() == {"ctr", "gctr"}
    assert "score_features" in plain["formula"]
    assert RankerSpec.load(world_with_term.exports).score_features == world_with_term.model.described_term()
    without = json.loads((world.exports / "ranker.json").read_text())
    assert without["format"] == 2
    assert "score_features" not in json.dumps(without)


def test_the_stamp_follows_the_linear_term_and_is_as_before_without_one() -> None:
    model = small_model(score_features=("cross/seen",))
    before = stamp_of(model)
    model.cross_term.trainable_weights[0].assign_add([[1.0], [1.0]])
    assert stamp_of(model) != before
    model = small_model()
    later = ("min_count", "max_table_rows", "score_features")
    config = {name: value for name, value in plain(model.config).items() if name not in later}
    digest = hashlib.sha256(model.schema.fingerprint().encode())
    digest.update(json.dumps(config, sort_keys=True).encode())
    digest.update(json.dumps(describe(model, stamp="", version=0).meaning(), sort_keys=True).encode())
    for variable in (*model.query_tower.weights, *model.item_tower.weights):
        value = variable.numpy()
        digest.update(f"{value.dtype}{value.shape}".encode() + value.tobytes())
    assert stamp_of(model) == digest.hexdigest()[:16]
