"""`metes.lib.recfunctions` beside NumPy's, without masks."""

import metes as mt
import numpy as np
import numpy.lib.recfunctions as theirs_rec
import pytest
from elements import alike
from metes.lib import recfunctions as rec

A = np.array([(1, 2.0, "x"), (3, 4.0, "yy"), (1, 5.0, "z")], dtype=[("k", "i4"), ("v", "f8"), ("s", "U3")])
B = np.array([(3, 7), (9, 8)], dtype=[("k", "i4"), ("w", "i8")])
C = np.array([(3, 7.5), (4, 8.5)], dtype=[("k", "i4"), ("v", "f8")])
N = np.array([((1, 2), 3.0), ((4, 5), 6.0)], dtype=[("p", [("x", "i2"), ("y", "i2")]), ("q", "f4")])
F = np.array([(1, 2, 3), (4, 5, 6)], dtype=[("x", "i4"), ("y", "i4"), ("z", "i4")])

CASES = {
    "append": lambda r, o: r.append_fields(o(B), "n", o(np.array([0.5, 1.5])), usemask=False),
    "append_two": lambda r, o: r.append_fields(
        o(B), ["n", "m"], [o(np.array([1, 2])), o(np.array(["a", "b"]))], usemask=False
    ),
    "append_dtypes": lambda r, o: r.append_fields(o(B), "n", o(np.array([1, 2])), dtypes="f4", usemask=False),
    "append_longer": lambda r, o: r.append_fields(o(B), "n", o(np.arange(4)), usemask=False),
    "append_mismatch": lambda r, o: r.append_fields(o(B), ["n", "m"], [o(np.arange(2))], usemask=False),
    "drop": lambda r, o: r.drop_fields(o(A), "v"),
    "drop_two": lambda r, o: r.drop_fields(o(A), ["v", "s"]),
    "drop_all": lambda r, o: r.drop_fields(o(B), ["k", "w"]),
    "drop_nested": lambda r, o: r.drop_fields(o(N), ["x"]),
    "drop_parent": lambda r, o: r.drop_fields(o(N), ["x", "y"]),
    "rename": lambda r, o: r.rename_fields(o(A), {"k": "key", "s": "text"}),
    "rename_nested": lambda r, o: r.rename_fields(o(N), {"x": "xx", "q": "p2"}),
    "merge": lambda r, o: r.merge_arrays((o(np.array([1, 2])), o(np.array([10.0, 20.0])))),
    "merge_short": lambda r, o: r.merge_arrays((o(np.array([1, 2])), o(np.array([10.0, 20.0, 30.0])))),
    "merge_flat": lambda r, o: r.merge_arrays((o(B), o(np.array([1.5, 2.5]))), flatten=True),
    "stack": lambda r, o: r.stack_arrays((o(B), o(B)), usemask=False),
    "stack_fields": lambda r, o: r.stack_arrays((o(B), o(C)), usemask=False, defaults={"w": -1, "v": -2.0}),
    "stack_types": lambda r, o: r.stack_arrays(
        (o(C), o(C.astype([("k", "i8"), ("v", "f8")]))), usemask=False, autoconvert=True
    ),
    "stack_clash": lambda r, o: r.stack_arrays((o(C), o(C.astype([("k", "i8"), ("v", "f8")]))), usemask=False),
    "join": lambda r, o: r.join_by("k", o(C), o(B), usemask=False),
    "join_outer": lambda r, o: r.join_by("k", o(C), o(B), jointype="outer", usemask=False),
    "join_left": lambda r, o: r.join_by("k", o(C), o(B), jointype="leftouter", usemask=False),
    "join_shared": lambda r, o: r.join_by("k", o(C), o(C[::-1]), usemask=False),
    "join_two_keys": lambda r, o: r.join_by(["k", "v"], o(C), o(C[:1]), usemask=False),
    "join_no_key": lambda r, o: r.join_by("none", o(C), o(B), usemask=False),
    "join_wrong_type": lambda r, o: r.join_by("k", o(C), o(B), jointype="left", usemask=False),
    "along": lambda r, o: r.apply_along_fields(mt.mean if r is rec else np.mean, o(F)),
    "require": lambda r, o: r.require_fields(o(A), [("v", "f4"), ("k", "u1")]),
    "require_new": lambda r, o: r.require_fields(o(A), [("v", "f4"), ("new", "u1")]),
    "names": lambda r, o: r.get_names(N.dtype),
    "names_flat": lambda r, o: r.get_names_flat(N.dtype),
    "repack": lambda r, o: r.repack_fields(o(A[["s", "k"]])),
    "unstructured": lambda r, o: r.structured_to_unstructured(o(F)),
    "unstructured_mixed": lambda r, o: r.structured_to_unstructured(o(N)),
    "structured": lambda r, o: r.unstructured_to_structured(o(np.arange(6.0).reshape(2, 3)), names=["a", "b", "c"]),
}


def outcome(case, module, own):
    try:
        return CASES[case](module, own), None
    except Exception as error:
        return None, error


@pytest.mark.parametrize("case", CASES)
def test_beside_numpy(case):
    theirs, refused = outcome(case, theirs_rec, np.copy)
    ours, error = outcome(case, rec, mt.array)
    if refused is not None:
        assert type(error) is type(refused)
        return
    if error is not None:
        raise error
    if theirs is None:
        assert ours is None
    else:
        alike(ours, theirs)


def test_assign_by_name():
    ours, theirs = mt.ones(3, A.dtype), np.ones(3, A.dtype)
    rec.assign_fields_by_name(ours, mt.asarray(A[["v"]]))
    theirs_rec.assign_fields_by_name(theirs, A[["v"]])
    alike(ours, theirs)
    rec.assign_fields_by_name(ours, mt.asarray(A[["k"]]), zero_unassigned=False)
    theirs_rec.assign_fields_by_name(theirs, A[["k"]], zero_unassigned=False)
    alike(ours, theirs)


def test_duplicates():
    found, places = rec.find_duplicates(mt.asarray(A), "k", return_index=True)
    assert places.tolist() == [0, 2]
    assert found["v"].tolist() == [2.0, 5.0]
    assert rec.find_duplicates(mt.asarray(F)).size == 0


def test_no_masks():
    for call in [rec.append_fields, rec.join_by]:
        with pytest.raises(NotImplementedError, match="usemask"):
            call(mt.asarray(B), "k", mt.asarray(B), usemask=True)
