"""xarray: labelled arrays over Metes arrays, which stay what they are."""

import metes as mt
import pytest

xarray = pytest.importorskip("xarray")

JOBS = {
    **{name: lambda d, name=name: getattr(d, name)("t") for name in ("mean", "sum", "std", "max", "median", "cumsum")},
    "operators": lambda d: d + d * 2,
    "isel": lambda d: d.isel(t=slice(2, 5)),
    "isel by list": lambda d: d.isel(t=[0, 2]),
    "where": lambda d: d.where(d > 0, 0.0),
    "concat": lambda d: xarray.concat([d, d], "t"),
    "diff": lambda d: d.diff("t"),
    "dot": lambda d: xarray.dot(d, d),
    "transpose": lambda d: d.transpose("x", "t"),
    "sel": lambda d: d.sel(t=[3, 4]),
    "shift": lambda d: d.roll(t=2),
}


def labelled(a):
    return xarray.DataArray(a, dims=("t", "x"), coords={"t": list(range(20))})


@pytest.mark.parametrize("name", JOBS)
def test_it_answers_as_for_numpy(name, agree, rows):
    agree(lambda xp, a: JOBS[name](labelled(a)).data, rows, stays=name != "dot")


def test_anomalies_of_groups(agree, rows):
    def anomalies(xp, a):
        d = labelled(a).assign_coords(group=("t", [0, 1] * 10))
        return (d.groupby("group") - d.groupby("group").mean()).data

    agree(anomalies, rows)


def test_an_array_comes_out_again(rows):
    d = labelled(mt.array(rows))
    assert d.to_numpy().tolist() == rows.tolist()
    assert "metes" in repr(d) or "array" in repr(d)
