"""Settings of embedding items and of ranking with stored embeddings (paper sections 2.2 and 2.3)."""

import dataclasses

from mtmd_tf.config.fields import check_fields, setting

STORAGES = ("float32", "bfloat16", "int8")
AUDITS = ("refuse", "warn", "off")


@dataclasses.dataclass(frozen=True, kw_only=True)
class RankConfig:
    """How stored items are ranked (sections 2.2 and 2.3)."""

    utility: str = setting(
        "", "what to rank by, such as '1.0*ctr*bid + 0.3*gctr': tasks, bid, numbers; empty adds up all tasks"
    )
    storage: str = setting("float32", "how the scoring index keeps embeddings", choices=STORAGES)
    query_tower: str = setting(
        "local",
        "local, or where TF Serving has the query tower: grpc://HOST:PORT or http://HOST:PORT, grpcs or https with TLS",
    )
    tower_timeout: float = setting(5.0, "seconds that a whole call of a remote query tower may take", minimum=0.001)
    tower_answer_mb: int = setting(16, "most megabytes of a remote query tower's answer", minimum=1)
    tower_ca: str = setting("", "PEM file of the authorities that sign the server's certificate; empty: the system's")
    tower_certificate: str = setting("", "PEM file of the certificate that the client shows")
    tower_key: str = setting("", "PEM file of its private key")
    tower_headers: str = setting("", "file of 'Name: value' lines, sent with every call: Authorization, an API key")
    approximate: bool = setting(
        False, "score only the items that an approximate index finds by the utility's first task"
    )
    threads: int = setting(0, "threads that scan the items; 0 takes one a core", minimum=0)
    top: int = setting(10, "items to keep", minimum=1)

    def __post_init__(self) -> None:
        check_fields(self)


@dataclasses.dataclass(frozen=True, kw_only=True)
class AuditConfig:
    """When item features on the embedding path differ too much from those of training (docs/serving.md)."""

    audit: str = setting(
        "refuse",
        "what happens where the item corpus differs from training beyond a threshold: refuse, warn, or off (no look)",
        choices=AUDITS,
    )
    max_presence_gap: float = setting(
        0.7,
        "most by which the shares of items that have a feature may differ, training's and the corpus's; half of it is "
        "warned of; 0 is off",
        minimum=0.0,
    )
    max_psi: float = setting(
        2.0,
        "most population stability index of a feature's values; half of it is warned of; 0 is off",
        minimum=0.0,
    )
    max_unseen_tokens: float = setting(
        0.5,
        "most share of a feature's tokens in the corpus that no training pair had; half of it is warned of; 0 is off",
        minimum=0.0,
    )
    audit_pairs: int = setting(
        200_000, "about how many training pairs an export reads, and items of the corpus; 0 reads all", minimum=0
    )

    def __post_init__(self) -> None:
        check_fields(self)
