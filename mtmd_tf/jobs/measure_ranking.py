"""Measures what stored item embeddings lose against exact float32 (paper sections 2.2 and 3.1).

python -m mtmd_tf.jobs.measure_ranking --export=exports/hf --embeddings=embeddings/hf --data=data/adworld-labeled
"""

from absl import flags

from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_EMBEDDINGS = flags.DEFINE_string("embeddings", None, "folder of its item embeddings", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string("data", None, "data set with labels in its split eval", required=True, flag_values=FLAGS)
_UTILITY = flags.DEFINE_string("utility", "", "what to rank by; empty adds up all tasks", flag_values=FLAGS)
_TOP = flags.DEFINE_integer("top", 100, "K of the recall", lower_bound=1, flag_values=FLAGS)
_REQUESTS = flags.DEFINE_integer(
    "max_requests", 200, "the last requests of the split", lower_bound=1, flag_values=FLAGS
)
_APPROXIMATE = flags.DEFINE_bool("approximate", False, "measure the approximate index too", flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Reads the flags, measures and prints."""
    del argv
    from mtmd_tf.benchmarks.storage_comparison import compare_storages

    table = compare_storages(
        _EXPORT.value,
        _EMBEDDINGS.value,
        _DATA.value,
        utility=_UTILITY.value or None,
        top=_TOP.value,
        max_requests=_REQUESTS.value,
        approximate=_APPROXIMATE.value,
    )
    print(table.T.to_string(float_format="{:.6g}".format))


if __name__ == "__main__":
    settings.run(main, FLAGS)
