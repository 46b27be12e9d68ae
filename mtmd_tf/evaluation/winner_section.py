"""The report's section on winners: what the model says of the candidates that the heavyweight ranker puts first."""

from collections.abc import Sequence

from mtmd_tf.evaluation.result import Evaluation, key
from mtmd_tf.reporting.markdown import number, of_place, table

_READING = """\
A winner is {rule};
ties go to the first. Beside each measure of all candidates stands the winners' own. Winners are chosen for a high
label, so a model that is right on average predicts too little for them: the winner's curse. Winners are what is shown
and paid for; candidates are what the lightweight ranker sees."""

_MEASURES = {"LogMAE": ("log_mae", ".4f"), "calibration": ("calibration", ".3f"), "KL": ("kl", "#.3g")}


def winner_section(evaluation: Evaluation, order: Sequence[tuple[str, str]]) -> str:
    """Markdown: LogMAE, KL and calibration of all candidates and of the winners among them, side by side."""
    candidates = {key(row): row for row in evaluation.rows}
    winners = {key(row): row for row in evaluation.winners}
    rows = []
    for place in ((*pair, task) for task in dict.fromkeys(row.task for row in evaluation.rows) for pair in order):
        if candidates[place].exists:
            line = of_place(*place) | {"winners": f"{winners[place].pairs:,}"}
            for words, (name, form) in _MEASURES.items():
                line |= {words: number(getattr(candidates[place], name), form)}
                line |= {f"winners' {words}": number(getattr(winners[place], name), form)}
            rows.append(line)
    reading = _READING.format(rule=evaluation.winner_rule)
    return f"## Winners and candidates\n\n{reading}\n\n{table(rows, names=3)}"
