"""Embeds every item of a data set's corpus with the exported item tower, each exactly once (paper section 2.2)."""

import dataclasses
import functools
import pathlib
import re
import shutil
import statistics
import time

from absl import logging

from mtmd_tf.config import AuditConfig
from mtmd_tf.serving.embedding.audit import audit_corpus
from mtmd_tf.serving.embedding.embed_part import PartWork, embed_part, is_done
from mtmd_tf.serving.embedding.parts import PART_ITEMS, fingerprint, plan_parts
from mtmd_tf.serving.embedding.stored import FILE_NAME, EmbeddingManifest, load_previous
from mtmd_tf.serving.embedding.verification import verify_parts
from mtmd_tf.serving.specification import RankerSpec, ServingError
from mtmd_tf.trained import untrained_products
from tfrecords_tools import engine, folder_kinds
from tfrecords_tools.item_profile import stored as stored_profile
from tfrecords_tools.locks import alone_in
from tfrecords_tools.manifest import Manifest
from tfrecords_tools.schema import Schema

_WORK = ".work"
_WORKERS_FROM = 200_000  # items that repay the seconds in which worker processes start, docs/adr/0016
_OURS = re.compile(r"part-\d{5}-of-\d{5}\.parquet|\..*\.tmp")


@dataclasses.dataclass(frozen=True, kw_only=True)
class Embedded:
    """Result of a run of the job.

    Attributes:
        manifest: Manifest of the finished embeddings.
        work: Work on each part that this run made.
        seconds: Seconds from the first part to the last, with the start of the workers.
    """

    manifest: EmbeddingManifest
    work: tuple[PartWork, ...] = ()
    seconds: float = 0.0

    def total(self, name: str) -> float:
        """A field of `PartWork`, over all parts that this run made."""
        return sum(getattr(work, name) for work in self.work)

    @property
    def processes(self) -> int:
        """Number of processes that took part."""
        return len({work.process for work in self.work})

    @property
    def throughput(self) -> float:
        """FLOPs a second that all of them reach in large matrix products."""
        return self.processes * statistics.median(work.throughput for work in self.work) if self.work else 0.0


def embed_items(
    exports: str | pathlib.Path,
    data: str | pathlib.Path,
    out: str | pathlib.Path,
    *,
    since: str | pathlib.Path | None = None,
    tolerate: int = 0,
    workers: int | None = None,
    beam: str = "",
    part_items: int = PART_ITEMS,
    audit: AuditConfig | None = None,
) -> Embedded:
    """Writes the Parquet parts of the item corpus, then the manifest.

    Parts appear completely or not at all. An interrupted run resumes with the missing parts. A finished one is verified
    and left alone, except for damaged parts, which are made again. The bytes depend on the export and the corpus alone,
    not on workers, restarts or `since`, on machines of one kind. With one worker this needs TensorFlow to have one
    thread, which the job sets in a process that has not used TensorFlow yet.

    Args:
        exports: Folder of an export.
        data: Data set whose items to embed.
        out: Folder of the embeddings.
        since: Folder of previous embeddings of the same export; items whose records did not change are taken from it.
        tolerate: How many items may be left out because they cannot be read or embedded.
        workers: Processes on this machine; by default one for each core from 200,000 items on, if Beam is installed,
            and else one.
        beam: The arguments of a Beam pipeline on a cluster.
        part_items: Most items of a part.
        audit: When a corpus differs too much from what training's items had; None takes the defaults.

    Raises:
        DataError: A missing shard, one with more items than the data set's manifest says, an item that appears twice.
        ServingError: More items than `tolerate` cannot be embedded, no finished export, data of another schema, item
            features that are not those of training, `out` holds other embeddings, those of `since` are of another
            export, or another process embeds into `out`.
        EngineError: Workers that broke, or no Beam for them.
    """
    out, corpus = pathlib.Path(out), Manifest.load(data)
    corpus.check_schema(Schema.load(data))
    spec = RankerSpec.load(exports)
    corpus.check_schema(spec.schema, of=f"the export {exports}")
    folder_kinds.require_no_other(out, mine=folder_kinds.EMBEDDINGS, flag="--out", raises=ServingError)
    parts = plan_parts(corpus, out.absolute(), part_items=part_items)
    own = fingerprint(corpus, parts)
    done, damaged = _state(out, stamp=spec.stamp, data=own)
    if done is not None and not damaged:
        _warn_of_untrained(done, spec)
        return Embedded(manifest=done)
    if since is not None:
        load_previous(since, stamp=spec.stamp)
    if done is None:
        profile = stored_profile.load(pathlib.Path(exports), stamp=spec.stamp)
        audit_corpus(profile, corpus, spec.schema, config=audit or AuditConfig())
    function = functools.partial(
        embed_part,
        exports=str(pathlib.Path(exports).absolute()),
        stamp=spec.stamp,
        since=None if since is None else str(pathlib.Path(since).absolute()),
    )
    out.mkdir(parents=True, exist_ok=True)
    with alone_in(out, doing="embedding items", other="--out", raises=ServingError):
        if done is None and (out / FILE_NAME).exists():  # another process has finished since
            done, damaged = _state(out, stamp=spec.stamp, data=own)
        todo = [part for part in parts if part.path.name in damaged or not is_done(part, stamp=spec.stamp)]
        shutil.rmtree(out / _WORK, ignore_errors=True)  # the parts themselves say what is done
        begun = time.perf_counter()
        if workers is None and not beam and sum(part.items for part in todo) < _WORKERS_FROM:
            workers = 1
        work = engine.run(
            function, todo, folder=out / _WORK, workers=workers, beam=beam, name="embedding", unit="parts"
        )
        seconds = time.perf_counter() - begun
        manifest = verify_parts(parts, spec=spec, corpus=corpus, data=own, tolerate=tolerate)
        _clean(out, manifest)
        manifest.write(out)
    _warn_of_untrained(manifest, spec)
    return Embedded(manifest=manifest, work=tuple(work), seconds=seconds)


def _warn_of_untrained(manifest: EmbeddingManifest, spec: RankerSpec) -> None:
    """A line for each product whose items are embedded although training had no label of it, or of a task of it."""
    for product, tasks in untrained_products(spec.trained or {}).items():
        if items := manifest.products.get(product, 0):
            logging.warning(
                "the product %s had no training label of %s: its %s items are ranked by a guess from the other "
                "products; train on labeled pairs of it, or keep it out of rankings: --where='item/product != \"%s\"'",
                product,
                ", ".join(tasks),
                f"{items:,}",
                product,
            )


def _state(out: pathlib.Path, *, stamp: str, data: str) -> tuple[EmbeddingManifest | None, list[str]]:
    """The manifest of finished embeddings, and the names of their damaged parts."""
    if not (out / FILE_NAME).exists():
        return None, []
    done = _finished(EmbeddingManifest.load(out), out, stamp=stamp, data=data)
    damaged = done.damaged(out)
    if damaged:
        logging.warning("%s: %d parts are missing or damaged, %s first: made again", out, len(damaged), damaged[0])
    else:
        _clean(out, done)
    return done, damaged


def _clean(out: pathlib.Path, manifest: EmbeddingManifest) -> None:
    """Removes what killed runs left behind: half-written files, and parts of another corpus."""
    shutil.rmtree(out / _WORK, ignore_errors=True)
    wanted = {part["path"] for part in manifest.parts}
    for path in out.iterdir():
        if _OURS.fullmatch(path.name) and path.name not in wanted:
            path.unlink(missing_ok=True)


def _finished(done: EmbeddingManifest, out: pathlib.Path, *, stamp: str, data: str) -> EmbeddingManifest:
    if (done.stamp, done.data) != (stamp, data):
        raise ServingError(
            f"{out} holds embeddings of the stamp {done.stamp} and the corpus {done.data}, "
            f"these would be {stamp} and {data}; give another --out, or delete the folder"
        )
    return done
