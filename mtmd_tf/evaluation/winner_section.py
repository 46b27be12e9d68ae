"""The report's section on winners: what the model says of the candidates that the heavyweight ranker puts first."""

from collections.abc import Sequence

from mtmd_tf.evaluation.result import Evaluation, key
from mtmd_tf.reporting.markdown import markdown_table

_READING = """\
A winner is {rule};
ties go to the first. Beside each measure of all candidates stands the winners' own. Winners are chosen for a high
label, so a model that is right on average predicts too little for them: the winner's curse. Winners are what is shown
and paid for; candidates are what the lightweight ranker sees."""


def winner_section(evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE, KL and calibration of all candidates and of the winners among them, side by side."""
    candidates = {key(row): row for row in evaluation.rows}
    winners = {key(row): row for row in evaluation.winners}
    names = list(dict.fromkeys(row.task for row in evaluation.rows))
    rows = [
        [
            *place,
            f"{winners[place].pairs:,}",
            *(
                "-" if value is None else format(value, form)
                for measure, form in (("log_mae", ".4f"), ("calibration", ".3f"), ("kl", "#.3g"))
                for value in (getattr(view[place], measure) for view in (candidates, winners))
            ),
        ]
        for place in ((surface, product, task) for task in names for surface, product in order)
        if candidates[place].exists
    ]
    header = [
        "surface",
        "product",
        "task",
        "winners",
        "LogMAE",
        "winners'",
        "calibration",
        "winners'",
        "KL",
        "winners'",
    ]
    text = _READING.format(rule=evaluation.winner_rule)
    return f"## Winners and candidates\n\n{text}\n\n{markdown_table(header, rows, names=3)}"
