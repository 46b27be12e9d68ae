import json

import pytest

from mtmd_tf.config import ConfigError
from mtmd_tf.experiments.runs.metadata import FILE_NAME, Metadata


def test_it_is_read_as_it_was_kept(tmp_path):
    metadata = Metadata(title="Table 1", command="python", workers=2, seconds=1.5, reduced=("a",), tuning=("b", "c"))
    metadata.save(tmp_path)
    assert Metadata.load(tmp_path) == metadata


def test_what_is_not_said_is_left_out(tmp_path):
    Metadata(title="Table 1").save(tmp_path)
    assert json.loads((tmp_path / FILE_NAME).read_text()) == {"title": "Table 1"}


def test_what_a_person_wrote_stays_and_the_command_is_the_last_one(tmp_path):
    Metadata(title="by hand", command="old", workers=1, seconds=9.0, tuning=("0.1 was worse",)).save(tmp_path)
    Metadata(title="Table 1", command="new", workers=2, seconds=1.5).save(tmp_path)
    kept = Metadata(title="by hand", command="new", workers=2, seconds=1.5, tuning=("0.1 was worse",))
    assert Metadata.load(tmp_path) == kept


def test_the_time_of_the_same_command_stays_where_it_skipped_runs(tmp_path):
    Metadata(command="same", seconds=9.0).save(tmp_path)
    Metadata(command="same").save(tmp_path)
    assert Metadata.load(tmp_path).seconds == 9.0
    Metadata(command="another").save(tmp_path)
    assert Metadata.load(tmp_path).seconds is None


def test_a_folder_without_one_says_nothing(tmp_path):
    assert Metadata.load(tmp_path) == Metadata()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", r"metadata\.json is no description of results: Expecting property name"),
        ("[]", r"metadata\.json is no description of results: Metadata is a JSON object; it is \[\]$"),
        ('{"tunning": []}', r": no field 'tunning' in Metadata; it has \['title', 'command', "),
        ('{"reduced": "half"}', r": Metadata, field 'reduced': \[string, ...\]; it is 'half'$"),
        ('{"tuning": [1]}', r": Metadata, field 'tuning': \[string, ...\]; it is \[1\]$"),
        ('{"seconds": "1 h"}', r": Metadata, field 'seconds': number or null; it is '1 h'$"),
    ],
)
def test_what_is_no_about_is_refused(tmp_path, text, message):
    (tmp_path / FILE_NAME).write_text(text)
    with pytest.raises(ConfigError, match=message):
        Metadata.load(tmp_path)
