"""Every setting of the model and of training; the defaults are the paper's numbers where the paper gives one."""

import dataclasses
import json
import math
import pathlib
from collections.abc import Collection, Mapping
from typing import Any, TypeVar

from tfrecords_tools.files import write_text
from tfrecords_tools.schema import Schema
from tfrecords_tools.sealed import read_sealed, sealed

BIAS_UNITS = 2  # the last coordinates of every embedding, which carry its bias in the dot product
COMPOSITIONS = ("sum", "concat")
EXPERTS = ("deep", "task_shared", "domain_shared")  # of one task in one domain, in the router's order
ROUTER_INPUTS = ("fields", "experts")
ARCHITECTURES = ("mtmd", "single_slice", "shared_bottom", "mmoe", "ple", "mmoe_dcn")
FLOOR = "joint"  # one network over both sides: no towers, so it is measured and never served
NORMALIZATIONS = ("pre", "post", "none")
DOMAIN_SHARINGS = ("none", "additive", "multiplicative", "low_rank")
MOMENTS = ("batch", "running")
GATE_ACTIVATIONS = ("sigmoid", "relu")
STORAGES = ("float32", "bfloat16", "int8")
RESTORE = "restore it, or remove the folder and train anew"  # what to do about a damaged file of a run

T = TypeVar("T")


class ConfigError(ValueError):
    """A setting that does not exist, or one that breaks its rule."""


def _setting(
    default: Any,
    help_text: str,
    *,
    choices: tuple[str, ...] | None = None,
    minimum: float | None = None,
    before: Any = None,
) -> Any:
    """A field; `before` is what a configuration had that was written before the field existed, if not the default."""
    metadata = {"help": help_text, "choices": choices, "minimum": minimum}
    return dataclasses.field(default=default, metadata=metadata | {"before": default if before is None else before})


@dataclasses.dataclass(frozen=True, kw_only=True)
class TaskConfig:
    """One prediction task and its place in the funnel (section 2.3)."""

    name: str
    embedding_dim: int
    parent: str | None = None
    loss_weight: float = 1.0


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The architecture (section 2)."""

    tasks: tuple[str, ...] = _setting((), "tasks to learn, parents among them; empty takes all of the schema's")
    architecture: str = _setting(
        "mtmd",
        "what the towers are; all but mtmd are one network for all domains of the data that they are given, and "
        "single_slice, a plain FFN, is the paper's baseline with --slice; joint, one network over both sides' fields, "
        "only shows what no two towers could reach",
        choices=(*ARCHITECTURES, FLOOR),
    )
    dim: int = _setting(16, "width of one field after encoding", minimum=1)
    deep_units: tuple[int, ...] = _setting(
        (512, 256, 128, 128), "layers of every deep and shared expert, and of single_slice", minimum=1
    )
    shallow: bool = _setting(True, "mtmd's shallow experts; without them an embedding is its deep part and the bias")
    shallow_units: tuple[int, ...] = _setting((128, 64), "layers of every shallow expert", minimum=1)
    router_units: tuple[int, ...] = _setting(
        (128, 64), "hidden layers of every router, and of mmoe_dcn's gates", minimum=1
    )
    router_input: str = _setting(
        "fields", "what a router reads: the adapted fields, or the experts' outputs", choices=ROUTER_INPUTS
    )
    composition: str = _setting(
        "sum", "how routed experts meet: weighted sum or weighted concatenation", choices=COMPOSITIONS
    )
    normalization: str = _setting(
        "pre",
        "LayerNorm before the activation and the crossing (pre), after them (post), or nowhere (none)",
        choices=NORMALIZATIONS,
    )
    domain_adaptation: bool = _setting(
        True, "mtmd's batch normalisation and gates, one per domain; without, all rows of a tower are normalised as one"
    )
    domain_sharing: str = _setting(
        "low_rank",
        "how mtmd's domains share: a domain's weights are a base that all share plus its own deviation, zero at first "
        "(additive, multiplicative, low_rank), or its own alone (none, the paper's text)",
        choices=DOMAIN_SHARINGS,
        before="none",
    )
    deviation_rank: int = _setting(8, "rank of each deviation with --domain_sharing=low_rank", minimum=1)
    moments: str = _setting(
        "running",
        "what numbers are normalised by: the moments of all rows so far, or the batch's own (the paper's text)",
        choices=MOMENTS,
        before="batch",
    )
    crossing: bool = _setting(True, "mtmd's LayerNorm and DCN-v2 between the routed experts and the embedding")
    cross_projection: int = _setting(32, "rank of the low-rank DCN-v2", minimum=1)
    se_reduction: int = _setting(2, "how many times narrower than the fields the squeeze is", minimum=1)
    gate_activation: str = _setting(
        "sigmoid",
        "a gate's last activation: 2 * sigmoid, or relu, which can kill a field; both start near 1",
        choices=GATE_ACTIVATIONS,
    )
    leaky_slope: float = _setting(0.2, "negative slope of LeakyReLU", minimum=0.0)
    head_units: tuple[int, ...] = _setting(
        (128,), "layers of a task's head in shared_bottom and the mixtures", minimum=1
    )
    mixture_experts: int = _setting(4, "experts that all tasks of mmoe and mmoe_dcn share", minimum=1)
    extraction_levels: int = _setting(2, "levels of ple, between which the deep_units are divided", minimum=1)
    task_experts: int = _setting(1, "experts of one task in each level of ple", minimum=0)
    shared_experts: int = _setting(1, "experts that all tasks share in each level of ple", minimum=1)
    root_embedding: int = _setting(128, "deep embedding of a task without a parent", minimum=1)
    child_embedding: int = _setting(32, "deep embedding of a task with a parent", minimum=1)
    count_shallow: bool = _setting(
        False, "count the last of shallow_units in root_embedding and child_embedding: the deep part is the rest"
    )
    root_loss_weight: float = _setting(2.0, "loss weight of a task without a parent; its children weigh 1", minimum=0.0)
    log_loss_weight: float = _setting(
        0.0, "weight of a term in the loss on ln p itself, as LogMAE measures it; 0 leaves it out", minimum=0.0
    )
    constrained: bool = _setting(True, "P(child) = P(child | parent) P(parent) (section 2.3)")
    unconstrained_surfaces: tuple[str, ...] = _setting((), "surfaces on which the constraint is off")
    retrieval_weight: float = _setting(
        0.0, "weight of the auxiliary in-batch retrieval loss; 0 leaves it out", minimum=0.0
    )

    def __post_init__(self) -> None:
        _check(self)
        if self.architecture == "ple" and self.extraction_levels > len(self.deep_units):
            raise ConfigError(
                f"ModelConfig.extraction_levels is {self.extraction_levels}; the levels divide the deep_units, "
                f"{list(self.deep_units)}, between them: it must be at most {len(self.deep_units)}."
            )
        if self.architecture == FLOOR and self.retrieval_weight:
            raise ConfigError(
                f"ModelConfig.retrieval_weight is {self.retrieval_weight}; it must be 0 with architecture={FLOOR!r}, "
                "which has no embeddings to retrieve by."
            )
        composed = len(EXPERTS) if self.composition == "concat" else 1
        crossed = self.deep_units[-1] * composed
        if self.architecture == "mtmd" and self.crossing and self.cross_projection >= crossed:
            raise ConfigError(
                f"ModelConfig.cross_projection is {self.cross_projection}; the crossing of {crossed} units, "
                "which follow from the last of deep_units, is low-rank below that: lower it, or say crossing=False "
                "(--nocrossing)."
            )
        for name in ("root_embedding", "child_embedding"):
            if self.count_shallow and getattr(self, name) <= self.shallow_width:
                raise ConfigError(
                    f"ModelConfig.{name} is {getattr(self, name)} and counts a shallow part of {self.shallow_width} "
                    f"(the last of shallow_units); it must be at least {self.shallow_width + 1}."
                )

    @property
    def shallow_width(self) -> int:
        """Width of `emb_shallow`; 0 in towers without shallow experts."""
        return self.shallow_units[-1] if self.shallow and self.architecture == "mtmd" else 0

    def task_configs(self, schema: Schema) -> tuple[TaskConfig, ...]:
        """The tasks to learn with the sizes and weights of this configuration, parents first.

        Raises:
            ConfigError: A task or surface that the schema lacks, or a task whose parent is left out.
        """
        for surface in self.unconstrained_surfaces:
            if surface not in schema.surfaces:
                raise ConfigError(f"no surface {surface!r} in schema {schema.name!r}; it has {list(schema.surfaces)}.")
        chosen = self.tasks or schema.task_names
        for name in chosen:
            if name not in schema.task_names:
                raise ConfigError(f"no task {name!r} in schema {schema.name!r}; it has {list(schema.task_names)}.")
            parent = schema.task(name).parent
            if parent is not None and parent not in chosen:
                raise ConfigError(f"task {name!r} needs its parent {parent!r}; the tasks are {list(chosen)}.")
        counted = self.shallow_width if self.count_shallow else 0
        return tuple(
            TaskConfig(
                name=task.name,
                parent=task.parent,
                embedding_dim=(self.root_embedding if task.parent is None else self.child_embedding) - counted,
                loss_weight=self.root_loss_weight if task.parent is None else 1.0,
            )
            for task in schema.tasks
            if task.name in chosen
        )


@dataclasses.dataclass(frozen=True, kw_only=True)
class TrainConfig:
    """How a model is fitted."""

    epochs: int = _setting(2, "passes over the training days", minimum=1)
    max_steps: int = _setting(0, "stop after so many steps; 0 means no limit", minimum=0)
    batch_requests: int = _setting(384, "requests a step; each brings all its candidates", minimum=1)
    learning_rate: float = _setting(1e-3, "Adam's peak rate, for everything but embedding tables", minimum=0.0)
    embedding_learning_rate: float = _setting(0.05, "Adagrad's rate for the embedding tables", minimum=0.0)
    embedding_accumulator: float = _setting(
        1e-8, "where Adagrad's sums of squared gradients start; gradients of mean losses are far below 1", minimum=0.0
    )
    deviation_decay: float = _setting(
        0.0,
        "how fast what a domain has learned for itself decays towards what the domains share: the rate times this "
        "share a step",
        minimum=0.0,
    )
    warmup_steps: int = _setting(100, "steps over which the rate climbs from 0", minimum=0)
    clip_norm: float = _setting(5.0, "largest global norm of the dense gradients; 0 does not clip", minimum=0.0)
    use_weights: bool = _setting(
        False, "weigh pairs by the records' `weight` column in the loss; reports count every pair once"
    )
    shuffle_requests: int = _setting(20_000, "requests in the shuffle buffer", minimum=1)
    sample_share: float = _setting(
        1.0, "share of the training requests to learn from, the same ones in every epoch; above 0, at most 1"
    )
    skip_corrupt: bool = _setting(
        False,
        "skip what lies behind a corrupt record in training, and count it, instead of stopping; measuring stops",
    )
    held_out_days: int = _setting(7, "last training days, held out to stop early by", minimum=1)
    look_every: int = _setting(0, "steps between looks at the held-out days; 0 means once an epoch", minimum=0)
    look_requests: int = _setting(10_000, "held-out requests of such a look", minimum=1)
    checkpoint_every: int = _setting(200, "steps between checkpoints", minimum=1)
    patience: int = _setting(
        2, "stop after so many looks without a better held-out loss; 0 never stops early", minimum=0
    )
    seed: int = _setting(0, "the one seed: every other is derived from it and a name", minimum=0)

    def __post_init__(self) -> None:
        _check(self)
        if not 0.0 < self.sample_share <= 1.0:
            where = f"{type(self).__name__}.sample_share"
            raise ConfigError(f"{where} is {self.sample_share!r}; it must be above 0 and at most 1.")


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeavyweightConfig:
    """The heavyweight ranker, the teacher of every architecture (section 1)."""

    dim: int = _setting(8, "width of one embedded field", minimum=1)
    pieces: int = _setting(16, "pieces that each number is cut into", minimum=2)
    units: tuple[int, ...] = _setting((128, 128, 64), "width of the crossing, then of each layer above it", minimum=1)
    cross_layers: int = _setting(2, "DCN-v2 crossings", minimum=0)
    cross_projection: int = _setting(32, "rank of each DCN-v2 crossing", minimum=1)
    members: int = _setting(2, "networks over shared inputs whose logits are averaged", minimum=1)
    cross_product_l1: float = _setting(
        0.0, "L1 penalty on a weight for each pair of a query's and an item's category; 0 for no weights", minimum=0.0
    )
    leaky_slope: float = _setting(0.2, "negative slope of LeakyReLU", minimum=0.0)
    input_dropout: float = _setting(0.1, "share of encoded features dropped in training", minimum=0.0)
    dropout: float = _setting(0.2, "share of hidden units dropped in training", minimum=0.0)

    def __post_init__(self) -> None:
        _check(self)
        for name in ("input_dropout", "dropout"):
            if getattr(self, name) >= 1.0:
                raise ConfigError(f"HeavyweightConfig.{name} is {getattr(self, name)!r}; it must be below 1.")

    def tasks(self, schema: Schema) -> tuple[TaskConfig, ...]:
        """The schema's tasks, parents first."""
        return tuple(TaskConfig(name=t.name, parent=t.parent, embedding_dim=self.units[-1]) for t in schema.tasks)


@dataclasses.dataclass(frozen=True, kw_only=True)
class HeavyweightTrainConfig(TrainConfig):
    """How the heavyweight ranker is fitted: many small steps, ended by the days held out."""

    epochs: int = _setting(6, "passes over the days to learn from", minimum=1)
    batch_requests: int = _setting(0, "requests a step; 0 takes as many as bring about 640 pairs", minimum=0)
    learning_rate: float = _setting(2e-3, "Adam's peak rate, for everything but embedding tables", minimum=0.0)
    embedding_accumulator: float = _setting(0.1, "where Adagrad's sums of squared gradients start", minimum=0.0)
    held_out_days: int = _setting(0, "last of the ranker's own days, held out; 0 takes a sixth of them", minimum=0)
    recalibrate_every: int = _setting(
        1, "days between corrections of its logits by the events just before, as it labels; 0 never", minimum=0
    )
    recalibrate_window: int = _setting(14, "days before such a correction that it is fitted to", minimum=1)
    recalibrate_shape_window: int = _setting(
        56, "days before that its shape is fitted to: how far rare and common events are stretched", minimum=1
    )


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankConfig:
    """How stored items are ranked (sections 2.2 and 2.3)."""

    utility: str = _setting(
        "", "what to rank by, such as '1.0*ctr*bid + 0.3*gctr': tasks, bid, numbers; empty adds up all tasks"
    )
    storage: str = _setting("float32", "how the scoring index keeps embeddings", choices=STORAGES)
    query_tower: str = _setting(
        "local",
        "local, or where TF Serving has the query tower: grpc://HOST:PORT or http://HOST:PORT, grpcs or https with TLS",
    )
    tower_timeout: float = _setting(5.0, "seconds that a whole call of a remote query tower may take", minimum=0.001)
    tower_answer_mb: int = _setting(16, "most megabytes of a remote query tower's answer", minimum=1)
    tower_ca: str = _setting("", "PEM file of the authorities that sign the server's certificate; empty: the system's")
    tower_certificate: str = _setting("", "PEM file of the certificate that the client shows")
    tower_key: str = _setting("", "PEM file of its private key")
    tower_headers: str = _setting("", "file of 'Name: value' lines, sent with every call: Authorization, an API key")
    approximate: bool = _setting(
        False, "score only the items that an approximate index finds by the utility's first task"
    )
    threads: int = _setting(0, "threads that scan the items; 0 takes one a core", minimum=0)
    top: int = _setting(10, "items to keep", minimum=1)

    def __post_init__(self) -> None:
        _check(self)


def build(config_class: type[T], plain: dict[str, Any]) -> T:
    """Makes a configuration from plain values.

    Raises:
        ConfigError: An unknown field; it lists the fields.
    """
    names = [field.name for field in dataclasses.fields(config_class)]  # type: ignore[arg-type]
    for name in plain:
        if name not in names:
            raise ConfigError(f"No field {name!r} in {config_class.__name__}; it has {names}.")
    return config_class(**{name: tuple(value) if isinstance(value, list) else value for name, value in plain.items()})


def arguments(*chosen: Any, always: Collection[str] = ()) -> list[str]:
    """The flags that say `chosen`, in order, where their classes are defined.

    What is at its field's default is left out, unless its name is in `always`: what is `auto` where it is not said.
    """
    return [
        f"--{field.name}={','.join(str(item) for item in value) if isinstance(value, tuple) else value}"
        for config in chosen
        for field in dataclasses.fields(config)
        if (value := getattr(config, field.name)) != field.default or field.name in always
    ]


def save(path: str | pathlib.Path, **configs: Any) -> None:
    """Writes configurations, and plain mappings, to one JSON file with a digest, `{name: {field: value}}`."""
    plain = {n: dict(each) if isinstance(each, Mapping) else dataclasses.asdict(each) for n, each in configs.items()}
    write_text(pathlib.Path(path), json.dumps(sealed(plain), indent=2) + "\n")


def load(path: str | pathlib.Path, name: str, config_class: type[T]) -> T:
    """Reads the configuration `name` of a file that `save` wrote.

    Raises:
        ConfigError: The file is not as it was written, or holds no such configuration, or one with unknown fields.
    """
    configs = load_all(path)
    if not isinstance(configs.get(name), dict):
        raise ConfigError(f"No configuration {name!r} in {path}; it has {list(configs)}.")
    return build(config_class, older(config_class) | configs[name])


def older(config_class: type) -> dict[str, Any]:
    """What a configuration had that was written before a field existed, as JSON holds it."""
    fields = dataclasses.fields(config_class)
    values = {field.name: field.metadata["before"] for field in fields if "before" in field.metadata}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def load_all(path: str | pathlib.Path) -> dict[str, Any]:
    """What `save` wrote, as JSON holds it.

    Raises:
        ConfigError: The file is not as it was written.
    """
    return read_sealed(pathlib.Path(path), refusal=ConfigError, rule=RESTORE)


def _check(config: Any) -> None:
    for field in dataclasses.fields(config):
        value, choices, minimum = getattr(config, field.name), field.metadata["choices"], field.metadata["minimum"]
        where = f"{type(config).__name__}.{field.name}"
        kind = type(field.default)
        if not isinstance(value, (int, float) if kind is float else kind):
            raise ConfigError(f"{where} is {value!r}; it must be of type {kind.__name__}.")
        if choices is not None and value not in choices:
            raise ConfigError(f"{where} is {value!r}; choose from {list(choices)}.")
        if isinstance(value, float) and math.isinf(value):
            raise ConfigError(f"{where} is {value!r}; it must be a finite number.")
        if minimum is None:
            continue
        if isinstance(field.default, tuple) and not value:
            raise ConfigError(f"{where} is empty; give at least one number.")
        for number in value if isinstance(value, tuple) else (value,):
            if not number >= minimum:
                raise ConfigError(f"{where} is {value!r}; it must be at least {minimum}.")
