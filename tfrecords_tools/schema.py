"""The schema of a data set: its surfaces, products, tasks and features (paper section 2.1.1)."""

import dataclasses
import hashlib
import json
import pathlib
import re
from typing import Any

from tfrecords_tools import schema_json, tables
from tfrecords_tools.feature import SIDES, Feature
from tfrecords_tools.printable import listed
from tfrecords_tools.schema_rules import (
    MOST_LETTERS,
    SchemaError,
    require,
    require_choice,
    require_names,
    require_once,
)
from tfrecords_tools.structure import StructureError, structure
from tfrecords_tools.task import Task

ALL = "all"  # no surface, product or task has this name: reports mean all of them by it
FILE_NAME = "schema.json"

_MAX_FEATURES_PER_SIDE = 1000  # each has inputs of its own in every graph
_FEWER = (
    "numbers that belong together can be one dense feature, and categories one ragged feature whose tokens name their "
    "column, such as color=red"
)
_MAX_SLICES = 10_000  # each is counted, drawn and reported


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schema:
    """What a data set holds. Immutable; equal schemas have equal fingerprints.

    Attributes:
        name: The data set's name, also its TensorFlow Datasets name: lower-case letters, digits and _.
        version: Semantic version of the data set, such as `1.0.0`.
        surfaces: The query side's domains, in order.
        products: The item side's domains, in order.
        tasks: Parents before their children.
        features: Features of all sides; the order within a side is that of the mask's bits.
        description: One paragraph for people.
    """

    name: str
    version: str = "1.0.0"
    surfaces: tuple[str, ...]
    products: tuple[str, ...]
    tasks: tuple[Task, ...]
    features: tuple[Feature, ...]
    description: str = ""

    def __post_init__(self) -> None:
        require(
            bool(re.fullmatch(r"[a-z][a-z0-9_]*", self.name)),
            f"schema name {self.name!r}: lower-case letters, digits, _",
        )
        require(len(self.name) <= MOST_LETTERS, f"schema name: at most {MOST_LETTERS} letters; it has {len(self.name)}")
        require(
            bool(re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", self.version)),
            f"schema version {self.version!r}: three numbers, as 1.0.0",
        )
        for what, names in (("surface", self.surfaces), ("product", self.products), ("task", self.task_names)):
            require_once(names, what)
            require_names(names, what)
        require_once(tuple(feature.key for feature in self.features), "feature")
        slices = len(self.surfaces) * len(self.products)
        require(slices <= _MAX_SLICES, f"{slices:,} slices of surface x product; at most {_MAX_SLICES:,} is the rule")
        self._check_tasks()
        for feature in self.features:
            self._check_domains(f"feature {feature.key}", feature.surfaces, feature.products)
        for side in SIDES:
            count = len(self.features_of(side))
            require(
                count <= _MAX_FEATURES_PER_SIDE,
                f"{count:,} {side} features; at most {_MAX_FEATURES_PER_SIDE:,} is the rule: {_FEWER}",
            )
            tables.require_rows(sum(f.table_rows for f in self.features_of(side)), f"all {side} features together")

    def _check_tasks(self) -> None:
        seen: list[str] = []
        for task in self.tasks:
            require(
                task.parent is None or task.parent in seen,
                f"task {task.name}: its parent {task.parent!r} must be one of the tasks before it: {seen}",
            )
            self._check_domains(f"task {task.name}", task.surfaces, task.products)
            for surface, product in self.slices:
                orphan = (
                    task.parent is not None
                    and task.exists_in(surface=surface, product=product)
                    and not self.task(task.parent).exists_in(surface=surface, product=product)
                )
                require(
                    not orphan,
                    f"task {task.name} exists in {surface} x {product}, where its parent {task.parent} does not",
                )
            seen.append(task.name)

    def _check_domains(self, where: str, surfaces: tuple[str, ...] | None, products: tuple[str, ...] | None) -> None:
        for what, own, every in (("surface", surfaces, self.surfaces), ("product", products, self.products)):
            if own is None:
                continue
            for name in own:
                require_choice(name, every, f"{where}: {what}")
            require(
                len(own) > 0, f"{where}: {what}s names none, so it could exist nowhere; leave the field out for all"
            )
            require(len(set(own)) == len(own), f"{where}: a {what} is named twice in {listed(own)}")

    @property
    def task_names(self) -> tuple[str, ...]:
        """Every task's name, parents first."""
        return tuple(task.name for task in self.tasks)

    @property
    def slices(self) -> tuple[tuple[str, str], ...]:
        """Every (surface, product), surfaces outermost."""
        return tuple((surface, product) for surface in self.surfaces for product in self.products)

    def features_of(self, side: str, *, domain: str | None = None) -> tuple[Feature, ...]:
        """The features of `side`, in mask order; with `domain`, those that can exist in that surface or product."""
        features = tuple(feature for feature in self.features if feature.side == side)
        if domain is None:
            return features
        key = {"query": "surface", "item": "product"}[side]
        return tuple(feature for feature in features if feature.exists_in(**{key: domain}))

    def domains_of(self, side: str) -> tuple[str, ...]:
        """Surfaces for `query`, products for `item`."""
        return {"query": self.surfaces, "item": self.products}[side]

    def task(self, name: str) -> Task:
        """The task called `name`.

        Raises:
            SchemaError: Where there is none; it lists the tasks.
        """
        require_choice(name, self.task_names, "task")
        return self.tasks[self.task_names.index(name)]

    def task_exists(self, surface: str, product: str, task: str) -> bool:
        """Whether the task called `task` exists in the slice `surface` x `product`."""
        return self.task(task).exists_in(surface=surface, product=product)

    def fingerprint(self) -> str:
        """16 hex digits that change whenever anything but a description changes."""
        plain = schema_json.without_descriptions(self.to_dict())
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; defaults left out."""
        return schema_json.plain(self)

    def to_json(self) -> str:
        """The text of `schema.json`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Schema":
        """The inverse of `to_dict`.

        Raises:
            SchemaError: Unknown or missing keys, values of other types, or a schema that contradicts itself.
        """
        try:
            return structure(plain, cls)
        except StructureError as error:
            raise SchemaError(str(error)) from error

    @classmethod
    def load(cls, path: str | pathlib.Path) -> "Schema":
        """Reads a schema file, or the one of a data set or run folder.

        Raises:
            SchemaError: No such file, not JSON, or not a schema; it names the file.
        """
        path = pathlib.Path(path)
        path = path / FILE_NAME if path.is_dir() else path
        if not path.exists():
            raise SchemaError(f"no schema at {path}")
        try:
            return cls.from_dict(schema_json.parse(path.read_bytes()))
        except SchemaError as error:
            raise SchemaError(f"{path}: {error}") from error
