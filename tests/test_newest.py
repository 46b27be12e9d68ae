"""What is installed beside the newest TensorFlow, and what an outcome says."""

from tests.newest import Outcome, others, outcomes, text_of

REPORT = """<testsuites><testsuite>
<testcase classname="tests.mtmd_tf.test_a" name="test_one"/>
<testcase classname="tests.mtmd_tf.test_a" name="test_two"><failure message="not so">...</failure></testcase>
<testcase classname="tests.mtmd_tf.test_b" name="test_three"><skipped/></testcase>
<testcase classname="tests.mtmd_tf.test_b" name="test_four"><error message="no fixture"/></testcase>
</testsuite></testsuites>"""


def test_everything_but_tensorflow_and_what_hangs_on_its_version_is_installed_as_required() -> None:
    requirements = [
        "tensorflow<2.22,>=2.21",
        "tf_keras<2.22,>=2.21",
        "tensorflow-recommenders<0.8,>=0.7.7",
        "tensorflow-datasets<5,>=4.9.10",
        "numpy<3,>=2.1",
        'pytest>=8.3; extra == "test"',
        "usearch>=2.17; extra == 'approximate'",
        'colorama; sys_platform == "win32"',
    ]
    assert others(requirements) == ["tensorflow-datasets<5,>=4.9.10", "numpy<3,>=2.1", "pytest>=8.3", "colorama"]


def test_a_failure_and_an_error_are_both_a_test_that_failed() -> None:
    assert outcomes(REPORT) == [
        Outcome(file="tests.mtmd_tf.test_a", passed=1, failed=("test_two",), skipped=0),
        Outcome(file="tests.mtmd_tf.test_b", passed=0, failed=("test_four",), skipped=1),
    ]


def test_the_outcome_names_versions_and_every_test_that_failed() -> None:
    assert text_of({"tf-nightly": "2.23"}, outcomes(REPORT)).splitlines() == [
        "| package | version |",
        "|---|---|",
        "| tf-nightly | 2.23 |",
        "",
        "1 tests passed, 2 failed, 1 skipped, in 2 files.",
        "- `tests.mtmd_tf.test_a`: `test_two`",
        "- `tests.mtmd_tf.test_b`: `test_four`",
    ]
