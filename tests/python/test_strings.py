"""`metes.strings` beside `numpy.strings`, over text and bytes in any layout."""

import metes as mt
import numpy as np
import pytest
from elements import TEXTS, WORDS, alike, twin

TEXT = np.array([*TEXTS, "  pad\t", "ab ab ab", "ABC", "Title Case", "１２", "ß"])
BYTES = np.array([*WORDS[:6], b"  pad\t", b"ab ab ab", b"ABC", b"Title Case"])
LAYOUTS = [
    lambda a: a,
    lambda a: a[::-2],
    lambda a: a[:8].reshape(2, 4).T,
    lambda a: a[:0],
    lambda a: a[3:4].reshape(()),
]
QUESTIONS = ["isalnum", "isalpha", "isdecimal", "isdigit", "islower", "isnumeric", "isspace", "istitle", "isupper"]
MAPS = ["capitalize", "lower", "swapcase", "title", "upper", "strip", "lstrip", "rstrip"]
CASES = {
    "str_len": lambda s, a, e: s.str_len(a),
    "find": lambda s, a, e: s.find(a, e("a")),
    "find_from": lambda s, a, e: s.find(a, e("b"), 1, -1),
    "rfind": lambda s, a, e: s.rfind(a, e("a"), np.array(0)),
    "count": lambda s, a, e: s.count(a, e("a")),
    "startswith": lambda s, a, e: s.startswith(a, e("a")),
    "endswith": lambda s, a, e: s.endswith(a, e("b"), 0, 2),
    "index": lambda s, a, e: s.index(a, e("")),
    "rindex": lambda s, a, e: s.rindex(a, e("no such text")),
    "strip_chars": lambda s, a, e: s.strip(a, e("a ")),
    "replace": lambda s, a, e: s.replace(a, e("a"), e("xyz")),
    "replace_one": lambda s, a, e: s.replace(a, e("a"), e(""), 1),
    "center": lambda s, a, e: s.center(a, 30, e("*")),
    "ljust": lambda s, a, e: s.ljust(a, 30),
    "rjust": lambda s, a, e: s.rjust(a, 30, e("-")),
    "zfill": lambda s, a, e: s.zfill(a, 25),
    "expandtabs": lambda s, a, e: s.expandtabs(a, 4),
    "multiply": lambda s, a, e: s.multiply(a, 3),
    "add": lambda s, a, e: s.add(a, a),
    "equal": lambda s, a, e: s.equal(a, a),
    "less": lambda s, a, e: s.less(a, a[..., ::-1] if a.ndim else a),
    "partition": lambda s, a, e: s.partition(a, e("b")),
    "rpartition": lambda s, a, e: s.rpartition(a, e(" ")),
    "slice": lambda s, a, e: s.slice(a, 1, 3),
    "slice_one": lambda s, a, e: s.slice(a, 2),
    **{name: lambda s, a, e, name=name: getattr(s, name)(a) for name in QUESTIONS + MAPS},
}


def outcome(case, strings, array, encode):
    try:
        return CASES[case](strings, array, encode), None
    except Exception as error:
        return None, error


def flat(result):
    """What is told but for how wide text is: a result of no elements has any width."""
    return [np.asarray(part) for part in result] if isinstance(result, tuple) else [np.asarray(result)]


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("kind", ["text", "bytes"])
def test_strings(case, kind):
    whole, encode = (TEXT, str) if kind == "text" else (BYTES, str.encode)
    for layout in LAYOUTS:
        array = layout(whole)
        (theirs, refused), (ours, error) = (
            outcome(case, np.strings, array, encode),
            outcome(case, mt.strings, twin(array), encode),
        )
        if refused is not None and array.size == 0 and error is None:
            continue  # NumPy looks for the widest of none.
        if refused is not None:
            assert isinstance(error, (TypeError, ValueError))
            continue
        if error is not None:
            raise error
        for one, other in zip(flat(ours), flat(theirs), strict=True):
            assert one.shape == other.shape
            if case == "zfill":  # For the sign of an empty element NumPy looks at what lies behind its result.
                there = np.strings.str_len(array) > 0
                one, other = np.asarray(one)[there], other[there]
            assert one.tolist() == other.tolist()


def test_widths():
    names = mt.asarray(["ab", "c"])
    assert mt.strings.upper(names).dtype == names.dtype
    assert mt.strings.multiply(names, [1, 4]).dtype.str == "<U4"
    assert mt.strings.encode(names).dtype.str == "|S2"
    assert mt.strings.decode(mt.strings.encode(names)).tolist() == ["ab", "c"]
    alike(names + names, np.add(np.array(["ab", "c"]), np.array(["ab", "c"])))
    assert mt.strings.mod(mt.asarray(["%d!"]), [3, 4]).tolist() == ["3!", "4!"]
    assert mt.strings.translate(names, {ord("a"): "xx"}).tolist() == ["xxb", "c"]


def test_what_is_refused():
    with pytest.raises(TypeError, match="non-string"):
        mt.strings.upper(mt.asarray([1, 2]))
    with pytest.raises(TypeError):
        mt.strings.multiply(mt.asarray(["a"]), 1.5)
    with pytest.raises(ValueError, match="not found"):
        mt.strings.index(mt.asarray(["a"]), "z")


@pytest.mark.parametrize("dtype", ["U7", ">U3", "S5", "S12"])
def test_sorting_is_by_whole_elements(dtype):
    random = np.random.default_rng(1)
    theirs = random.choice(np.array(["abcdefgh", "abcdefgi", "ab", "", "b", "abc", "abcd"]), 200).astype(dtype)
    alike(mt.sort(twin(theirs)), np.sort(theirs))
    alike(mt.argsort(twin(theirs)), np.argsort(theirs, kind="stable"))
    alike(mt.sort(twin(theirs.reshape(20, 10)), axis=0), np.sort(theirs.reshape(20, 10), axis=0))


def test_casts_between_sorts():
    for wrong, to in [(np.array([b"ok", b"\xff"]), "U2"), (np.array(["ok", "ä"]), "S2")]:
        ours = mt.asarray(wrong)
        with pytest.raises(ValueError, match="not ASCII"):
            ours.astype(to)
        target = mt.zeros(2, to)
        with pytest.raises(ValueError, match="not ASCII"):
            target[...] = ours
        assert not target.astype(bool).any()
    for theirs in [np.array(["ab"], ">U3"), np.array([3], ">i4"), np.array([1.5], ">c16"), np.array([3], ">M8[s]")]:
        alike(mt.asarray(theirs).astype("V9"), theirs.astype("V9"))
    spans = np.array([3, "NaT"], "m8[ns]")
    for to in ["M8[D]", ">M8[ns]", "m8"]:
        alike(mt.asarray(spans).astype(to), spans.astype(to))
    numbers = np.array([0.1, 1e16, -2.5e-7, np.nan, 100], "f4")
    for kind in ["f2", "f4", "f8", "c8"]:
        alike(mt.asarray(numbers.astype(kind)).astype("U"), numbers.astype(kind).astype("U"))
    spelled = np.array([" 1_0 ", "-3", "+7"])
    for kind in ["i1", "u8", "f2", "c16", ">i4", "?"]:
        if kind != "u8":
            alike(mt.asarray(spelled).astype(kind), spelled.astype(kind))
    for wrong, kind, error in [("1.5", "i4", ValueError), ("300", "u1", OverflowError), ("x", "f8", ValueError)]:
        with pytest.raises(error):
            mt.asarray([wrong]).astype(kind)
