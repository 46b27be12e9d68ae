"""Users to arms."""

import numpy as np

from mtmd_tf.simulation.assignment import arm_of

USERS = np.arange(100_000)


def test_arms_get_their_shares():
    counts = np.bincount(arm_of(USERS, "salt", [0.5, 0.3, 0.2]))
    assert np.abs(counts / len(USERS) - [0.5, 0.3, 0.2]).max() < 0.006  # four standard errors


def test_a_user_stays_in_its_arm_whoever_else_is_asked():
    assert arm_of(USERS[4_321:4_322], "salt", [0.5, 0.5])[0] == arm_of(USERS, "salt", [0.5, 0.5])[4_321]


def test_another_salt_is_independent():
    one, other = arm_of(USERS, "one", [0.5, 0.5]), arm_of(USERS, "other", [0.5, 0.5])
    assert abs(np.mean(one == other) - 0.5) < 0.007
