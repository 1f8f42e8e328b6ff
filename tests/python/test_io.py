"""Files: round trips with NumPy both ways, and bad input of every sort refused with its file and field named."""

import io
import struct
import zipfile

import metes as mt
import numpy as np
import pytest
from layouts import KINDS, LAYOUTS, same, values


@pytest.mark.parametrize("kind", KINDS)
def test_round_trip(tmp_path, kind):
    for label, layout in LAYOUTS.items():
        x = layout(values(kind))
        ours, theirs = tmp_path / f"{label}-ours.npy", tmp_path / f"{label}-theirs.npy"
        mt.save(ours, mt.asarray(x))
        np.save(theirs, x)
        same(np.load(ours), x)
        same(mt.load(theirs), x)
        same(mt.load(ours), x)
        if x.ndim:
            same(mt.open(theirs).compute(), x)


@pytest.mark.parametrize("writer", ["savez", "savez_compressed"])
def test_archive_round_trip(tmp_path, writer):
    members = {kind: values(kind) for kind in KINDS}
    ours, theirs = tmp_path / "ours.npz", tmp_path / "theirs.npz"
    getattr(mt, writer)(ours, **{k: mt.asarray(v) for k, v in members.items()})
    getattr(np, writer)(theirs, **members)
    with np.load(ours) as read:
        for kind, x in members.items():
            same(read[kind], x)
    archive = mt.open(theirs)
    assert len(archive) == len(members)
    assert list(archive) == list(archive.keys()) == list(members)
    assert "int8" in archive and "missing" not in archive
    assert "theirs.npz" in repr(archive)
    for kind, x in members.items():
        same(archive[kind].compute(), x)
        same(mt.load(theirs)[kind], x)
    with pytest.raises(KeyError, match=r"missing"):
        archive["missing"]


def test_positional_members(tmp_path):
    mt.savez(tmp_path / "a.npz", mt.ones(3), mt.zeros(2))
    with np.load(tmp_path / "a.npz") as read:
        assert sorted(read) == ["arr_0", "arr_1"]


def test_map(tmp_path):
    x = values("float64")
    np.save(tmp_path / "a.npy", x)
    before = mt.memory.stats().current_bytes
    mapped = mt.load(tmp_path / "a.npy", mmap_mode="r")
    assert mt.memory.stats().current_bytes == before
    assert not mapped.flags["WRITEABLE"]
    same(mapped, x)
    with pytest.raises(ValueError):
        mapped[0, 0] = 1
    with pytest.raises(ValueError, match=r"mmap_mode"):
        mt.load(tmp_path / "a.npy", mmap_mode="x")


def test_fortran_order(tmp_path):
    x = np.asfortranarray(values("int32"))
    np.save(tmp_path / "f.npy", x)
    read = mt.load(tmp_path / "f.npy")
    same(read, x)
    assert read.flags["F_CONTIGUOUS"]


def test_other_byte_order(tmp_path):
    x = values("int32")
    np.save(tmp_path / "b.npy", x.astype(">i4"))
    assert mt.load(tmp_path / "b.npy").dtype == ">i4"
    assert mt.load(tmp_path / "b.npy").tolist() == x.tolist()


def test_save_replaces_only_a_whole_file(tmp_path):
    path = tmp_path / "a.npy"
    mt.save(path, mt.ones(3))
    with mt.memory.budget("1 KiB"), pytest.raises(mt.OutOfMemory):
        mt.save(path, mt.lazy(mt.ones(10)) + mt.ones(100_000).reshape(10_000, 10))
    same(mt.load(path), np.ones(3))
    assert [p.name for p in tmp_path.iterdir()] == ["a.npy"]


def npy(header, body=b"\0" * 64, magic=b"\x93NUMPY", version=(1, 0), length=None):
    """An .npy file with any header."""
    text = header.encode("latin1")
    text += b" " * (-(len(text) + 11) % 64) + b"\n"
    return magic + bytes(version) + struct.pack("<H", len(text) if length is None else length) + text + body


def header(descr="'<f8'", order="False", shape="(8,)"):
    return f"{{'descr': {descr}, 'fortran_order': {order}, 'shape': {shape}, }}"


BAD = {
    "empty file": (b"", ""),
    "magic": (npy(header(), magic=b"\x93NUMPX"), "magic"),
    "version": (npy(header(), version=(9, 0)), "version"),
    "cut in the header": (npy(header())[:40], "header"),
    "cut in the data": (npy(header(), body=b"\0" * 63), "data|bytes|short|cut|end"),
    "header length": (npy(header(), length=60000), "header"),
    "not a dictionary": (npy("[1, 2]"), "header"),
    "missing shape": (npy("{'descr': '<f8', 'fortran_order': False, }"), "shape"),
    "missing descr": (npy("{'fortran_order': False, 'shape': (8,), }"), "descr"),
    "twice": (npy("{'descr': '<f8', 'descr': '<f4', 'fortran_order': False, 'shape': (8,), }"), "descr"),
    "unknown key": (npy("{'descr': '<f8', 'fortran_order': False, 'shape': (8,), 'evil': 1, }"), "evil|key"),
    "order": (npy(header(order="'yes'")), "fortran_order"),
    "negative": (npy(header(shape="(-8,)")), "shape"),
    "huge": (npy(header(shape="(9223372036854775807, 9223372036854775807)")), "shape"),
    "too large a number": (npy(header(shape="(99999999999999999999999,)")), "shape"),
    "huge by its bytes": (npy(header(shape="(2305843009213693951,)")), "shape|data|bytes"),
    "more than there is": (npy(header(shape="(1000000000000,)")), "shape|data|bytes"),
    "shape of text": (npy(header(shape="('a',)")), "shape"),
    "shape no tuple": (npy(header(shape="8")), "shape"),
    "object": (npy(header(descr="'|O'")), r"object|descr"),
    "structured": (npy(header(descr="[('a', '<f8'), ('a', '<f8')]")), "descr"),
    "structured deep": (npy(header(descr="[('a', " * 50 + "'<f8'" + ")]" * 50)), "descr"),
    "structured object": (npy(header(descr="[('a', '|O')]")), "object|descr"),
    "unknown dtype": (npy(header(descr="'<f7'")), "descr"),
    "call": (npy(header(shape="__import__('os').getpid()")), "header|shape"),
    "deep": (npy("{'shape': " + "(" * 5000 + ")" * 5000 + "}"), "header|shape"),
    "not latin": (npy("{'descr': '\xff\xfe'"), "header|descr"),
}


@pytest.mark.parametrize("name", BAD)
@pytest.mark.parametrize("form", ["load", "open", "map", "member", "compressed member"])
def test_bad_npy(tmp_path, name, form):
    raw, field = BAD[name]
    if "member" in form:
        path = tmp_path / "bad.npz"
        method = zipfile.ZIP_DEFLATED if form == "compressed member" else zipfile.ZIP_STORED
        with zipfile.ZipFile(path, "w", method) as archive:
            archive.writestr("x.npy", raw)
    else:
        path = tmp_path / "bad.npy"
        path.write_bytes(raw)
    mt.memory.reset_peak()
    start = mt.memory.stats().current_bytes
    with pytest.raises((ValueError, OSError, NotImplementedError), match=r"bad\.np[yz]") as caught:
        if form == "load":
            mt.load(path)
        elif form == "map":
            mt.load(path, mmap_mode="r")
        elif form == "open":
            mt.open(path).compute()
        else:
            mt.open(path)["x"].compute()
    assert mt.memory.stats().peak_bytes - start < 4 << 20, "nothing is allocated on the header's word alone"
    message = str(caught.value)
    assert not field or any(word in message for word in field.split("|")), message


@pytest.mark.parametrize("extra", [-8, 8])
def test_member_not_as_long_as_its_header_says(tmp_path, extra):
    path = tmp_path / "bad.npz"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("x.npy", npy(header(shape="(8,)"), body=b"\0" * (64 + extra)))
    with pytest.raises(ValueError, match=r"bad\.npz.*x"):
        mt.open(path)["x"].compute()


def archive_bytes():
    whole = io.BytesIO()
    np.savez_compressed(whole, first=np.arange(1000), second=np.ones((10, 10)))
    return whole.getvalue()


def read_all(path):
    archive = mt.open(path)
    return {name: np.asarray(archive[name].compute()) for name in archive}


def test_cut_archives(tmp_path):
    raw = archive_bytes()
    path = tmp_path / "cut.npz"
    for length in range(0, len(raw), 37):
        path.write_bytes(raw[:length])
        with pytest.raises((ValueError, OSError), match=r"cut\.npz"):
            read_all(path)


def test_damaged_archives(tmp_path):
    """A flipped byte gives an error, or (in what no reader looks at) the right values; never wrong ones."""
    raw = archive_bytes()
    path = tmp_path / "bad.npz"
    for position in range(0, len(raw), 5):
        damaged = bytearray(raw)
        damaged[position] ^= 0x41
        path.write_bytes(damaged)
        found = list(attempt(path))
        if len(found) == 2:
            np.testing.assert_array_equal(found[0], np.arange(1000))
            np.testing.assert_array_equal(found[1], np.ones((10, 10)))


def attempt(path):
    """The members' values; none where a reader refuses them, naming the file."""
    caught = None
    try:
        return list(read_all(path).values())
    except (ValueError, OSError, NotImplementedError) as error:
        caught = str(error)
    assert path.name in caught
    return []


def test_missing_and_wrong_files(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"nothing"):
        mt.open(tmp_path / "nothing.npy")
    with pytest.raises(FileNotFoundError, match=r"nothing"):
        mt.load(tmp_path / "nothing.npz")
    with pytest.raises(OSError):
        mt.load(tmp_path)
    with pytest.raises((ValueError, NotImplementedError), match=r"text"):
        (tmp_path / "a.text").write_text("hello")
        mt.open(tmp_path / "a.text")
    with pytest.raises(OSError):
        mt.save(tmp_path / "no" / "such" / "folder.npy", mt.ones(3))
