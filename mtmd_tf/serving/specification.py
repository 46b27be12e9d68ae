"""`ranker.json`: all that a ranker must know of the two exported towers (paper sections 2.2 and 2.3)."""

import dataclasses
import hashlib
import json
import pathlib
from collections.abc import Mapping
from typing import Any

from mtmd_tf.score_features import LIMIT, ScoreFeature
from mtmd_tf.trained import Trained
from tfrecords_tools.digests import read_object, require_intact, with_digest
from tfrecords_tools.files import write_text
from tfrecords_tools.requests import DataError
from tfrecords_tools.schema import FILE_NAME as SCHEMA_FILE
from tfrecords_tools.schema import Schema

FILE_NAME = "ranker.json"
FORMAT = 2
WITH_TERM = 3  # the format of an export with score features: an older ranker, which would leave them out, refuses it
_AGAIN = "export again: python export.py --run=RUN --out={exports}"
GRAPH = "saved_model.pb"
TOWERS = ("query_tower", "item_tower")
DEFAULT = "serving_default"  # the signature that takes rows of all domains and routes each to its own
SERIALIZED = "serialized"  # the signature that takes records of the item corpus

_FORMULA = (
    "logit[task] = dot of query and item over the task's coordinates of `embedding`. On a constrained surface a task's "
    "logit is conditional on its parent: ln p[task] = ln sigmoid(logit[task]) + ln p[parent]. Elsewhere, and without a "
    "parent: ln p[task] = ln sigmoid(logit[task])."
)
_FORMULA_OF_TERM = (
    " To each logit is added, for each of `score_features` (numbers of the pair): missing[task], where the number is "
    f"missing, or else weight[task] * clip((x - mean) * scale, {-LIMIT:g}, {LIMIT:g}), where x is the number, or "
    "ln(1 + number) with `log1p`."
)


class ServingError(DataError):
    """Exports or embeddings that cannot be served: missing, stale, or not what was trained."""


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskSlice:
    """One task's coordinates of the concatenated embedding: `start` to `start + deep + shallow`, the deep ones first.

    Attributes:
        name: Such as `ctr`.
        parent: The task that must happen first, or None.
        start: Index of the first coordinate.
        deep: Coordinates of `emb_deep`.
        shallow: Coordinates of `emb_shallow`, the two of the bias included.
    """

    name: str
    parent: str | None
    start: int
    deep: int
    shallow: int

    @property
    def width(self) -> int:
        """Coordinates in all."""
        return self.deep + self.shallow

    @property
    def coordinates(self) -> slice:
        """The task's columns of an embedding."""
        return slice(self.start, self.start + self.width)


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankerSpec:
    """What both towers of one export share.

    Attributes:
        stamp: Stamp of the weights, the configuration and the schema; towers and embeddings carry it too.
        version: The towers' version folder.
        schema: Surfaces, products, tasks and raw features.
        tasks: Tasks in the order of the concatenated embedding, parents first.
        constrained: `{surface: whether a child's logit is conditional on its parent there}`.
        trained: `{surface: {product: {task: labeled training pairs}}}`; None in an older export.
        score_features: Numbers of a pair of which a linear term is added to each logit; none as a rule.
        graphs: `{tower: SHA-256 of its saved_model.pb}`; TensorFlow checks the weights itself, but not the graph, in
            which the small ones stand. Not compared: it is known only when the towers have been written.
        last_day: Last day (`partition.Partition.name`) that has shaped the towers; "" in an older export, or where the
            data of the training was gone.
        usual: `{surface: query features that nearly all of its training requests had}`; None where that is not known.
    """

    stamp: str
    version: int
    schema: Schema
    tasks: tuple[TaskSlice, ...]
    constrained: Mapping[str, bool]
    trained: Trained | None = None
    score_features: tuple[ScoreFeature, ...] = ()
    graphs: Mapping[str, str] = dataclasses.field(default_factory=dict, compare=False)
    last_day: str = ""
    usual: Mapping[str, list[str]] | None = None

    @property
    def width(self) -> int:
        """Coordinates of the concatenated embedding."""
        return self.tasks[-1].coordinates.stop

    def untrained_tasks(self, surface: str, product: str) -> tuple[str, ...]:
        """Tasks that exist in a slice and of which the model has seen no label there; none where that is not known."""
        pairs = {} if self.trained is None else self.trained[surface][product]
        return tuple(task for task, count in pairs.items() if count == 0)

    def meaning(self) -> dict[str, Any]:
        """What turns embeddings into probabilities: coordinates, parents, constraint, linear term and formula."""
        term = [dataclasses.asdict(feature) for feature in self.score_features]
        return {
            "tasks": [dataclasses.asdict(task) | self._where(task.name) for task in self.tasks],
            "embedding_width": self.width,
            "constrained": dict(self.constrained),
            **({"score_features": term} if term else {}),
            "formula": _FORMULA + _FORMULA_OF_TERM if term else _FORMULA,
        }

    def to_json(self) -> str:
        """The text of `ranker.json`."""
        plain = {
            "format": WITH_TERM if self.score_features else FORMAT,
            "stamp": self.stamp,
            "version": self.version,
            "schema_fingerprint": self.schema.fingerprint(),
            "surfaces": list(self.schema.surfaces),
            "products": list(self.schema.products),
            **self.meaning(),
            **({} if self.trained is None else {"trained": self.trained}),
            **({"last_day": self.last_day} if self.last_day else {}),
            **({} if self.usual is None else {"usual_features": self.usual}),
        }
        graphs = {"graphs": dict(self.graphs)} if self.graphs else {}
        return json.dumps(with_digest(plain | graphs), indent=2) + "\n"

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
            ServingError: No finished export there, one of another format, one that was edited or damaged since, or a
                schema that it was not made for.
        """
        exports = pathlib.Path(exports)
        path = exports / FILE_NAME
        if not path.exists():
            raise ServingError(
                f"{exports} holds no {FILE_NAME}: no finished export; run export.py with --out={exports}"
            )
        rule = _AGAIN.format(exports=exports)
        plain = read_object(path, raises=ServingError, rule=rule)
        if plain.get("format") not in (FORMAT, WITH_TERM):
            reads = f"{FORMAT} and {WITH_TERM}"
            raise ServingError(f"{path} has the format {plain.get('format')}, this version reads {reads}; {rule}")
        require_intact(plain, path, raises=ServingError, rule=rule)
        schema = Schema.load(exports)
        if schema.fingerprint() != plain["schema_fingerprint"]:
            raise ServingError(
                f"{exports}: {FILE_NAME} is of schema {plain['schema_fingerprint']}, but {SCHEMA_FILE} beside it is "
                f"{schema.fingerprint()}; {rule}"
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
            score_features=tuple(ScoreFeature(**own) for own in plain.get("score_features", ())),
            graphs=plain.get("graphs", {}),
            last_day=plain.get("last_day", ""),
            usual=plain.get("usual_features"),
        )

    def tower_folder(self, exports: str | pathlib.Path, tower: str) -> pathlib.Path:
        """Where this version of `query_tower` or `item_tower` lies."""
        return pathlib.Path(exports) / tower / str(self.version)

    def require_graph(self, exports: str | pathlib.Path, tower: str) -> pathlib.Path:
        """The folder of `query_tower` or `item_tower`, its graph as it was exported.

        Raises:
            ServingError: There is none, or it has changed since; it names the file.
        """
        folder = self.tower_folder(exports, tower)
        path = folder / GRAPH
        if not path.exists():
            raise ServingError(f"{folder} holds no SavedModel, though {FILE_NAME} names it; export again")
        if graph_digest(folder) != self.graphs.get(tower):
            raise ServingError(f"{path} is not as it was exported; remove {folder} and export again")
        return folder


def graph_digest(folder: pathlib.Path) -> str:
    """SHA-256 of a SavedModel's graph."""
    with (folder / GRAPH).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
