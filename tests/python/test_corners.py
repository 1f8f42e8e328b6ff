"""Corners where features meet: each line of code is run with NumPy and with Metes, and gives the same.

The same are dtypes, shapes, elements, the sorts of errors and of warnings; text of errors is Metes' own.
"""

import copy
import ctypes
import datetime
import enum
import io
import pickle
import warnings

import metes as mt
import numpy as np
import pytest

BUILTIN = (
    *(IndexError, KeyError, ZeroDivisionError, OverflowError, BufferError, AttributeError),
    *(TypeError, ValueError, RuntimeError, OSError),
)


def plain(thing):
    """What is compared: dtypes, shapes and elements of arrays, scalars being arrays without axes."""
    if isinstance(thing, (mt.Array, np.ndarray, np.generic)):
        array = np.asarray(thing)
        return str(array.dtype), array.shape, repr(array.tolist())
    if isinstance(thing, (mt.DType, np.dtype)):
        return "dtype", str(thing), thing.itemsize, thing.alignment
    if isinstance(thing, (tuple, list)):
        return type(thing).__name__, [plain(one) for one in thing]
    return repr(thing)


def outcome(module, code):
    lines = code.split("; ")
    names = {"np": module, "io": io, "copy": copy, "pickle": pickle, "datetime": datetime}
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            exec("\n".join(lines[:-1]), names)
            result = plain(eval(lines[-1], names))
        except Exception as error:
            return [kind.__name__ for kind in BUILTIN if isinstance(error, kind)], None
    return result, sorted({warning.category.__name__ for warning in caught})


RECORDS = "r=np.array([(1,2.5,'ab'),(3,-1.,'c')],[('n','i4'),('x','f8'),('s','U3')]); "
TIMES = "d=np.array(['2020-01-01','2021-06-15','NaT'],'M8[D]'); t=np.array([1,2,-3],'m8[h]'); "

CODES = {
    "dtypes": """
np.dtype('n'), np.dtype('N'), np.dtype('ushort'), np.dtype('int_')
np.dtype(('i4', 1)), np.zeros(2, ('i4', 1)), np.dtype([('a', 'i4', 1), ('b', 'i4', ())])
np.array([], 'S'), np.array([], 'U'), np.array([], str)
np.arange(3, dtype='>i4'), np.arange(0, 1, 0.25, dtype='>f4'), np.arange(3, dtype='>i4').dtype.str
np.frombuffer(bytes(8), 'V')
np.frombuffer(bytes(8), 'S')
np.frombuffer(bytes(8), 'U0')
np.frombuffer(bytes(range(24)), '3i4'), np.frombuffer(bytes(range(24)), '(2,)i2', 2, 4)
np.frombuffer(bytes(23), '3i4')
np.zeros(3, 'i4').view('V3')
np.zeros(4, 'V6').view('V4')
pickle.loads(pickle.dumps(np.ones((2, 3), []))), copy.deepcopy(np.ones(2, []))
repr(np.iinfo('i4')), repr(np.finfo('f4')), repr(np.finfo('f8')), np.finfo(1.0).bits, np.iinfo(3).bits
np.void(4), np.void(b'abcd'), np.void(b'ab', 'V4')
np.void((1, 2.5), dtype='i4,f8'), np.void(b'ab', dtype='V1')
np.void(-1)
np.void(1, dtype='i4')
np.bytes_('abc', 'ascii'), np.str_(b'abc', 'utf-8'), np.bool_('a'), np.bool_('')
""",
    "casts": """
a=np.zeros(3, '?'); a[0]='a'; a[1]=''; a[2]='0'; a
a=np.zeros((2, 2), '?'); a[0]='x'; a
np.array(['True', '', '0'], bool), np.array(['a', '']).astype(bool)
np.array(['1.5'], 'i4')
np.array(['12', ' 3 '], 'i4'), np.array(['1.5', 'nan'], 'f4'), np.array(['1+2j'], complex)
a=np.zeros(2, 'i4'); a[0]='1.5'; a
a=np.zeros((2, 3), 'f4'); a[0]=1e300; a
a=np.zeros(3, 'f2'); a[1]=70000; a
np.array([1e300, 1.0], 'f4'), np.array([1e39j], 'c8')
np.full(2, 1e300, 'f4'), np.full(2, 1.9, 'i4'), np.full((2,), np.inf, 'f4')
np.full(2, np.nan, 'i4')
np.array([np.nan, 1.5]).astype('m8[s]'), np.array([np.nan], 'f4').astype('M8[D]')
int(np.array('12')), float(np.array('1.5')), float(np.array(b'2')), int(np.array(b'7'))
int(np.array('x'))
np.where('a', 1, 2), np.where(['a', ''], 1, 2), np.where(np.array([(0, 0), (1, 0)], 'i4,i4'), 1, 2)
d=np.zeros(2, 'U3'); np.copyto(d, 'abcdef'); d
d=np.zeros(2, 'M8[D]'); np.copyto(d, np.datetime64('2020-01-02')); d
np.add([1, 2, 3], 1, where=[1, 0, 1], out=np.zeros(3, int)), np.add([1, 2], 1, where=0, out=np.zeros(2, int))
np.add([1, 2, 3], 1, where=np.array([1, 0, 1]), out=np.zeros(3, int))
np.equal([1.0], [1.0], dtype='?'), np.logical_and([1, 2], [0, 1], dtype=bool), np.isnan([1.0], dtype=bool)
np.equal([1.0], [1.0], dtype='f4')
""",
    "numbers": """
d=np.zeros(2, 'u1'); np.copyto(d, 7); d
d=np.zeros(2, 'u1'); np.copyto(d, 300)
d=np.zeros(2, 'u1'); np.copyto(d, -1)
a=np.arange(3); np.putmask(a, a>0, np.array([1.5])); a
a=np.arange(3, dtype='i2'); np.place(a, a>0, np.array([1, 2], 'i8')); a
a=np.arange(3); np.place(a, a>0, [1.5]); a
a=np.arange(3); np.putmask(a, a>0, np.array([7], 'i1')); np.place(a, a==7, np.array([True])); a
np.concatenate([np.arange(2, dtype='i4'), 300], axis=None), np.concatenate([np.ones(1, 'f4'), 1.5, 2], axis=None)
np.concatenate([1, 2.5], axis=None), np.concatenate([np.arange(2, dtype='u1'), True], axis=None)
np.union1d(np.array([3, 1], 'u1'), 2), np.union1d(1.5, np.array([1], 'f4')), np.union1d([1], [2.5]), np.union1d(1, 2)
np.choose([0, 1], [1, np.array([5, 6], 'u1')]), np.choose([0, 1], [1.5, np.array([5, 6], 'f4')]), np.choose([0], [1])
np.round(np.array([1.25, 2.5], '>f4')), np.array([1.5], '>f8').round()
np.nan_to_num(np.array([np.nan, 1], '>f4')), np.nan_to_num(np.array([1], '>i2'))
np.split(np.arange(6), np.array(3)), np.array_split(np.arange(5), np.array(2))
np.split(np.arange(6), np.array(4))
""",
    "scalars": """
f"{np.str_('a'):>3}|{np.datetime64('2020-01-01')}|{np.timedelta64(3, 'h')}|{np.bytes_(b'x')}"
f"{np.array(['ab', 'c'])[0]:<4}|{np.array(['2020'], 'M8[D]')[0]}|{np.float64(1.5):.2f}|{np.array((1, 2.5), 'i4,f8')}"
np.arange(3).view(np.ndarray), np.arange(4, dtype='i4').view('i8', np.ndarray), np.arange(3).view(type=np.ndarray)
np.arange(3).view(type=int)
np.linspace(np.float32(0), np.float32(1), 7), np.linspace(np.float16(0), np.float16(3), 4, retstep=True)
np.linspace(np.array([0, 1], 'f4'), np.array([1, 3], 'f4'), 3, axis=1), np.linspace(np.float32(1), 2, 3, endpoint=False)
np.linspace(np.float32(0), np.float64(1), 3), np.linspace(np.complex64(1j), 2, 3), np.linspace(np.float32(1), 1, 3)
np.linspace(np.float32(0), 1, 0), np.linspace(np.float32(0), 1, 1), np.linspace(np.float32(0), 1, 3, dtype='f8')
""",
    "places": """
np.rollaxis(np.zeros((2, 3, 4)), -1, -2).shape, np.rollaxis(np.zeros((2, 3, 4)), 0, -1).shape
np.rollaxis(np.zeros((2, 3, 4)), 2, 3).shape, np.rollaxis(np.zeros((2, 3, 4)), 1, -3).shape
np.rollaxis(np.zeros((2, 3)), 0, -3)
np.histogramdd([[1, 2, 3], [4, 5, 6]], bins=2)
np.nditer(np.zeros(3), flags=['c_index', 'f_index'])
np.nditer([])
np.strings.slice(['hello', 'world'], 2), np.strings.slice(['hello'], 1, None), np.strings.slice(['hello'], -2, None)
np.strings.slice(['hello', 'world'], [1, 0], [3, 2]), np.strings.slice([b'hello'], None, None, -1)
np.strings.slice('hello', [1, 2], None, [1, 2])
""",
    "records": """
np.insert(r, 1, (9, 9, 'q')), np.insert(r, [0, 2], [(9, 9, 'q'), (8, 8, 'p')])
np.asarray(r[['n', 's']]), r[['s']].dtype
q=np.zeros(2, [('t', 'M8[s]'), ('a', 'i2'), ('b', 'f8')]); q[['t', 'b']], q[['a', 't']]
f=io.StringIO(); np.savetxt(f, np.array([('2020-01-01', 0.1, 3)], 'M8[s],f4,m8[h]'), fmt='%s'); f.getvalue()
f=io.StringIO(); np.savetxt(f, np.array([[0.1, 0.5]], 'f4'), fmt='%s'); f.getvalue()
f=io.StringIO(); np.savetxt(f, np.array([0.1], 'f4'), fmt='%.3f|%s' if 0 else '%.3f'); f.getvalue()
f=io.StringIO(); np.savetxt(f, np.array(['2020-01-01', 'NaT'], 'M8[D]'), fmt='%s'); f.getvalue()
np.fromregex(io.StringIO('1 a\\n2 b'), r'(\\d+) (\\w)', [('n', 'i4'), ('c', 'U1')])
np.fromregex(io.StringIO('1 a\\n2 b'), r'(\\d+)', [('n', 'f8')]), np.fromregex(io.StringIO(''), r'(x)(y)', 'i4,i4')
np.fromregex(io.BytesIO(b'1 a'), b'(\\\\d+) (.)', 'i4,S1'), np.fromregex(io.BytesIO(b'1 a'), '(\\\\d+) (.)', 'i4,S1')
np.fromregex(io.StringIO('1'), r'(\\d)', 'i4')
""",
    "times": """
d[:1]+np.timedelta64(1, 'D'), d.astype('M8[Y]')+np.timedelta64(1, 'D')
d.astype('M8[M]')+t, d.astype('M8[Y]')-t, t+d.astype('M8[M]')
d+np.timedelta64(1, 'M')
np.array([1, -1], 'm8[Y]')+np.array([1], 'm8[D]')
t/0, t//0, t/0.0, t%np.timedelta64(0, 'h'), t//np.timedelta64(0, 'h')
t/np.array([1, 0, 2]), t/2
divmod(t, np.timedelta64(2, 'h')), np.divmod(t, np.timedelta64(-2, 'h'))
np.array([1, -1, 12, 'NaT'], 'm8[M]').astype('m8[D]'), np.array([100, -100], 'm8[D]').astype('m8[M]')
np.array([1, -1], 'm8[Y]').astype('m8[s]'), np.array([400, 1], 'm8[Y]').astype('m8[W]')
np.array([10**9, -1], 'm8[s]').astype('m8[Y]')
np.array([5], 'm8[3M]').astype('m8[2W]'), np.array([123456], 'm8[7D]').astype('m8[2Y]')
np.add.at(t, [0, 0, 1], np.timedelta64(1, 'h')); t
np.add.at(t, [0, 2], np.array([1, 'NaT'], 'm8[h]')); t
np.add.at(d, [0, 2], np.timedelta64(1, 'D')); np.subtract.at(d, [0, 0], 1); d
np.add.at(t, [0, 0], np.timedelta64(1, 'D')); t
np.maximum.at(t, [0, 0, 1], np.array([50, 3, 'NaT'], 'm8[h]')); t
np.minimum.at(d, [0, 1], np.array(['2019', 'NaT'], 'M8[D]')); d
np.add.at(d, [0], d[:1])
np.add.at(t, [9], 1)
np.datetime64('2020-01-01T05Z'), np.datetime64('2020-01-01T05+01:00'), np.datetime64('2020-01-01T00:30:00.5-0130')
np.array(['2020-01-01T05Z', '2020-03-01T00:30+01'], 'M8[s]'), np.datetime64('2020-01-01Z')
np.datetime64('2020-01-01T05+25:00')
np.datetime64(datetime.datetime(2020, 1, 1, 5, tzinfo=datetime.timezone(datetime.timedelta(hours=2))))
np.datetime64('1'), np.datetime64('12'), np.datetime64('123-05'), np.array(['1', '2'], 'M8[s]')
np.datetime64('today').dtype, np.datetime64('now').dtype
np.datetime64('now', 'D').dtype, np.array(['today'], 'M8').dtype
n=datetime.datetime.now(datetime.UTC); abs(np.datetime64('now')-np.datetime64(n.isoformat()[:19])).astype(int)<60
np.datetime64(), np.timedelta64()
np.datetime64('2020-01-02', ('s', 25)), np.timedelta64(5, ('s', 3)), np.datetime64(5, ('D', 2))
""",
}
CASES = [line for text in CODES.values() for line in text.strip().split("\n")]
PREFIX = {
    line: RECORDS if theme == "records" else TIMES if theme == "times" else ""
    for theme, text in CODES.items()
    for line in text.strip().split("\n")
}


@pytest.mark.parametrize("code", CASES)
def test_the_same_as_numpy(code):
    code = PREFIX[code] + code
    assert outcome(mt, code) == outcome(np, code)


def test_instants_move_by_pythons_spans():
    days = mt.asarray(["2020-01-01", "NaT"], dtype="M8[D]")
    for moved in (days + datetime.timedelta(hours=5), datetime.timedelta(hours=5) + days):
        assert moved.dtype == "M8[us]"
        assert moved.tolist() == [datetime.datetime(2020, 1, 1, 5), None]
    assert (days - datetime.timedelta(1)).astype("M8[D]").tolist() == [datetime.date(2019, 12, 31), None]
    assert (days < datetime.date(2020, 2, 1)).tolist() == [True, False]


def test_times_in_text_name_their_zone_without_a_warning_where_they_are_cast():
    assert mt.asarray(["2020-01-01T05:30+01:30"]).astype("M8[m]").tolist() == [datetime.datetime(2020, 1, 1, 4)]


def test_work_in_place_stays_in_place():
    words = mt.asarray(["a", "b"])
    same = words
    same += "c"
    assert same is words
    assert words.tolist() == ["a", "b"]  # As wide as before: what is too long is cut off.
    days = mt.asarray(["2020-01-01"], dtype="M8[D]")
    moved = days
    moved += datetime.timedelta(days=1)
    assert moved is days
    assert days.tolist() == [datetime.date(2020, 1, 2)]


def test_parts_are_assigned():
    z = mt.asarray([1 + 2j, 3 + 4j])
    z.real = [5, 6]
    z.imag = 0.5
    assert z.tolist() == [5 + 0.5j, 6 + 0.5j]
    x = mt.arange(3)
    x.real = 7
    assert x.tolist() == [7, 7, 7]
    with pytest.raises(TypeError, match="imaginary"):
        x.imag = 1
    frozen = mt.zeros(2)
    frozen.flags.writeable = False
    with pytest.raises(ValueError, match="read-only"):
        frozen.real = 1


class Level(enum.IntEnum):
    LOW = 1
    HIGH = 2


class Ratio(float):
    pass


class Row:
    def __len__(self):
        return 2

    def __getitem__(self, at):
        return [5, 6][at]


def test_numbers_and_sequences_of_classes_of_their_own():
    for module in (mt, np):
        small, single = module.arange(3, dtype="i1"), module.ones(1, dtype="f4")
        sums = small + Level.HIGH, Level.HIGH + small, single * Ratio(2.5), module.add(small, Level.LOW)
        assert [str(one.dtype) for one in sums] == ["int64", "int64", "float64", "int64"]
        assert [one.tolist() for one in sums] == [[2, 3, 4], [2, 3, 4], [2.5], [1, 2, 3]]
        assert module.asarray(Row()).tolist() == [5, 6]
        assert module.asarray([Row(), [7, 8]]).tolist() == [[5, 6], [7, 8]]
        assert module.asarray((ctypes.c_int * 3)(1, 2, 3)).tolist() == [1, 2, 3]


def test_numpy_takes_records_with_time_and_gaps_as_they_are():
    table = mt.zeros(2, [("t", "M8[s]"), ("a", "i2"), ("b", "f8")])
    part = table[["t", "b"]]
    shown = np.asarray(part)
    assert shown.dtype.names == ("t", "b")
    shown["b"] = 7
    assert table["b"].tolist() == [7, 7]
