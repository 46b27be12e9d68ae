"""Ranks all stored items for one request (paper sections 2.2 and 2.3).

python -m mtmd_tf.jobs.rank --export=exports/hf --embeddings=embeddings/hf --data=data/adworld-labeled
adds up all tasks; --utility='1.0*ctr*bid + 0.3*gctr' --bids=bids.parquet ranks by money, --query_tower=http://HOST:8501
asks TF Serving for the query's embedding.
"""

from typing import TYPE_CHECKING, Any

from absl import flags

from mtmd_tf.config import ConfigError, RankConfig
from mtmd_tf.jobs import settings

if TYPE_CHECKING:
    from mtmd_tf.serving.ranking.ranker import Ranker
    from mtmd_tf.serving.ranking.request_file import QueryRequest


FLAGS = flags.FlagValues()  # of this recipe alone (docs/adr/0031)
settings.define(RankConfig, into=FLAGS)
_EXPORT = flags.DEFINE_string("export", None, "folder of an export", required=True, flag_values=FLAGS)
_EMBEDDINGS = flags.DEFINE_string("embeddings", None, "folder of its item embeddings", required=True, flag_values=FLAGS)
_DATA = flags.DEFINE_string(
    "data", "", "data set whose split eval has the request; not needed with --request", flag_values=FLAGS
)
_REQUEST_ID = flags.DEFINE_string("request_id", "", "rank for this request of the split eval", flag_values=FLAGS)
_REQUEST = flags.DEFINE_string(
    "request", "", 'rank for the JSON file {"surface": name, "query": {feature: value}}', flag_values=FLAGS
)
_SURFACE = flags.DEFINE_string(
    "surface", "", "rank for the last request of the split eval on this surface", flag_values=FLAGS
)
_PRODUCT = flags.DEFINE_string("product", "", "rank only items of this product", flag_values=FLAGS)
_CANDIDATES = flags.DEFINE_string(
    "candidates",
    "",
    "CSV or Parquet file of item_id and, if the export has score features, cross/NAME: rank only these items",
    flag_values=FLAGS,
)
_WHERE = flags.DEFINE_string(
    "where",
    "",
    "rank only items for which this holds, such as 'item/city == query/city and item/in_stock == 1'",
    flag_values=FLAGS,
)
_BIDS = flags.DEFINE_string(
    "bids", "", "CSV or Parquet file of item_id and bid (US dollars), for a utility that names bid", flag_values=FLAGS
)


def main(argv: list[str]) -> None:
    """Reads the flags, finds the request and prints its ranking."""
    del argv
    config = settings.read(RankConfig, source=FLAGS)
    given = [name for name in ("request_id", "request", "surface") if FLAGS[name].value]
    if len(given) > 1:
        raise ConfigError(f"give one of --request_id, --request and --surface, not {given}.")
    if not _REQUEST.value and not _DATA.value:
        raise ConfigError("give --request=FILE, or --data=FOLDER to rank for a request of its split eval.")
    from mtmd_tf.serving.ranking.item_file import read_bids, read_candidates
    from mtmd_tf.serving.ranking.pair_values import numbers_of
    from mtmd_tf.serving.ranking.ranker import Ranker
    from mtmd_tf.serving.ranking.report import report
    from mtmd_tf.serving.ranking.request_file import read_request

    ranker = Ranker.of(config, exports=_EXPORT.value, embeddings=_EMBEDDINGS.value)
    request = read_request(_REQUEST.value) if _REQUEST.value else _find(ranker)
    candidates, cross = None, None
    if _CANDIDATES.value:
        candidates, cross = read_candidates(_CANDIDATES.value, numbers=numbers_of(ranker.spec))
    bids = read_bids(_BIDS.value, ranker.items) if _BIDS.value else None
    if bids is not None and candidates is not None:
        bids = bids[ranker.items.find(candidates)]
    limits: dict[str, Any] = {"product": _PRODUCT.value or None, "where": _WHERE.value or None}
    limits |= {"candidates": candidates, "bids": bids, "cross": cross, "approximate": config.approximate}
    print(report(ranker, request, top=config.top, **limits))


def _find(ranker: "Ranker") -> "QueryRequest":
    from mtmd_tf.serving.ranking.find import find_request
    from tfrecords_tools.manifest import Manifest

    # Requests of another schema would mean something else.
    Manifest.load(_DATA.value).check_schema(ranker.spec.schema, of=f"the export {_EXPORT.value}")
    return find_request(_DATA.value, request_id=_REQUEST_ID.value or None, surface=_SURFACE.value or None)


if __name__ == "__main__":
    settings.run(main, FLAGS)
