from mtmd_tf.evaluation import over_slices

REPORT = "# Evaluation\n\n- pairs: 4\n\n## LogMAE\n\ncells\n\n## How to read it\n\nso\n"
WITH = REPORT.replace("\n\n## LogMAE", "\n\n## Against one model a slice\n\n+5%\n\n## LogMAE")


def test_a_run_without_baselines_has_no_section(tmp_path):
    assert over_slices.with_section(REPORT, tmp_path) == REPORT


def test_the_section_stands_before_all_others_and_once(tmp_path):
    (tmp_path / over_slices.FILE_NAME).write_text("+5%\n")
    assert over_slices.with_section(REPORT, tmp_path) == WITH
    assert over_slices.with_section(WITH, tmp_path) == WITH
    (tmp_path / over_slices.FILE_NAME).write_text("+7%\n\n| a table |")
    assert over_slices.with_section(WITH, tmp_path) == WITH.replace("+5%", "+7%\n\n| a table |")
