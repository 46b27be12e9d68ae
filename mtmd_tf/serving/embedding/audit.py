"""Compares an item corpus with the features that training's items had, before it is embedded (docs/serving.md)."""

from collections.abc import Iterator

from absl import logging

from mtmd_tf.config import AuditConfig
from mtmd_tf.serving.specification import ServingError
from tfrecords_tools.item_profile.differences import PRESENCE, TOKENS, VALUES, Difference, differences
from tfrecords_tools.item_profile.profile import ItemProfile
from tfrecords_tools.item_profile.reading import corpus_sample
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.printable import few
from tfrecords_tools.schema import Schema

_FLAGS = {PRESENCE: "max_presence_gap", VALUES: "max_psi", TOKENS: "max_unseen_tokens"}
_WARN_FROM = 0.5  # of a threshold
_WARNED = 10  # differences, the largest first: of hundreds of features, all would bury the rest


def audit_corpus(profile: ItemProfile | None, corpus: Manifest, schema: Schema, *, config: AuditConfig) -> None:
    """Warns of each feature that the corpus has otherwise than training, and refuses where a threshold is passed.

    Args:
        profile: What training's items had; None where that is not known, which is warned of.
        corpus: Manifest of the data set whose items are embedded.
        schema: Schema of the data set.
        config: The thresholds.

    Raises:
        ServingError: A difference beyond its threshold; it names feature, product, both presences and what to do.
        DataError: A record of the corpus that breaks the contract.
    """
    if config.audit == "off":
        return
    if profile is None:
        logging.warning(
            "the export does not say which features its training's items had, so those of %s are not compared; export "
            "again: python export.py",
            corpus.folder,
        )
        return
    refused, warned = [], list[tuple[Difference, str]]()
    for found in _beyond(profile, corpus, schema, config):
        sure, note = _is_sure(found, profile)
        if sure and config.audit == "refuse" and found.size > getattr(config, _FLAGS[found.measure]):
            refused.append(found)
        else:
            warned.append((found, note))
    warned.sort(key=lambda each: -each[0].size / getattr(config, _FLAGS[each[0].measure]))
    for found, note in warned[:_WARNED]:
        logging.warning("%s%s", found, note)
    if left := [found.feature for found, _ in warned[_WARNED:]]:
        logging.warning("%s more such as these: of %s", f"{len(left):,}", few(left))
    if refused:
        worst, *others = sorted(refused, key=lambda each: -each.size / getattr(config, _FLAGS[each.measure]))
        flag = _FLAGS[worst.measure]
        more = f" {len(others)} more are beyond their thresholds, {others[0].feature} first." if others else ""
        raise ServingError(
            f"{corpus.folder}: {worst}, more than --{flag}={getattr(config, flag):g} allows.{more} The item tower did "
            f"not learn from such items: write the feature into the corpus as training has it, or accept it with "
            f"another --{flag} (0 is off) or --audit=warn"
        )


def _beyond(profile: ItemProfile, corpus: Manifest, schema: Schema, config: AuditConfig) -> Iterator[Difference]:
    """The differences that are at least warned of."""
    items = corpus_sample(corpus, schema, profile, most=config.audit_pairs)
    for found in differences(profile, items, schema):
        most = getattr(config, _FLAGS[found.measure])
        if most and found.size > _WARN_FROM * most:
            yield found


def _is_sure(found: Difference, profile: ItemProfile) -> tuple[bool, str]:
    """Whether a difference may be refused, and what a warning adds where it may not.

    A corpus that has a feature more often than training is no fault: the tower has learned what it says, unless no item
    of training had it. Items that training has not seen may be others by right: only a feature that all of them lack is
    a fault. Tokens of training are not all known where not all of it was read.
    """
    if not found.seen and not (found.measure == PRESENCE and found.corpus == 0):
        return False, " (training has seen too few of these items to compare the same ones)"
    if found.measure == TOKENS and profile.every > 1:
        return False, f" (every {profile.every}th request was read; export with --audit_pairs=0 reads all)"
    if found.measure == PRESENCE and 0 < found.items < found.corpus:
        return False, " (the towers have learned from fewer items that have it)"
    return True, ""
