"""Models beside the teacher and the floor."""

import pytest

from tests.figures.frames import FIGURES, Frames, drawn, texts

draw_models = FIGURES["models"][0]


def test_models_have_a_line_for_the_teacher_and_a_dotted_one_for_the_floor():
    results = Frames(1, 2).results()
    (axes,) = draw_models(results).axes
    lines = [line for line in axes.lines if line.get_xdata()[0] == line.get_xdata()[-1] and len(line.get_xdata()) == 2]
    levels = results.groupby("model")["accuracy"].mean()
    assert [line.get_xdata()[0] for line in lines] == pytest.approx([levels["teacher"], levels["tfidf_linear"]])
    assert len([line for line in axes.lines if line.get_marker() == "|"]) == 8
    assert f"{100 * levels['tfidf_linear']:.1f} %" in texts(axes)


def test_one_seed_has_no_ticks_for_seeds():
    for name in ("models", "distillation", "recovery_correlations"):
        for axes in drawn(name, Frames(1, 1)).axes:
            assert not [line for line in axes.lines if line.get_marker() == "|"], name
