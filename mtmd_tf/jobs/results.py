"""Builds the page of all results, and the tables in it, again from the committed JSON alone (paper section 3).

    python -m mtmd_tf.jobs.results --folder=docs/results

Every folder in --folder that `jobs.reproduce --results=...` left is one table: its report and figures are written into
it, and the page, the folder's name with .md, beside --folder. What `jobs.ladder` left in a folder gets a page there
too, by its own folder's name. Needs no data and trains nothing.
"""

import pathlib

from absl import flags

from mtmd_tf.jobs import settings

FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
_FOLDER = flags.DEFINE_string("folder", "docs/results", "folder of the tables' folders", flag_values=FLAGS)


def main(argv: list[str]) -> None:
    """Writes the tables and the page."""
    del argv
    from mtmd_tf.experiments import results_page as page  # takes seconds to import

    folder = pathlib.Path(_FOLDER.value)
    print(page.write(folder))
    print(f"Written to {folder}.md and into {folder}/.")
    for ladder in page.ladders(folder):
        print(f"Written to {folder.with_name(ladder.name)}.md.")


if __name__ == "__main__":
    settings.run(main, FLAGS)
