"""What a change of the lightweight ranker does at the cut, with intervals over requests and seeds (paper section 1).

    python -m mtmd_tf.jobs.compare_cuts --reference=runs/none-0,runs/none-1 --arm='rcr: runs/rcr-0,runs/rcr-1'

Runs are folders of finished trainings that differ in the seed alone, in the order of their seeds. `--cuts=10:50` asks
how many of the heavyweight ranker's best 10 are missed if 50 are kept.
"""

import pathlib

from absl import flags

from mtmd_tf.config import ConfigError
from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_REFERENCE = flags.DEFINE_list("reference", None, "runs to compare with", required=True, flag_values=FLAGS)
_ARMS = flags.DEFINE_multi_string(
    "arm", None, "runs to compare, 'NAME: RUN,RUN'; repeat it", required=True, flag_values=FLAGS
)
_CUTS = flags.DEFINE_list(
    "cuts", [], "K:N, the heavyweight ranker's best K and the N kept; by default what a report has", flag_values=FLAGS
)
_DATA = flags.DEFINE_string(
    "data", "", "folder of the labeled data set; by default the one of each run", flag_values=FLAGS
)
_OUT = flags.DEFINE_string("out", "", "file to write the Markdown to as well", flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Measures every run once and prints the comparison."""
    del argv
    arms = _arms(_ARMS.value)
    cuts = [_cut(text) for text in _CUTS.value]

    # TensorFlow takes seconds: only once the flags are good
    from mtmd_tf.evaluation.views import candidates
    from mtmd_tf.experiments.cuts.comparison import compared
    from mtmd_tf.experiments.cuts.measure import at_cuts
    from mtmd_tf.metrics import tops_and_cuts
    from mtmd_tf.training import runs
    from tfrecords_tools.files import write_text

    if not cuts:
        tops, kept = tops_and_cuts(candidates(runs.open_data(pathlib.Path(_REFERENCE.value[0]), _DATA.value)))
        cuts = [(top, cut) for top in tops for cut in kept if top <= cut]

    def measured(folders: list[str]) -> list:
        return [at_cuts(pathlib.Path(folder), cuts=cuts, data=_DATA.value) for folder in folders]

    text = compared(measured(_REFERENCE.value), {name: measured(folders) for name, folders in arms.items()})
    if _OUT.value:
        write_text(pathlib.Path(_OUT.value), text + "\n")
    print(text)


def _arms(texts: list[str]) -> dict[str, list[str]]:
    arms: dict[str, list[str]] = {}
    for text in texts:
        name, colon, folders = text.partition(":")
        if not colon or not name.strip() or not folders.strip():
            raise ConfigError(f"--arm={text!r} is not of the form 'NAME: RUN,RUN'.")
        if name.strip() in arms:
            raise ConfigError(f"--arm names {name.strip()!r} twice; give every arm its own name.")
        arms[name.strip()] = [folder.strip() for folder in folders.split(",")]
    return arms


def _cut(text: str) -> tuple[int, int]:
    top, colon, kept = text.partition(":")
    if not (colon and top.isdigit() and kept.isdigit() and 1 <= int(top) <= int(kept)):
        raise ConfigError(f"--cuts has {text!r}; write K:N with 1 <= K <= N, such as 10:50.")
    return int(top), int(kept)


if __name__ == "__main__":
    settings.run(main, FLAGS)
