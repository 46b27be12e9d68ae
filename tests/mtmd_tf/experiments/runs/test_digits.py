from mtmd_tf.experiments.runs.digits import short


def test_seven_digits_are_kept():
    assert short(1 / 3) == 0.3333333
