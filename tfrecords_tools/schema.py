"""The schema of a data set: its surfaces, products, tasks and features (paper section 2.1.1)."""

import dataclasses
import hashlib
import json
import pathlib
import re
from typing import Any

from tfrecords_tools import json_types

SIDES = ("query", "item", "cross")
KINDS = ("categorical", "continuous", "ragged", "dense")
DTYPES = ("bytes", "int64", "float")
COMBINERS = ("mean", "sum")
FILE_NAME = "schema.json"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_RESERVED = ("id", "product", "mask", "lengths")
_MAX_FEATURES_PER_SIDE = 63  # the mask is one int64


class SchemaError(ValueError):
    """A schema that contradicts itself, or a name that it does not hold."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class Feature:
    """One raw feature and the domains in which it can exist.

    Attributes:
        name: Unique within its side.
        side: `query` (once a request), `item` (one per candidate, a property of the item alone) or `cross` (one per
            candidate, of both sides together; the heavyweight ranker alone may read it).
        kind: `categorical` (one token), `continuous` (one float), `ragged` (many tokens) or `dense` (a vector).
        dtype: `bytes` or `int64` for tokens, `float` for numbers.
        surfaces: Surfaces in which the feature can exist (query and cross features), or None for all.
        products: Products in which the feature can exist (item and cross features), or None for all.
        vocabulary: The known tokens, most important first; any other token shares one out-of-vocabulary row.
        hash_buckets: Rows of the table where there is no vocabulary.
        count_like: Whether a continuous feature is a count or an amount, so that `log1p` tames it; it must be >= 0.
        size: Length of a dense vector.
        combiner: How a ragged feature's embeddings are pooled.
        descriptor: Whether the shallow experts read it (section 2.1.3: high-level categorical features only).
        description: One line for people.
    """

    name: str
    side: str
    kind: str
    dtype: str
    surfaces: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    vocabulary: tuple[str | int, ...] | None = None
    hash_buckets: int | None = None
    count_like: bool = False
    size: int | None = None
    combiner: str = "mean"
    descriptor: bool = False
    description: str = ""

    def __post_init__(self) -> None:
        where = f"feature {self.side}/{self.name}"
        _require(bool(_NAME.fullmatch(self.name)), f"{where}: a name is letters, digits and _, a letter first")
        _require(self.name not in _RESERVED, f"{where}: the names {list(_RESERVED)} are taken by the record itself")
        _require_choice(self.side, SIDES, f"{where}: side")
        _require_choice(self.kind, KINDS, f"{where}: kind")
        _require_choice(self.dtype, DTYPES, f"{where}: dtype")
        _require_choice(self.combiner, COMBINERS, f"{where}: combiner")
        if self.kind in ("categorical", "ragged"):
            _require(self.dtype != "float", f"{where}: tokens are bytes or int64, not float")
            one_of = (self.vocabulary is None) != (self.hash_buckets is None)
            _require(one_of, f"{where}: give either a vocabulary or hash_buckets")
            if self.vocabulary is not None:
                kind = int if self.dtype == "int64" else str
                _require(
                    all(type(t) is kind for t in self.vocabulary), f"{where}: the vocabulary must hold {kind.__name__}"
                )
                _require(
                    len(set(self.vocabulary)) == len(self.vocabulary) > 0,
                    f"{where}: the vocabulary repeats or is empty",
                )
            else:
                _require((self.hash_buckets or 0) > 0, f"{where}: hash_buckets must be positive")
        else:
            _require(self.dtype == "float", f"{where}: a {self.kind} feature is float")
            _require(self.vocabulary is None and self.hash_buckets is None, f"{where}: only tokens have a table")
        _require(
            (self.kind == "dense") == (self.size is not None),
            f"{where}: size belongs to dense features, and only to them",
        )
        _require(self.size is None or self.size > 0, f"{where}: size must be positive")
        _require(
            not self.count_like or self.kind == "continuous", f"{where}: count_like belongs to continuous features"
        )
        _require(not self.descriptor or self.kind == "categorical", f"{where}: a descriptor is categorical")
        _require(self.side != "item" or self.surfaces is None, f"{where}: an item knows no surface; restrict products")
        _require(self.side != "query" or self.products is None, f"{where}: a query knows no product; restrict surfaces")
        _require(
            self.side != "cross" or self.kind in ("categorical", "continuous"),
            f"{where}: a cross feature holds one value",
        )

    @property
    def key(self) -> str:
        """The record's key, such as `query/age`."""
        return f"{self.side}/{self.name}"

    @property
    def table_rows(self) -> int:
        """Rows of the embedding table, the out-of-vocabulary row included; 0 for numbers."""
        if self.vocabulary is not None:
            return len(self.vocabulary) + 1
        return self.hash_buckets or 0

    def exists_in(self, *, surface: str | None = None, product: str | None = None) -> bool:
        """Whether the feature can exist on `surface` and for `product` (None: any)."""
        on_surface = surface is None or self.surfaces is None or surface in self.surfaces
        return on_surface and (product is None or self.products is None or product in self.products)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Task:
    """One prediction task and where it exists (section 2.3).

    Attributes:
        name: Such as `ctr`.
        parent: The task whose event must happen first (`gctr` given `ctr`), or None.
        surfaces: Surfaces on which the task exists, or None for all.
        products: Products for which the task exists, or None for all (the paper's octr is not for shopping ads).
        description: One line for people.
    """

    name: str
    parent: str | None = None
    surfaces: tuple[str, ...] | None = None
    products: tuple[str, ...] | None = None
    description: str = ""

    def exists_in(self, *, surface: str, product: str) -> bool:
        """Whether the task exists in the slice `surface` x `product`."""
        on_surface = self.surfaces is None or surface in self.surfaces
        return on_surface and (self.products is None or product in self.products)


@dataclasses.dataclass(frozen=True, kw_only=True)
class Schema:
    """What a data set holds. Immutable; equal schemas have equal fingerprints.

    Attributes:
        name: The data set's name, also its TensorFlow Datasets name: lower-case letters, digits and _.
        version: Semantic version of the data set, such as `1.0.0`.
        surfaces: The query side's domains, in order.
        products: The item side's domains, in order.
        tasks: Parents before their children.
        features: Their order within a side is the order of the mask's bits.
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
        _require(
            bool(re.fullmatch(r"[a-z][a-z0-9_]*", self.name)),
            f"schema name {self.name!r}: lower-case letters, digits, _",
        )
        _require(
            bool(re.fullmatch(r"\d+\.\d+\.\d+", self.version)),
            f"schema version {self.version!r}: three numbers, as 1.0.0",
        )
        for what, names in (
            ("surface", self.surfaces),
            ("product", self.products),
            ("task", self.task_names),
            ("feature", tuple(feature.key for feature in self.features)),
        ):
            _require(len(names) > 0, f"a schema needs at least one {what}")
            _require(len(set(names)) == len(names), f"a {what} is named twice in {list(names)}")
        for name in (*self.surfaces, *self.products, *self.task_names):
            _require(bool(_NAME.fullmatch(name)), f"name {name!r}: letters, digits and _, a letter first")
        self._check_tasks()
        for feature in self.features:
            self._check_domains(f"feature {feature.key}", feature.surfaces, feature.products)
        for side in SIDES:
            count = len(self.features_of(side))
            _require(count <= _MAX_FEATURES_PER_SIDE, f"{count} {side} features; a mask holds {_MAX_FEATURES_PER_SIDE}")

    def _check_tasks(self) -> None:
        seen: list[str] = []
        for task in self.tasks:
            _require(
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
                _require(
                    not orphan,
                    f"task {task.name} exists in {surface} x {product}, where its parent {task.parent} does not",
                )
            seen.append(task.name)

    def _check_domains(self, where: str, surfaces: tuple[str, ...] | None, products: tuple[str, ...] | None) -> None:
        for name in surfaces or ():
            _require_choice(name, self.surfaces, f"{where}: surface")
        for name in products or ():
            _require_choice(name, self.products, f"{where}: product")

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
        _require_choice(name, self.task_names, "task")
        return self.tasks[self.task_names.index(name)]

    def task_exists(self, surface: str, product: str, task: str) -> bool:
        """Whether the task called `task` exists in the slice `surface` x `product`."""
        return self.task(task).exists_in(surface=surface, product=product)

    def fingerprint(self) -> str:
        """16 hex digits that change whenever anything but a description changes."""
        plain = _without_descriptions(self.to_dict())
        return hashlib.sha256(json.dumps(plain, sort_keys=True).encode()).hexdigest()[:16]

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON types; defaults left out."""
        return _plain(self)

    def to_json(self) -> str:
        """The text of `schema.json`."""
        return json.dumps(self.to_dict(), indent=2, ensure_ascii=False) + "\n"

    @classmethod
    def from_dict(cls, plain: dict[str, Any]) -> "Schema":
        """The inverse of `to_dict`.

        Raises:
            SchemaError: Unknown or missing keys, values of other types, or a schema that contradicts itself.
        """
        if isinstance(plain, dict):
            plain = dict(plain)
            for key, part in (("tasks", Task), ("features", Feature)):
                if isinstance(plain.get(key), list):
                    plain[key] = tuple(_build(part, each) for each in plain[key])
        return _build(cls, plain)

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
            return cls.from_dict(json.loads(path.read_text()))
        except (json.JSONDecodeError, UnicodeDecodeError, SchemaError) as error:
            raise SchemaError(f"{path}: {error}") from error


def _require(condition: bool, message: str) -> None:
    if not condition:
        raise SchemaError(message)


def _require_choice(value: str, choices: tuple[str, ...], what: str) -> None:
    _require(value in choices, f"{what} {value!r} is not one of {list(choices)}")


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value):
        return {
            field.name: _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
            if field.default is dataclasses.MISSING or getattr(value, field.name) != field.default
        }
    return [_plain(item) for item in value] if isinstance(value, tuple) else value


def _without_descriptions(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _without_descriptions(item) for key, item in value.items() if key != "description"}
    return [_without_descriptions(item) for item in value] if isinstance(value, list) else value


def _build(cls: type, plain: Any) -> Any:
    _require(isinstance(plain, dict), f"a {cls.__name__} is a JSON object; it is {plain!r}")
    fields = {field.name: field for field in dataclasses.fields(cls)}
    for key in plain:
        _require(key in fields, f"no field {key!r} in {cls.__name__}; it has {list(fields)}")
    where = f"{cls.__name__} {plain.get('name', '')!r}"
    for key, field in fields.items():
        _require(key in plain or field.default is not dataclasses.MISSING, f"{where} needs the field {key!r}")
    for key, value in plain.items():
        wanted = fields[key].type
        _require(
            json_types.fits(value, wanted), f"{where}, field {key!r}: {json_types.in_words(wanted)}; it is {value!r}"
        )
    return cls(**{key: tuple(value) if isinstance(value, list) else value for key, value in plain.items()})
