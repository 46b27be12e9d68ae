"""Fewer searches for garbage: tests make millions of objects, and the searches look through all of TensorFlow's too."""

import gc


def search_less() -> None:
    """From here on: what exists now is never searched again, and there is one search in 50,000 objects."""
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)
