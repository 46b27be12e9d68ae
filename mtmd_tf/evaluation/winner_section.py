"""The report's section on winners, the candidates that the heavyweight ranker puts first."""

from collections.abc import Sequence

from mtmd_tf.evaluation.result import Evaluation, key
from mtmd_tf.reporting.markdown import listing

_READING = """\
A winner is {rule};
ties go to the first. Beside each measure of all candidates stands the winners' own. Winners are chosen for a high
label, so a model that is right on average predicts too little for them: the winner's curse. Winners are what is shown
and paid for; candidates are what the lightweight ranker sees."""

_HEADER = "surface | product | task | winners | LogMAE | winners' LogMAE"
_HEADER += " | calibration | winners' calibration | KL | winners' KL"
_CELLS = "{0.surface} | {0.product} | {0.task} | {1.pairs:,} | {0.log_mae:.4f} | {1.log_mae:.4f}"
_CELLS += " | {0.calibration:.3f} | {1.calibration:.3f} | {0.kl:#.3g} | {1.kl:#.3g}"


def winner_section(evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE, KL and calibration of all candidates and of the winners among them, side by side."""
    candidates, winners = ({key(row): row for row in rows} for rows in (evaluation.rows, evaluation.winners))
    places = [(*pair, task) for task in dict.fromkeys(row.task for row in evaluation.rows) for pair in order]
    rows = [(candidates[place], winners[place]) for place in places if candidates[place].exists]
    reading = _READING.format(rule=evaluation.winner_rule)
    return f"## Winners and candidates\n\n{reading}\n\n{listing(_HEADER, _CELLS, rows, names=3)}"
