"""Builds and labels a data set that a recipe needs and that is not there yet."""

import itertools
import pathlib
import shlex
import subprocess
import sys
from collections.abc import Sequence

from absl import flags

from mtmd_tf.config import ConfigError, HeavyweightConfig, HeavyweightTrainConfig, arguments
from mtmd_tf.heavyweight.labels.origin import require_settings
from mtmd_tf.jobs import settings
from tfrecords_tools import manifest, parents

_UNSAID = {"domain_distance": "as_is"}  # an ad world made before there was a choice does not say it


def define(*, required: bool = True, into: flags.FlagValues) -> None:
    """Defines the flags that say which data set a recipe needs, and how to make it; `required`: --data must be said."""
    for name, default, text in (
        ("data", None, "folder of the labeled data set"),
        ("raw", "", "folder of the data set without labels that --data is labeled from, where --data is missing"),
        ("build", "", "how to build --raw where it is missing: arguments of `python -m tfrecords_tools build`"),
        ("label", "", "settings of the ranker that labels --data where that is missing: flags of `mtmd_tf.jobs.label`"),
    ):
        flags.DEFINE_string(name, default, text, into, required=required and default is None)


def prepared(source: flags.FlagValues, *, alone: bool = True) -> pathlib.Path:
    """The folder that the flag --data names, made first where it is missing; raises as `prepare` does.

    Args:
        source: The flags.
        alone: Whether this is the only process with these flags; if not, what is missing is not made.
    """
    if not source.data:
        raise ConfigError("say --data, the folder of the labeled data set.")
    folder = pathlib.Path(source.data)
    if not alone and not _complete(folder):
        raise ConfigError(f"no data set at {folder}, and no worker builds it; build it once, before the workers start.")
    prepare(folder, raw=source.raw, build=source.build, label=source.label)
    return folder


def prepare(data: pathlib.Path, *, raw: str, build: str, label: str = "") -> None:
    """Makes `data` where it is missing: builds `raw`, then labels it with a heavyweight ranker. Says what it does.

    Args:
        data: Folder of the labeled data set.
        raw: Folder of the data set without labels, or empty.
        build: Arguments of `python -m tfrecords_tools build` that make `raw`, or empty.
        label: Settings of the ranker that labels it, flags of `python -m mtmd_tf.jobs.label`, or empty.

    Raises:
        ConfigError: The data set is missing and nothing says how to make it, making it failed, a setting of the ranker
            that it has not, or `raw` or `data` was made otherwise.
    """
    ranker = settings.changed(label, HeavyweightConfig(), HeavyweightTrainConfig())
    if raw and build and _complete(pathlib.Path(raw)):
        _require_source(pathlib.Path(raw), build)
    if _complete(data):
        if raw and label:
            require_settings(data, arguments(*ranker))
        return
    if not raw:
        raise ConfigError(
            f"no data set at {data}: make one of your logs (`python -m tfrecords_tools convert --help`), "
            "or say --raw and --build to have one built."
        )
    if not _complete(pathlib.Path(raw)):
        if not build:
            raise ConfigError(
                f"no data set at {raw}; say --build, such as --build='adworld --requests=60000 --seed=1'."
            )
        print(f"There is no data set at {raw} yet: building it.", flush=True)
        call("-m", "tfrecords_tools", "build", *shlex.split(build), f"--out={raw}")
    print(f"There is no labeled data set at {data} yet: training a heavyweight ranker to label {raw}.", flush=True)
    call("-m", "mtmd_tf.jobs.label", f"--data={raw}", f"--out={data}", *arguments(*ranker))


def _complete(folder: pathlib.Path) -> bool:
    return (folder / manifest.FILE_NAME).exists()


def _require_source(raw: pathlib.Path, build: str) -> None:
    """Refuses a raw data set that was not made as `build` says."""
    name, *options = shlex.split(build)
    source = manifest.Manifest.load(raw).source
    wanted = _values(options)
    found = {key: str(source["arguments"].get(key, _UNSAID.get(key))) for key in wanted}
    if source["name"] != name or any(_number(found[key]) != _number(wanted[key]) for key in wanted):
        raise ConfigError(
            f"{raw} was built as {source['name']} {found or ''}, --build says {build!r}; "
            "remove the folder and what was made from it, or name another with --raw."
        )


def _values(options: Sequence[str]) -> dict[str, str]:
    """`{name: value}` of `--name=value` and `--name value`; a flag without a value is left out."""
    found: dict[str, str] = {}
    for option, after in itertools.zip_longest(options, options[1:], fillvalue="--"):
        if option.startswith("--"):
            name, equals, value = option.removeprefix("--").partition("=")
            if equals or not after.startswith("--"):
                found[name] = value if equals else after
    return found


def _number(text: str) -> float | str:
    try:
        return float(text)
    except ValueError:
        return text


def call(*command: str, within: pathlib.Path | None = None) -> None:
    """Runs `python` with these arguments, which are shown first.

    Args:
        command: The arguments.
        within: Folder in which it runs; None for this one.

    Raises:
        ConfigError: It failed; its own message has been printed.
    """
    said = f"python {shlex.join(command)}"
    print(f"$ {said}", flush=True)
    if subprocess.run([sys.executable, *command], env=parents.environment(), cwd=within, check=False).returncode:
        raise ConfigError(f"`{said}` failed; its own message is above.")
