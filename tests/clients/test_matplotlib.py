"""Matplotlib: what is drawn is what the array holds."""

import io

import metes as mt
import pytest

pytest.importorskip("matplotlib")

from matplotlib import pyplot

JOBS = {
    "plot": lambda axes, a: axes.plot(a[:, 0], a[:, 1])[0].get_ydata(),
    "imshow": lambda axes, a: axes.imshow(a).get_array().data,
    "hist": lambda axes, a: axes.hist(a[:, 0])[0],
    "scatter": lambda axes, a: axes.scatter(a[:, 0], a[:, 1], c=a[:, 2]).get_offsets(),
    "bar": lambda axes, a: [bar.get_height() for bar in axes.bar(range(20), a[:, 0])],
    "contour": lambda axes, a: axes.contourf(a).levels,
    "errorbar": lambda axes, a: axes.errorbar(a[:, 0], a[:, 1], yerr=abs(a[:, 2]))[0].get_xdata().astype(float),
}


@pytest.mark.parametrize("name", JOBS)
def test_it_draws_what_it_draws_for_numpy(name, agree, rows):
    figure, axes = pyplot.subplots()
    agree(lambda xp, a: JOBS[name](axes, a), rows)
    pyplot.close(figure)


def test_a_picture_is_written(rows):
    figure, axes = pyplot.subplots()
    axes.plot(mt.array(rows))
    file = io.BytesIO()
    figure.savefig(file)
    pyplot.close(figure)
    assert file.getvalue().startswith(b"\x89PNG")
