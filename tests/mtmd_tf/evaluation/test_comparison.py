"""A model's rows next to the training mean's."""

import pytest

from mtmd_tf.evaluation.comparison import gain, slices, worse_than_mean
from mtmd_tf.evaluation.result import Evaluation
from mtmd_tf.metrics import Row


def _rows(surfaces: list[str], products: list[str]) -> list[Row]:
    return [
        Row(surface=surface, product=product, task="ctr", exists=True) for surface in surfaces for product in products
    ]


@pytest.mark.parametrize(("value", "over", "percent"), [(0.4, 0.5, 20.0), (0.6, 0.5, -20.0), (0.5, 0.5, 0.0)])
def test_improvement_is_in_percent_of_the_reference(value: float, over: float, percent: float) -> None:
    assert gain(value, over=over) == pytest.approx(percent, abs=1e-12)


@pytest.mark.parametrize(("value", "over"), [(None, 0.5), (0.5, None), (0.5, 0.0)])
def test_improvement_over_nothing_cannot_be_said(value: float | None, over: float | None) -> None:
    assert gain(value, over=over) is None


def test_the_highlighted_surface_is_first_and_the_roll_up_last() -> None:
    found = slices(_rows(["search", "home", "all"], ["standard", "shopping", "all"]), highlight="home")
    assert [surface for surface, _ in found] == ["home"] * 3 + ["search"] * 3 + ["all"] * 3


def test_a_roll_up_over_one_name_is_left_out() -> None:
    assert slices(_rows(["home", "all"], ["standard", "shopping", "all"])) == [
        ("home", "standard"),
        ("home", "shopping"),
        ("home", "all"),
    ]


def test_refuses_an_unknown_surface() -> None:
    with pytest.raises(ValueError, match=r"surface 'hom' is not one of \['home', 'all'\]"):
        slices(_rows(["home", "all"], ["all"]), highlight="hom")


@pytest.mark.parametrize(
    ("kl", "mean", "worse"), [(0.2, 0.1, True), (0.1, 0.2, False), (0.1, 0.1, False), (1e-9, 0, False)]
)
def test_a_model_that_is_worse_than_the_mean_over_all_slices_is_named(kl: float, mean: float, worse: bool) -> None:
    model, baseline = (
        tuple(
            Row(
                surface=surface,
                product="all",
                task=task,
                exists=True,
                kl=each if (surface, task) == ("all", "cvr") else 0.1,
            )
            for surface in ("home", "all")
            for task in ("ctr", "cvr")
        )
        for each in (kl, mean)
    )
    found = worse_than_mean(Evaluation(run="r", data="d", clip=1e-6, rows=model, baseline=baseline))
    assert [line.partition(". ")[0] for line in found] == (
        ["Worse than the training mean by KL: cvr 0.2 against 0.1"] if worse else []
    )
