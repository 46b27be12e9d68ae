"""Builds, converts, inspects, validates and questions data sets: `python -m tfrecords_tools --help`."""

import argparse
import pathlib
import sys
from collections.abc import Sequence

from tfrecords_tools import catalog_command
from tfrecords_tools.doctor import command
from tfrecords_tools.job import EngineError
from tfrecords_tools.log_lines import log_plainly
from tfrecords_tools.partition import KINDS
from tfrecords_tools.quiet import quiet_tensorflow
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import SchemaError
from tfrecords_tools.user_errors import exit_code
from tfrecords_tools.whole_numbers import count, positive


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs one verb; what a user can mend becomes one line on stderr.

    Returns:
        The exit code: 0, 1 after an error or a problem found, or 130 after Ctrl-C.
    """
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:
        options.parser.error(f"no argument {unknown[0]!r}; the usage above has them all")
    log_plainly(verbose=True)
    quiet_tensorflow()
    return exit_code(lambda: options.run(options), user_errors=(DataError, EngineError, SchemaError))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tfrecords_tools", description=__doc__, allow_abbrev=False)
    verbs = parser.add_subparsers(dest="verb", required=True, metavar="VERB")
    _add_build(verbs.add_parser("build", help="make a data set from a known source", allow_abbrev=False))
    _add_convert(verbs.add_parser("convert", help="turn Parquet or CSV logs into a data set", allow_abbrev=False))
    catalog_command.add(verbs.add_parser("items", help="turn a catalog of ads into items to embed", allow_abbrev=False))
    _add_inspect(verbs.add_parser("inspect", help="print what a data set holds", allow_abbrev=False))
    _add_validate(verbs.add_parser("validate", help="read every record and check it", allow_abbrev=False))
    command.add(verbs.add_parser("doctor", help="list what will hurt whoever trains on it", allow_abbrev=False))
    return parser


def _add_build(parser: argparse.ArgumentParser) -> None:
    sources = parser.add_subparsers(dest="source", required=True, metavar="SOURCE")
    journey = sources.add_parser("complete_journey", help="real supermarket data with coupons", allow_abbrev=False)
    journey.add_argument("--households", type=float, default=1.0, help="share of the households, 0 to 1 (default 1)")
    journey.add_argument("--negatives", type=int, default=8, help="unbought products a visit (default 8)")
    journey.set_defaults(run=_build_complete_journey, parser=journey)
    adworld = sources.add_parser(
        "adworld", help="a synthetic world of any size whose true probabilities are known", allow_abbrev=False
    )
    adworld.add_argument("--requests", type=int, required=True, help="how many requests")
    adworld.add_argument(
        "--candidates",
        type=int,
        default=20,
        help="candidates a request (default 20); more than 100 are drawn by query, topic, spend and chance",
    )
    adworld.add_argument("--days", type=int, default=30, help="days that the requests span (default 30)")
    adworld.add_argument("--truth", action="store_true", help="also write the true probabilities")
    adworld.add_argument(
        "--domain_distance",
        choices=("near", "as_is", "far"),
        default="as_is",
        help="how differently users behave on each surface and toward each product (default as_is)",
    )
    adworld.set_defaults(run=_build_adworld, parser=adworld)
    for source in (journey, adworld):
        source.add_argument("--out", type=pathlib.Path, required=True, help="the data set's folder")
        source.add_argument("--seed", type=int, default=0, help="the same seed gives the same bytes (default 0)")
        _add_compact(source)


def _add_convert(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--schema", type=pathlib.Path, required=True, help="the schema file")
    lists = "a row a pair; in CSV lists are red|shoe, and what is missing is empty (docs/data-contract.md)"
    catalog_command.add_input(parser, of=lists)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="the data set's folder")
    parser.add_argument(
        "--eval_from", metavar="DATE", help="the first day of the eval split: 2017-11-06 (default: the last fifth)"
    )
    parser.add_argument(
        "--partition",
        choices=KINDS,
        default=KINDS[0],
        help="what a short log is cut by (default day); request is for logs without a timestamp, in their order",
    )
    parser.add_argument(
        "--repair_events",
        action="store_true",
        help="set a parent's event to 1 where a child's is, such as a click without its own row of a long click",
    )
    _add_compact(parser)
    parser.add_argument("--workers", type=int, help="processes here (default: one a core, or one without Beam)")
    parser.add_argument(
        "--beam",
        default="",
        metavar="ARGUMENTS",
        help="a cluster instead: the arguments of a Beam pipeline, '--runner=FlinkRunner --flink_master=HOST:8081'",
    )
    parser.set_defaults(run=_convert, parser=parser)


def _add_compact(parser: argparse.ArgumentParser) -> None:
    saves = "once, into an item table, and not in every request: fewer bytes, the same batches (docs/data-contract.md)"
    parser.add_argument("--compact", action="store_true", help=f"write an item's features {saves}")


def _add_inspect(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument("--records", type=count, default=2, help="requests to print (default 2)")
    parser.add_argument(
        "--sample", type=positive, default=10_000, help="requests to read for quantiles (default 10000)"
    )
    parser.add_argument("--figure", type=pathlib.Path, help="also draw which feature is where, into this file")
    parser.set_defaults(run=_inspect, parser=parser)


def _add_validate(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=pathlib.Path, metavar="DIR")
    parser.add_argument(
        "--max_errors", type=count, default=1, help="stop after so many problems; 0 lists all (default 1)"
    )
    parser.set_defaults(run=_validate, parser=parser)


# Each verb imports what it needs: TensorFlow takes seconds, and a wrong flag should not wait for it.


def _build_complete_journey(options: argparse.Namespace) -> int:
    from tfrecords_tools.sources import complete_journey

    settings = {
        "households": options.households,
        "seed": options.seed,
        "negatives": options.negatives,
        "compact": options.compact,
    }
    try:
        complete_journey.build(options.out, **settings)
    except ModuleNotFoundError as error:
        raise DataError(str(error)) from error
    return _built(options.out)


def _build_adworld(options: argparse.Namespace) -> int:
    from tfrecords_tools.sources import adworld

    adworld.build(
        options.out,
        requests=options.requests,
        seed=options.seed,
        candidates=options.candidates,
        days=options.days,
        truth=options.truth,
        domain_distance=options.domain_distance,
        compact=options.compact,
    )
    return _built(options.out)


def _convert(options: argparse.Namespace) -> int:
    from tfrecords_tools.convert import convert

    convert(
        options.out,
        schema=options.schema,
        inputs=options.input,
        eval_from=options.eval_from,
        partition=options.partition,
        repair_events=options.repair_events,
        compact=options.compact,
        workers=options.workers,
        beam=options.beam,
    )
    _built(options.out)
    for line in command.after_convert(options.out):
        print(f"doctor: {line}")
    return 0


def _built(out: pathlib.Path) -> int:
    from tfrecords_tools.manifest import Manifest
    from tfrecords_tools.remarks import remarks
    from tfrecords_tools.schema import Schema

    manifest = Manifest.load(out)
    counts = [f"{manifest.requests(s):,} requests ({manifest.pairs(s):,} pairs) to {s}" for s in ("train", "eval")]
    print(f"{out}: {', '.join(counts)}, {manifest.items['items']:,} items")
    for remark in remarks(manifest, Schema.load(out)):
        print(f"note: {remark}")
    return 0


def _inspect(options: argparse.Namespace) -> int:
    from tfrecords_tools.coverage import draw_coverage
    from tfrecords_tools.inspect import inspect

    print(inspect(options.folder, records=options.records, sample=options.sample))
    if options.figure:
        print(f"coverage: {draw_coverage(options.folder, options.figure)}")
    return 0


def _validate(options: argparse.Namespace) -> int:
    from tfrecords_tools.validate import validate

    report = validate(options.folder, max_errors=options.max_errors)
    for problem in report.problems:
        print(f"problem: {problem}", file=sys.stderr)
    result = f"{len(report.problems)} problems" if report.problems else "sound"
    if len(report.problems) == options.max_errors > 0:
        result += f" (stopped at --max_errors={options.max_errors})"
    print(f"{options.folder}: {report.records:,} records read, {result}")
    for remark in report.remarks:
        print(f"note: {remark}")
    return 1 if report.problems else 0


if __name__ == "__main__":
    sys.exit(main())
