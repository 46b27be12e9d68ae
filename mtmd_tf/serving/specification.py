"""`ranker.json`: all that a ranker must know of the two exported towers (paper sections 2.2 and 2.3)."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from mtmd_tf.trained import Trained
from tfrecords_tools.files import write_text
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.schema import Schema

if TYPE_CHECKING:
    from mtmd_tf.model import MTMD

FILE_NAME = "ranker.json"
FORMAT = 1
TOWERS = ("query_tower", "item_tower")

_FORMULA = (
    "logit[task] = dot of query and item over the task's coordinates of `embedding`. On a constrained surface a task's "
    "logit is conditional on its parent: ln p[task] = ln sigmoid(logit[task]) + ln p[parent]. Elsewhere, and without a "
    "parent: ln p[task] = ln sigmoid(logit[task])."
)


class ServingError(DataError):
    """Exports or embeddings that cannot be served: missing, stale, or not what was trained."""


def read_json(path: pathlib.Path, *, rule: str) -> dict[str, Any]:
    """The object in a JSON file.

    Args:
        path: The file.
        rule: What to do where it is damaged.

    Raises:
        ServingError: It holds no JSON object; it names the file and the rule.
    """
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
    except ValueError as error:
        raise ServingError(f"{path} is damaged ({error}); {rule}") from error
    if not isinstance(plain, dict):
        raise ServingError(f"{path} is damaged (no JSON object); {rule}")
    return plain


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSlice:
    """One task's coordinates of the concatenated embedding: `start` to `start + deep + shallow`, the deep ones first.

    Attributes:
        name: Such as `ctr`.
        parent: The task that must happen first, or None.
        start: First coordinate.
        deep: Coordinates of `emb_deep`.
        shallow: Coordinates of `emb_shallow`, the two of the bias included.
    """

    name: str
    parent: str | None
    start: int
    deep: int
    shallow: int

    @property
    def coordinates(self) -> slice:
        """The task's columns of an embedding."""
        return slice(self.start, self.start + self.deep + self.shallow)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankerSpec:
    """What both towers of one export share.

    Attributes:
        stamp: Of the weights, the configuration and the schema; towers and embeddings carry it too.
        version: The towers' version folder.
        schema: Surfaces, products, tasks and raw features.
        tasks: In the order of the concatenated embedding, parents first.
        constrained: `{surface: whether a child's logit is conditional on its parent there}`.
        trained: `{surface: {product: {task: labelled training pairs}}}`; None: not known, an export from before.
    """

    stamp: str
    version: int
    schema: Schema
    tasks: tuple[TaskSlice, ...]
    constrained: Mapping[str, bool]
    trained: Trained | None = None

    @classmethod
    def of_model(cls, model: "MTMD", *, stamp: str, version: int, trained: Trained | None = None) -> "RankerSpec":
        """Describes what `model`'s towers return, and what it has `trained` on where that is known."""
        tower, tasks, start = model.query_tower, [], 0
        for task, width in tower.widths.items():
            deep = tower.deep_widths[task]
            tasks.append(TaskSlice(name=task, parent=model.parents[task], start=start, deep=deep, shallow=width - deep))
            start += width
        config = model.config
        free = {s: not config.constrained or s in config.unconstrained_surfaces for s in model.schema.surfaces}
        constrained = {surface: not is_free for surface, is_free in free.items()}
        return cls(
            stamp=stamp,
            version=version,
            schema=model.schema,
            tasks=tuple(tasks),
            constrained=constrained,
            trained=trained,
        )

    @property
    def width(self) -> int:
        """Coordinates of the concatenated embedding."""
        return self.tasks[-1].coordinates.stop

    def untrained_tasks(self, surface: str, product: str) -> tuple[str, ...]:
        """Tasks that exist in a slice and of which the model has seen no label there; none where that is not known."""
        pairs = {} if self.trained is None else self.trained[surface][product]
        return tuple(task for task, count in pairs.items() if count == 0)

    def to_json(self) -> str:
        """The text of `ranker.json`."""
        plain = {
            "format": FORMAT,
            "stamp": self.stamp,
            "version": self.version,
            "schema_fingerprint": self.schema.fingerprint(),
            "surfaces": list(self.schema.surfaces),
            "products": list(self.schema.products),
            "tasks": [dataclasses.asdict(task) | self._where(task.name) for task in self.tasks],
            "embedding_width": self.width,
            "constrained": dict(self.constrained),
            "formula": _FORMULA,
            **({} if self.trained is None else {"trained": self.trained}),
        }
        return json.dumps(plain, indent=2) + "\n"

    def _where(self, task: str) -> dict[str, Any]:
        slices = [[s, p] for s, p in self.schema.slices if self.schema.task(task).exists_in(surface=s, product=p)]
        return {"slices": slices}

    def write(self, folder: pathlib.Path) -> None:
        """Writes schema.json, then ranker.json."""
        write_text(folder / SCHEMA_FILE, self.schema.to_json())
        write_text(folder / FILE_NAME, self.to_json())

    @classmethod
    def load(cls, exports: str | pathlib.Path) -> "RankerSpec":
        """Reads an export's ranker.json and the schema beside it.

        Raises:
            ServingError: No finished export there, one of another format, or a schema that it was not made for.
        """
        exports = pathlib.Path(exports)
        path = exports / FILE_NAME
        if not path.exists():
            raise ServingError(
                f"{exports} holds no {FILE_NAME}: no finished export; run export.py with --out={exports}"
            )
        plain = read_json(path, rule="export again")
        if plain.get("format") != FORMAT:
            raise ServingError(f"{path}: this version reads format {FORMAT} only; export again")
        schema = Schema.load(exports)
        if schema.fingerprint() != plain["schema_fingerprint"]:
            raise ServingError(
                f"{exports}: {FILE_NAME} is of schema {plain['schema_fingerprint']}, but {SCHEMA_FILE} beside it is "
                f"{schema.fingerprint()}; export again"
            )
        fields = [field.name for field in dataclasses.fields(TaskSlice)]
        tasks = tuple(TaskSlice(**{name: task[name] for name in fields}) for task in plain["tasks"])
        return cls(
            stamp=plain["stamp"],
            version=plain["version"],
            schema=schema,
            tasks=tasks,
            constrained=plain["constrained"],
            trained=plain.get("trained"),
        )

    def tower_folder(self, exports: str | pathlib.Path, tower: str) -> pathlib.Path:
        """Where this version of `query_tower` or `item_tower` lies."""
        return pathlib.Path(exports) / tower / str(self.version)
