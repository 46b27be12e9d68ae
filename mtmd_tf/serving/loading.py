"""Loads an exported tower and makes sure that it is the one meant."""

import logging
import pathlib

import tensorflow as tf

from mtmd_tf.serving.specification import ServingError


def load_tower(folder: pathlib.Path, *, stamp: str) -> tf.Module:
    """The SavedModel in `folder`.

    Raises:
        ServingError: There is none, or it carries another stamp; it names both.
    """
    if not (folder / "saved_model.pb").exists():
        raise ServingError(f"{folder} holds no SavedModel, though ranker.json names it; export again")
    logger = tf.get_logger()
    level = logger.level
    logger.setLevel(logging.ERROR)  # it warns that an exported tower cannot be trained
    try:
        tower = tf.saved_model.load(str(folder))
    finally:
        logger.setLevel(level)
    own = tower.stamp().numpy().decode()
    if own != stamp:
        raise ServingError(f"{folder} carries the stamp {own}, but ranker.json says {stamp}; export again")
    return tower
