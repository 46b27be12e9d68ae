"""Shards to shuffled batches by tf.data; every order follows from a seed and the epoch (design section 3)."""

import dataclasses
import pathlib
from collections.abc import Callable, Collection, Iterator
from typing import Any

import tensorflow as tf
from absl import logging

from mtmd_tf.features.batch import Batch
from mtmd_tf.features.diagnosis import explained, fault_in
from mtmd_tf.features.division import WHOLE, Parts, divided
from mtmd_tf.features.parsing import RequestParser
from mtmd_tf.features.sampling import sample_of
from mtmd_tf.features.serialized import count_records, fitting, parsers, predictable, serialized_requests
from mtmd_tf.features.slicing import keep_slice, records_of
from mtmd_tf.seeds import derive_seed
from mtmd_tf.slices import ANY, slice_named
from tfrecords_tools.item_table.table import ItemTable, table_of
from tfrecords_tools.manifest import Manifest, Shard
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import Schema


@dataclasses.dataclass(frozen=True, kw_only=True)
class DataSet:
    """A complete data set, opened: its schema and its manifest agree.

    Attributes:
        folder: Folder of the data set.
        schema: Schema of the data set.
        manifest: Manifest of the data set.
        slice: The one (surface, product) whose pairs are read, either of them `*` for any, or None for all.
        sample: The (share, seed) of the requests that are read, or None for all.
        worker: The (index, number of workers) of the worker whose shards are read, or None for all.
    """

    folder: pathlib.Path
    schema: Schema
    manifest: Manifest
    slice: tuple[str, str] | None = None
    sample: tuple[float, int] | None = None
    worker: tuple[int, int] | None = None
    _parsers: dict[tuple, Callable[[tf.Tensor], tuple[Batch, ...]]] = dataclasses.field(
        default_factory=dict, repr=False, compare=False
    )  # by slice, cross features and parts; copies of a data set that read other requests share them

    @classmethod
    def open(cls, folder: str | pathlib.Path, *, slice_name: str = "") -> "DataSet":
        """Opens the data set in `folder`, or one slice of it, such as `home_feed/standard` or `*/shopping`.

        Raises:
            DataError: No manifest, one of another schema, items without requests, or an unknown slice.
            SchemaError: No schema, or a broken one.
        """
        folder = pathlib.Path(folder)
        manifest, schema = Manifest.load(folder), Schema.load(folder)
        manifest.check_schema(schema)
        manifest.require_requests()
        chosen = slice_named(slice_name, schema) if slice_name else None
        return cls(folder=folder, schema=schema, manifest=manifest, slice=chosen)

    @property
    def surfaces(self) -> tuple[str, ...]:
        """The surfaces whose requests are read."""
        return self.schema.surfaces if self.slice is None or self.slice[0] == ANY else self.slice[:1]

    @property
    def items(self) -> ItemTable | None:
        """The item table of a compact data set, None of another one; raises a DataError as `table_of` does."""
        return table_of(self.manifest, self.schema)

    def sampled(self, share: float, *, seed: int) -> "DataSet":
        """The same data set, of which only this share of the requests is read (`features.sampling`)."""
        return dataclasses.replace(self, sample=None if share >= 1.0 else (share, seed))

    def of_worker(self, index: int, *, workers: int) -> "DataSet":
        """The same data set, of which only a worker's shards are read (`features.division`)."""
        return dataclasses.replace(self, worker=None if workers == 1 else (index, workers))

    def batches(self, split: str, **options: Any) -> Iterator[Batch]:
        """Reads a split once, a batch at a time; takes, reads and raises what `parted_batches` does."""
        for (batch,) in self.parted_batches(split, **options):
            yield batch

    def parted_batches(
        self,
        split: str,
        *,
        batch_requests: int,
        days: Collection[str] | None = None,
        cross: bool = False,
        shuffle_requests: int = 0,
        seed: int = 0,
        epoch: int = 0,
        skip: int = 0,
        take: int = -1,
        skip_corrupt: bool = False,
        parts: Parts = WHOLE,
    ) -> Iterator[tuple[Batch, ...]]:
        """Reads a split once. Of a slice it reads the pairs and their requests, of a sample its share of the requests.

        Args:
            split: `train` or `eval`.
            batch_requests: Requests of a batch; the last one may have fewer.
            days: Only these days.
            cross: Whether to read cross features.
            shuffle_requests: Size of the shuffle buffer, at most what 2 GiB hold; 0 keeps the order of time.
            seed: Seed of the order, together with `epoch`.
            epoch: Number of this pass.
            skip: Batches to leave out at the start, unparsed, when an interrupted pass resumes.
            take: Batches to read at most; -1 for all.
            skip_corrupt: Skip what lies behind a corrupt record of a shard instead of stopping with an error; a whole
                pass ends with a warning that counts it.
            parts: How each batch is cut; a tuple holds those that are read.

        Raises:
            DataError: A shard that is missing or differs from the manifest, a corrupt record, a missing key, an unknown
                surface or product, a number that is not finite, or a label out of its range; the message names file,
                record and field. At the end of a whole pass: counts that differ from the manifest.
        """
        shards = self.shards(split, days=days, skip_corrupt=skip_corrupt)
        paths = [str(shard.path) for shard in shards]
        most = min(shuffle_requests, fitting(shards))
        order = {"shuffle_requests": most, "seed": derive_seed(seed, f"epoch {epoch}")}
        records = serialized_requests(paths, **order, skip_corrupt=skip_corrupt, keep=self._records)
        parsed = records.batch(batch_requests).skip(skip).take(take)
        parsed = parsed.map(self._parser(cross=cross, parts=parts), num_parallel_calls=parsers())
        whole = sum(shard.requests for shard in shards)
        read, pairs = min(skip * batch_requests, whole), 0
        with explained(self.schema, self.manifest, paths):
            for batches in parsed.prefetch(2).with_options(predictable()):
                read += sum(batch.request_id.shape[0] for batch in batches)
                pairs += sum(batch.request.shape[0] for batch in batches)
                yield batches
        if take >= 0 or not self._whole or not parts.whole:
            return
        if skip_corrupt and read < whole:
            lost = whole - read
            logging.warning("%s, split %s: %d requests lie behind corrupt records, skipped", self.folder, split, lost)
        elif read != whole:
            raise self._refuted(split, f"{whole} requests", read)
        elif not skip and pairs != (said := sum(shard.pairs for shard in shards)):
            raise self._refuted(split, f"{said} pairs", pairs)

    def empty_batch(self, *, cross: bool = False) -> Batch:
        """A batch without requests; it suffices to make the variables of a model and to know the type of a batch."""
        return RequestParser(self.schema, columns=self.manifest.columns, cross=cross)(tf.zeros([0], tf.string))

    def batch_count(
        self, split: str, *, batch_requests: int, days: Collection[str] | None = None, skip_corrupt: bool = False
    ) -> int:
        """Number of batches of a pass; raises as `requests` does."""
        return -(-self.requests(split, days=days, skip_corrupt=skip_corrupt) // batch_requests)

    def requests(self, split: str, *, days: Collection[str] | None = None, skip_corrupt: bool = False) -> int:
        """Number of requests that a pass reads; those of a slice or a sample are counted by reading them.

        Args:
            split: `train` or `eval`.
            days: Only these days.
            skip_corrupt: For a slice or a sample: leave out what lies behind a corrupt record, with a warning that
                counts it in all slices together.

        Raises:
            DataError: A shard that is missing or differs from the manifest, or a corrupt record that is not to be
                skipped.
        """
        shards = self.shards(split, days=days, skip_corrupt=skip_corrupt)
        whole = sum(shard.requests for shard in shards)
        if self._whole:
            return whole
        paths = [str(shard.path) for shard in shards]
        if skip_corrupt and (lost := whole - count_records(serialized_requests(paths, skip_corrupt=True))):
            logging.warning("%s, split %s: %d requests lie behind corrupt records, skipped", self.folder, split, lost)
        with explained(self.schema, self.manifest, paths):
            return count_records(serialized_requests(paths, skip_corrupt=skip_corrupt, keep=self._records))

    def shards(
        self, split: str, *, days: Collection[str] | None = None, skip_corrupt: bool = False
    ) -> tuple[Shard, ...]:
        """The files of a split, checked against the manifest; raises as `requests` does, and as `divided`."""
        shards = self.manifest.shards(split, days=days)
        if self.worker is not None:
            index, workers = self.worker
            shards = divided(shards, workers=workers, source=f"{self.folder}, split {split}")[index]
        for shard in shards:
            try:
                shard.verify(tolerant=skip_corrupt)
            except DataError as error:
                raise fault_in([shard.path], self.schema, self.manifest) or error from error
        return shards

    def _refuted(self, split: str, said: str, came: int) -> DataError:
        return DataError(
            f"{self.folder}, split {split}: the manifest says {said} on these days; the shards hold {came}; "
            f"python -m tfrecords_tools validate {self.folder} says where"
        )

    @property
    def _whole(self) -> bool:
        return self.slice is None and self.sample is None

    def _records(self, records: tf.data.Dataset) -> tf.data.Dataset:
        if self.sample is not None:
            records = sample_of(records, share=self.sample[0], seed=self.sample[1])
        return records if self.slice is None else records_of(self.slice, records, schema=self.schema, items=self.items)

    def _parser(self, *, cross: bool, parts: Parts) -> Callable[[tf.Tensor], tuple[Batch, ...]]:
        """What turns serialized requests into batches, traced once: an evaluation step may read few of them."""
        key = (self.slice, cross, parts)
        if key not in self._parsers:
            parse = RequestParser(self.schema, columns=self.manifest.columns, cross=cross, items=self.items)
            chosen = self.slice or (ANY, ANY)
            surface, product = map(_index, chosen, (self.schema.surfaces, self.schema.products))

            def one(serialized: tf.Tensor) -> Batch:
                batch = parse(serialized)
                return batch if chosen == (ANY, ANY) else keep_slice(batch, surface=surface, product=product)

            def run(serialized: tf.Tensor) -> tuple[Batch, ...]:
                return tuple(one(part) for part in parts.of(serialized))

            self._parsers[key] = tf.function(run, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
        return self._parsers[key]


def _index(name: str, domains: tuple[str, ...]) -> int | None:
    return None if name == ANY else domains.index(name)
