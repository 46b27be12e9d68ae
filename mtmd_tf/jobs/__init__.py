"""Runnable recipes: `python -m mtmd_tf.jobs.<name> --help`."""
