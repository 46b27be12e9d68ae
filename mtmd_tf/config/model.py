"""Settings of the model: the architecture and its tasks (paper section 2)."""

import dataclasses

from mtmd_tf.config.fields import ConfigError, check_fields, setting
from mtmd_tf.config.score_features import numbers_named
from mtmd_tf.config.task import TaskConfig, tasks_named
from tfrecords_tools.feature import Feature
from tfrecords_tools.printable import listed
from tfrecords_tools.schema import Schema

BIAS_UNITS = 2  # the last coordinates of every embedding, which carry its bias in the dot product
COMPOSITIONS = ("sum", "concat")
EXPERTS = ("deep", "task_shared", "domain_shared")  # of one task in one domain, in the router's order
ROUTER_INPUTS = ("fields", "experts")
ARCHITECTURES = ("mtmd", "single_slice", "shared_bottom", "mmoe", "ple", "mmoe_dcn")
ALIGNMENTS = ("none", "rcr", "copr", "recall")
FLOOR = "joint"  # one network over both sides: no towers, so it is measured and never served
NORMALIZATIONS = ("pre", "post", "none")
DOMAIN_SHARINGS = ("none", "additive", "multiplicative", "low_rank")
MOMENTS = ("batch", "running")
GATE_ACTIVATIONS = ("sigmoid", "relu")


@dataclasses.dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """The architecture (section 2)."""

    tasks: tuple[str, ...] = setting((), "tasks to learn, parents among them; empty takes all of the schema's")
    architecture: str = setting(
        "mtmd",
        "what the towers are; all but mtmd are one network for all domains of the data that they are given, and "
        "single_slice, a plain FFN, is the paper's baseline with --slice; joint, one network over both sides' fields, "
        "only shows what no two towers could reach",
        choices=(*ARCHITECTURES, FLOOR),
    )
    dim: int = setting(16, "width of one field after encoding", minimum=1)
    min_count: int = setting(
        0,
        "how often an id must occur on the days to train on for a row of its own in its embedding table; rarer ones, "
        "and ids that only later requests hold, share one row a feature; 0 gives every id its own",
        minimum=0,
    )
    max_table_rows: int = setting(
        0,
        "most rows of a side's embedding table; where its ids are more, each has two rows half as wide, by two hashes, "
        "in one table that all features share; 0 gives every id its own row",
        minimum=0,
    )
    deep_units: tuple[int, ...] = setting(
        (512, 256, 128, 128), "layers of every deep and shared expert, and of single_slice", minimum=1
    )
    shallow: bool = setting(True, "mtmd's shallow experts; without them an embedding is its deep part and the bias")
    shallow_units: tuple[int, ...] = setting((128, 64), "layers of every shallow expert", minimum=1)
    router_units: tuple[int, ...] = setting(
        (128, 64), "hidden layers of every router, and of mmoe_dcn's gates", minimum=1
    )
    router_input: str = setting(
        "fields", "what a router reads: the adapted fields, or the experts' outputs", choices=ROUTER_INPUTS
    )
    composition: str = setting(
        "sum", "how routed experts meet: weighted sum or weighted concatenation", choices=COMPOSITIONS
    )
    normalization: str = setting(
        "pre",
        "LayerNorm before the activation and the crossing (pre), after them (post), or nowhere (none)",
        choices=NORMALIZATIONS,
    )
    domain_adaptation: bool = setting(
        True, "mtmd's batch normalization and gates, one per domain; without, all rows of a tower are normalized as one"
    )
    domain_sharing: str = setting(
        "low_rank",
        "how mtmd's domains share: a domain's weights are a base that all share plus its own deviation, zero at first "
        "(additive, multiplicative, low_rank), or its own alone (none, the paper's text)",
        choices=DOMAIN_SHARINGS,
        before="none",
    )
    deviation_rank: int = setting(8, "rank of each deviation with --domain_sharing=low_rank", minimum=1)
    deviation_scale: float = setting(
        0.1,
        "what each deviation of a linear map is multiplied by: the smaller, the slower a domain moves from the base; "
        "at 0 every linear map is the base's",
        minimum=0.0,
        before=1.0,
    )
    moments: str = setting(
        "running",
        "what numbers are normalized by: the moments of all rows so far, or the batch's own (the paper's text)",
        choices=MOMENTS,
        before="batch",
    )
    crossing: bool = setting(True, "mtmd's LayerNorm and DCN-v2 between the routed experts and the embedding")
    cross_projection: int = setting(32, "rank of the low-rank DCN-v2", minimum=1)
    se_reduction: int = setting(2, "how many times narrower than the fields the squeeze is", minimum=1)
    gate_activation: str = setting(
        "sigmoid",
        "a gate's last activation: 2 * sigmoid, or relu, which can kill a field; both start near 1",
        choices=GATE_ACTIVATIONS,
    )
    leaky_slope: float = setting(0.2, "negative slope of LeakyReLU", minimum=0.0)
    head_units: tuple[int, ...] = setting(
        (128,), "layers of a task's head in shared_bottom and the mixtures", minimum=1
    )
    mixture_experts: int = setting(4, "experts that all tasks of mmoe and mmoe_dcn share", minimum=1)
    extraction_levels: int = setting(2, "levels of ple, between which the deep_units are divided", minimum=1)
    task_experts: int = setting(1, "experts of one task in each level of ple", minimum=0)
    shared_experts: int = setting(1, "experts that all tasks share in each level of ple", minimum=1)
    root_embedding: int = setting(128, "deep embedding of a task without a parent", minimum=1)
    child_embedding: int = setting(32, "deep embedding of a task with a parent", minimum=1)
    count_shallow: bool = setting(
        False, "count the last of shallow_units in root_embedding and child_embedding: the deep part is the rest"
    )
    root_loss_weight: float = setting(2.0, "loss weight of a task without a parent; its children weigh 1", minimum=0.0)
    log_loss_weight: float = setting(
        0.0, "weight of a term in the loss on ln p itself, as LogMAE measures it; 0 leaves it out", minimum=0.0
    )
    constrained: bool = setting(True, "P(child) = P(child | parent) P(parent) (section 2.3)")
    unconstrained_surfaces: tuple[str, ...] = setting((), "surfaces on which the constraint is off")
    retrieval_weight: float = setting(
        0.0, "weight of the auxiliary in-batch retrieval loss; 0 leaves it out", minimum=0.0
    )
    alignment: str = setting(
        "none",
        "loss on the order of a request's candidates beside the KL: a listwise softmax with the KL's optimum (rcr), "
        "pairs by eCPM and NDCG (copr), or the recall of the heavyweight ranker's best (recall)",
        choices=ALIGNMENTS,
    )
    alignment_weight: float = setting(0.1, "weight of the --alignment loss", minimum=0.0)
    list_candidates: int = setting(
        0,
        "labeled candidates of a request that the --alignment loss compares, drawn anew each step; 0 for all",
        minimum=0,
    )
    list_own_best: int = setting(
        0, "how many of the --list_candidates are the model's own best instead of drawn", minimum=0
    )
    score_features: tuple[str, ...] = setting(
        (),
        "numbers of a pair, cross/NAME, of which a linear term is added to each task's dot product; a ranker must have "
        "them for its candidates (docs/serving.md)",
    )

    def __post_init__(self) -> None:
        check_fields(self)
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
        if self.max_table_rows and self.dim % 2:
            raise ConfigError(
                f"ModelConfig.dim is {self.dim}; it must be even with max_table_rows={self.max_table_rows}, which "
                "splits each id's embedding in two halves."
            )
        self._check_alignment()
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

    def _check_alignment(self) -> None:
        aligned = self.alignment != "none"
        if aligned and not self.alignment_weight:
            raise ConfigError(
                f"ModelConfig.alignment_weight is 0 with alignment={self.alignment!r}; it must be above 0, or say "
                "alignment='none'."
            )
        if self.list_candidates == 1 or (self.list_candidates and not aligned):
            raise ConfigError(
                f"ModelConfig.list_candidates is {self.list_candidates} with alignment={self.alignment!r}; it must be "
                "0, or at least 2 with an alignment."
            )
        if self.list_own_best > self.list_candidates:
            raise ConfigError(
                f"ModelConfig.list_own_best is {self.list_own_best}; it must be at most list_candidates, "
                f"{self.list_candidates}."
            )

    @property
    def shallow_width(self) -> int:
        """Width of `emb_shallow`; 0 in towers without shallow experts."""
        return self.shallow_units[-1] if self.shallow and self.architecture == "mtmd" else 0

    def constrains(self, surface: str) -> bool:
        """Whether a child's logit is conditional on its parent on this surface."""
        return self.constrained and surface not in self.unconstrained_surfaces

    def score_columns(self, schema: Schema) -> tuple[Feature, ...]:
        """The score features, in the order of `score_features`; raises as `config.score_features.numbers_named`."""
        return numbers_named(self.score_features, schema)

    def task_configs(self, schema: Schema) -> tuple[TaskConfig, ...]:
        """The tasks to learn with the sizes and weights of this configuration, parents first.

        Raises:
            ConfigError: A task, surface or score feature that the schema lacks, or a task whose parent is left out.
        """
        self.score_columns(schema)
        for surface in self.unconstrained_surfaces:
            if surface not in schema.surfaces:
                raise ConfigError(
                    f"no surface {surface!r} in schema {schema.name!r}; it has {listed(schema.surfaces)}."
                )
        counted = self.shallow_width if self.count_shallow else 0
        return tuple(
            TaskConfig(
                name=task.name,
                parent=task.parent,
                embedding_dim=(self.root_embedding if task.parent is None else self.child_embedding) - counted,
                loss_weight=self.root_loss_weight if task.parent is None else 1.0,
            )
            for task in tasks_named(self.tasks, schema)
        )
