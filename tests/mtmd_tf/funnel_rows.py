from typing import Any

from mtmd_tf.metrics import FunnelRow


def funnel_row(top: int, cut: int, **own: Any) -> FunnelRow:
    """A row of a funnel; what a test is about is its own."""
    shown = {"recall": 0.75, "recall_by_chance": 0.25, "score_loss": 0.125, "score_loss_by_chance": 0.5}
    other = {"surface": "home", "task": "ctr", "requests": 500, "ranked_requests": 600, "rank_correlation": 0.5}
    return FunnelRow(top=top, cut=cut, **{**other, **shown, **own})
