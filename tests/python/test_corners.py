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
np.concatenate([[1.5, 2]], dtype=str), np.stack([[1.5], [2]], dtype='S'), np.hstack([['a'], ['bcd']], dtype='U')
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
np.linspace(np.array([0, 1], 'f4'), np.array([1, 3], 'f4'), 3, axis=1)
np.linspace(np.float32(1), 2, 3, endpoint=False)
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
    "foreign": """
np.i0([1j])
np.gradient(np.array([1.,2,4],'>f8'))
np.gradient(np.array([1.,2,4],'>f4'))
np.gradient(np.array([1,2,4],'>i4'))
np.gradient(np.array([1,2,4],'>f2')), np.gradient(np.array([1,2,4],'f2'))
np.take(np.array([1,2,4],'>i4'),[0,1])
np.take(np.array([1,2,4],'>i4'),[0,1]).dtype.str, np.array([1,2,4],'>i4').take([0,1]).dtype.str
np.array([1,2,4],'>i4').take(1).dtype.str
np.take(np.array([1,2,4],'>i4'),1)
np.array([1,2,3], dtype=('i4',(3,)))
np.array([(1,2),(3,4)], dtype=('i4',(2,)))
np.array([(1,2),(3,4,5)], dtype=('i4',(2,)))
np.array([1,2],'>i4')[1].dtype.str, np.array([1,2],'>i4').max().dtype.str, np.array([1.,2],'>f4').sum().dtype.str
np.array([1,2],'>i4').T.dtype.str
np.array(5,'>i4').dtype.str, np.array(5,'>i4')[()].dtype.str, np.array([[1,2]],'>i4')[0].dtype.str
np.array([1,2],'>f8').cumsum().dtype.str
np.sort(np.array([2,1],'>i4')).dtype.str, np.unique(np.array([2,1],'>i4')).dtype.str
np.where([True],np.array([1],'>i4'),np.array([1],'>i4')).dtype.str
np.roll(np.array([1,2],'>i4'),1).dtype.str, np.flip(np.array([1,2],'>i4')).dtype.str
np.tile(np.array([1,2],'>i4'),2).dtype.str, np.repeat(np.array([1,2],'>i4'),2).dtype.str
np.pad(np.array([1,2],'>i4'),1).dtype.str, np.diff(np.array([1,2],'>i4')).dtype.str
np.ediff1d(np.array([1,2],'>i4')).dtype.str, np.delete(np.array([1,2],'>i4'),0).dtype.str
np.insert(np.array([1,2],'>i4'),0,1).dtype.str
np.concatenate([np.array([1],'>i4')]).dtype.str, np.stack([np.array([1],'>i4')]).dtype.str
np.append(np.array([1],'>i4'),1).dtype.str, np.concatenate([np.array([1],'>i4')],axis=None).dtype.str
np.choose([0],[np.array([1],'>i4')]).dtype.str, np.choose([0],[np.array([1],'>i4'),np.array([1],'>i4')]).dtype.str
np.select([[True]],[np.array([1],'>i4')]).dtype.str
np.clip(np.array([1,2],'>i4'),0,1).dtype.str, np.abs(np.array([1,2],'>i4')).dtype.str
np.median(np.array([1.,2],'>f4')).dtype.str, np.percentile(np.array([1.,2],'>f4'),50).dtype.str
np.diag(np.array([1,2],'>i4')).dtype.str, np.tril(np.array([[1,2]],'>i4')).dtype.str
np.trace(np.array([[1,2]],'>i4')).dtype.str, np.ravel(np.array([[1,2]],'>i4')).dtype.str
np.copy(np.array([[1,2]],'>i4')).dtype.str
np.full_like(np.array([1],'>i4'),3).dtype.str, np.zeros_like(np.array([1],'>i4')).dtype.str
np.take_along_axis(np.array([1,2],'>i4'),np.array([0]),0).dtype.str
np.compress([True,False],np.array([1,2],'>i4')).dtype.str, np.extract([True,False],np.array([1,2],'>i4')).dtype.str
np.linspace(np.array([1.]),2,3).dtype.str, np.interp([1.],[1.,2],[1.,2]).dtype.str
np.convolve(np.array([1.,2],'>f4'),[1.]).dtype.str, np.cumsum(np.array([1,2],'>i4'),dtype='>i8').dtype.str
np.array(7,'u8').cumsum(dtype='>i4'), np.array([7],'u8').cumsum(dtype='>i4')
""",
    "axes": """
np.median(np.array(3.0), axis=())
np.median(3.0, axis=())
np.median([1.,2.], axis=())
np.median([[1.,2.],[3,4]], axis=())
np.percentile(3.0, 50, axis=()), np.quantile([1.,2.], .5, axis=())
np.nanmedian(3.0, axis=())
np.unwrap([1,2,30,4]), np.unwrap(np.array([0,200,100,255],'u1'),period=255)
np.unwrap(np.array([0,3,7,10]),period=4), np.unwrap(np.array([0,3,7,10],'i4'),period=4)
np.unwrap(np.array([0,3,7,10],'i4'),period=4.)
np.unwrap(np.array([0,3,7,10],'i2'),period=5), np.unwrap(np.array([0,3,7,10],'i2'),period=6, discont=2)
np.unwrap(np.array([0,3,7,10],'f4'),period=4), np.unwrap(np.array([0,3,7,10],'f4'))
np.unwrap(np.array([0,3,7,10],'>f4'))
np.unwrap([[1,2,30,4]], axis=0), np.unwrap([True, False]), np.unwrap(np.array([0,3,7,10],'f2'))
np.unwrap(np.array([0,3,7,10],'u1'))
""",
    "small arrays": """
np.array([1,2],'3i4')
np.array([[1,2,3],[4,5,6]],'3i4')
np.array([(1,2,3),(4,5,6)],'3i4')
np.array(7,'3i4')
np.array([1,2,3],'(2,2)i4').shape
np.array(np.arange(3), '2i4')
np.array(np.arange(6).reshape(3,2), '2i4')
np.asarray([1,2], '2f4'), np.asarray(np.arange(2), '2f4')
np.zeros(3,'2i4').shape, np.ones((2,),'(2,2)f4'), np.full(2,7,'3i4'), np.empty(2,'3i4').shape
np.full(2,[1,2,3],'3i4'), np.zeros_like([1,2],dtype='2i4')
np.arange(3,dtype='2i4')
np.array([],'3i4')
np.array([[],[]],'3i4')
np.array(['a','b'],'2S1')
np.array([b'ab','cd'],'2S2')
np.arange(6).astype('2i4')
np.frombuffer(bytes(24),'3i4').shape
np.fromiter([(1,2),(3,4)],'2i4')
np.arange(6).view('2i4')
np.arange(6,dtype='i4').view('2i4')
np.arange(4,dtype='i8').view('2i4')
""",
    "loops": """
np.add([1,2],[3,4],sig='ff->f')
np.add([1,2],[3,4],signature='ff->f'), np.add([1,2],[3,4],signature=('f4','f4','f4')), np.add(1,2,signature='d')
np.add([1,2],[3,4],signature=(None,None,'f8')), np.add([1,2],[3,4],signature='dd->d')
np.add([1,2],[3,4],sig='ff->f', signature='ff->f')
np.add([1,2],[3,4],sig='ff->f', dtype='f4')
np.add([1,2],[3,4],sig='fq->f')
np.add([1,2],[3,4],sig='f'), np.sqrt([1,4],sig='f->f'), np.sqrt([1,4],sig='f')
np.multiply([1,2],[3,4],sig='??->?')
np.multiply([1,2],[3,4],sig='??->?', casting='unsafe')
np.equal([1,2],[3,4],sig='dd->?'), np.equal([1,2],[1.,4],sig=('f8','f8',None)), np.isnan([1.],signature='d->?')
np.divmod([5,6],[3,4],sig='ll->ll'), np.frexp([1.5],sig='f->fi')
np.equal([1,2],[3,4],sig=(None,None,bool)), np.equal([1,2],[3,4],dtype=bool)
np.add.resolve_dtypes((np.dtype('i4'),np.dtype('f4'),None))
np.add.resolve_dtypes((np.dtype('i4'),int,None)), np.add.resolve_dtypes((np.dtype('f4'),float,None))
np.sqrt.resolve_dtypes((np.dtype('i4'),None))
np.add.resolve_dtypes((np.dtype('i4'),np.dtype('i4'),np.dtype('i2')))
np.add.resolve_dtypes((np.dtype('i4'),np.dtype('i4'),np.dtype('i2')), casting='unsafe')
np.add.resolve_dtypes((np.dtype('i4'),np.dtype('f4'),None), signature='dd->d')
np.add.resolve_dtypes((None,np.dtype('f4'),None), reduction=True)
np.add.resolve_dtypes((np.dtype('f4'),np.dtype('f4'),None), reduction=True)
np.add.resolve_dtypes((np.dtype('i4'),))
np.add.resolve_dtypes((int,int,None))
np.divmod.resolve_dtypes((np.dtype('i4'),np.dtype('f4'),None,None))
np.equal.resolve_dtypes((np.dtype('i4'),np.dtype('f4'),None))
np.add.resolve_dtypes((np.dtype('M8[D]'),np.dtype('m8[s]'),None))
np.equal.resolve_dtypes((np.dtype('U3'),np.dtype('U5'),None))
np.clip([1,2,3],2,3,dtype='f4'), np.clip([1.,2,3],2,3,dtype='f4'), np.array([1,5]).clip(2,3,dtype='f8')
np.clip([1.5,2,3],2,3,dtype='i4')
np.clip([1.5,2,3],2,3,dtype='i4',casting='unsafe')
np.clip([1,2,3],2,3,order='F'), np.clip([1,2,3],2,3,where=[1,0,1],out=np.zeros(3,int))
np.clip(np.array([1,2,3],'i1'),2,3,dtype='i8'), np.clip([1,2,3],2,3,subok=True)
np.clip([1,2,3],2,300,signature='lll->l')
np.clip(np.array([1,2,3],'i1'),-200,300)
np.clip(np.array([1,2,3],'u1'),-1,None)
np.divmod([5,6],4,np.zeros(2,int),np.zeros(2,int)), np.modf([1.5],np.zeros(1),np.zeros(1))
np.frexp([1.5],np.zeros(1),np.zeros(1,'i4'))
q=np.zeros(2,int); e=np.zeros(2,int); np.divmod([5,6],4,q,e); q,e
q=np.zeros(2,int); np.divmod([5,6],4,q); q
q=np.zeros(2,int); np.divmod([5,6],4,None,q); q
q=np.zeros(2,int); np.divmod([5,6],4,q,out=(q,None))
q=np.zeros(2,int); np.divmod([5,6],4,q,q,q)
np.add([1,2],3,np.zeros(2)), np.add([1,2],3,None)
np.clip(np.array([1],'f4'),0,1e300), np.clip(np.array([1],'f4'),None,1e300), np.array([1],'f4').clip(-1e300)
""",
    "beyond": """
np.maximum(np.float32(1),1e300), np.minimum(np.array([1],'f4'),-1e300), np.fmax(np.array([1],'f4'),1e300)
np.maximum(np.array([1],'f2'),1e300)
np.pad(np.array([1],'f4'),1,constant_values=1e300)
np.pad(np.array([1],'f2'),1,constant_values=70000.)
np.pad(np.array([1],'i1'),1,constant_values=300)
np.add(np.array([1],'f4'),1e300), np.array([1],'f4')*1e300, np.array([1],'f2')<1e300, np.array([1],'f4')==1e300
np.where([True],np.array([1],'f4'),1e300)
np.full_like(np.zeros(2,'f4'),1e300)
np.array([1],'f4').fill(1e300)
np.place(np.zeros(2,'f4'),[True,False],[1e300])
np.array([1],'c8')+1e300, np.array([1],'c8')*1e300j
np.array([1e300],'f4'), np.array(1e300,'f4'), np.float32(1e300), np.float16(1e5)
np.searchsorted(np.array([1],'f4'),1e300), np.insert(np.array([1],'f4'),0,1e300), np.append(np.array([1],'f4'),1e300)
np.nan_to_num(np.array([1,np.nan],'f4'),nan=1e300), np.choose([0],[np.array([1],'f4'),1e300])
np.put(np.zeros(1,'f4'),0,1e300)
np.astype(np.array([-np.inf,1.]),'u2'), np.array([np.inf],'>f4').astype('u2')
np.asarray(np.array([np.inf],'>f4'),'u2'), np.asarray([1e10],'u2')
np.array([1e300]).astype('f4'), np.array([1e300],'>f8').astype('>f4'), np.array([[1e300]]).T.astype('f4',order='F')
np.min([[1,2]],initial=1e300)
np.max([1],initial=1.7), np.min([1],initial=np.nan)
np.max([1.],initial=1e300), np.max(np.array([1],'f4'),initial=1e300)
np.sum([1],initial=2.5), np.sum([1],initial=1e300)
np.prod([2],initial=300), np.sum(np.array([1],'u1'),initial=-1), np.max(np.array([1],'u1'),initial=-1)
""",
    "sets": """
np.isin(['a','1'],[1,2])
np.isin([1,2],['1','b']), np.isin(['a','1'],[1.5,2]), np.intersect1d(['a','1'],[1,2]), np.union1d(['a'],[1])
np.setdiff1d(['1'],[1])
np.isin(['a'],[True]), np.isin([1,2],[b'1']), np.isin(['a'],[b'a'])
np.isin(d,[1])
np.isin(d,['2020-01-01'])
np.setxor1d(['1'],[1]), np.intersect1d(['a','1'],[1,2],return_indices=True)
""",
    "progressions": """
np.arange(3).astype(('i4',(2,)))
np.arange(stop=3)
np.arange()
np.arange(step=2)
np.arange(3, step=2), np.arange(3, None, 2), np.arange(None, 3)
np.arange(start=None, stop=3)
np.arange(1, step=0)
np.arange(None)
np.geomspace(-1,1,3)
np.geomspace(-1,1,5), np.geomspace(-1,1,4), np.geomspace(-2,3,3), np.geomspace(1,-100,5)
np.geomspace(0,1,3)
np.geomspace(-1,-1000,4), np.geomspace(1,256,9,dtype=int), np.geomspace(-1,1,3,dtype='f4')
np.logspace(0,1,3,base=-2)
np.linspace(0,1,3,dtype=str), np.linspace(0,1,3,dtype='S'), np.linspace([0],1,3,dtype='S5')
""",
    "samples": """
np.histogramdd([[1,2,3],[4,5,6]],bins=2,weights=[1,2])
np.histogramdd([[1,2,3],[4,5,6]],bins=2,weights=[1,2,3,4])
np.histogramdd(2)
np.histogramdd([[1,2,3],[4,5]],bins=2)
np.histogram2d([1,2],[3,4],weights=[1,2,3])
np.histogram2d([[1,2]],[[3,4]])
np.histogramdd(np.zeros((2,3)),bins=(2,2,2))[0].shape
np.histogramdd(np.zeros((2,3,2)))
""",
    "words": """
np.strings.find(['abc'],b'b')
np.strings.startswith(np.array([b'abc']),'a')
np.strings.strip(np.array(['abc']),np.array([b'c']))
np.strings.replace(np.array([b'abc']),'a','b'), np.strings.partition(np.array([b'a,b']),',')
np.isin(['a','bc',''],['bc','x','']), np.isin(np.array(['a','bc']),np.array(['bc  ','bc','abcdef']))
np.isin(np.array([b'a',b'b']),np.array([b'b'])), np.isin([['a'],['b']],['b'],invert=True)
np.isin(np.array(['a','é'],'>U3'),np.array(['é','é0'],'<U7'))
np.isin(np.array(['a','b','c'])[::-1],np.array(['a','c','e'])[::2])
np.searchsorted(['a','c','e'],['b','c','zzz',''],side='right')
np.searchsorted(np.array(['a','c','e']),np.array(['b','c','zzz','']),side='left')
np.searchsorted(np.array(['e','a','c']),['b','c'],sorter=[1,2,0])
np.searchsorted(np.array(['a','x','c','x','e','x'])[::2],np.array(['b','q','c'])[::2])
np.searchsorted(np.array([b'a',b'c']),[[b'b'],[b'c']]), np.searchsorted(['a'],'b')
np.argsort(['b','a','c','a','']), np.argsort(np.array([['b','a'],['c','a']]),axis=0)
np.argsort(np.array(['b','a','c','a'])[::-1]), np.argsort(np.array(['abcde','abcdd','abcd','ÿa','Āb','Āa','ÿ']))
np.argsort(np.array([b'b\xff',b'b\x01',b'b'])), np.argsort(np.array(['2020','NaT','2019','NaT'],'M8[Y]'))
np.argsort(np.array([[3,'NaT'],['NaT',1]],'m8[s]'),axis=0), np.argsort(np.array(['2020','NaT','2019'],'>M8[Y]'))
""",
    "calls": """
np.heaviside(300,np.array([7],'u1')), np.copysign(np.zeros(2,'u8'),-200), np.logaddexp(-1,np.zeros(2,'u8'))
np.arctan2(300,np.array([1],'i1')), np.true_divide(np.array([1],'u1'),300)
np.hypot(-1,np.array([1],'u8')), np.nextafter(300,np.array([1],'u1')), np.float_power(np.array([2],'u1'),300)
np.ldexp(np.array([1.],'f4'),3)
np.add(np.array([1],'u1'),300)
np.add.outer(np.array([1],'i2'),1), np.multiply.outer(2.5,np.array([1],'f4')), np.subtract.outer([1,2],3)
1 in np.array(['a','1']), 'a' in np.array([1,2]), np.datetime64('2020') in np.array([1,2]), 2 in np.array([1,2])
'a' in np.array(['a'])
np.insert([1,2,3],(0,1),[[2]]), np.insert([1,2],0,[[[5]]])
np.add.accumulate([1,2],axis=None)
np.add.accumulate([[1,2]],axis=None)
np.median([[1,2]],axis=(0,0))
np.quantile([[1.,2]],.5,axis=(0,-2))
np.partition(np.zeros((2,0)),3), np.argpartition(np.zeros((2,0)),3), np.zeros((2,0)).argpartition(1)
np.argpartition(np.array([],'U2'),3)
np.linalg.vector_norm([3.,4.],ord=None), np.asarray_chkfinite(d), np.asarray_chkfinite(['a'])
np.asarray_chkfinite([np.inf])
np.array([(1,2)],'i4,i4').conj()
np.var(np.array([1.,2],'>f4'),mean=np.array([1.5],'>f4')), np.std(np.array(3,'>i4'),mean=2)
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


def test_loops_are_listed_in_numpys_order():
    for name in ("add", "sqrt", "equal", "left_shift", "divmod", "frexp", "logical_not", "absolute", "maximum"):
        wide = [loop for loop in getattr(np, name).types if not set(loop) & set("gGOqQmM")]
        assert [loop for loop in getattr(mt, name).types if "lL" not in loop and "Ll" not in loop] == list(
            dict.fromkeys(wide)
        )


def test_letters_of_dtypes_are_numpys_without_long_doubles_and_objects():
    assert mt.typecodes == {
        family: letters.translate(dict.fromkeys(map(ord, "gGO"))) for family, letters in np.typecodes.items()
    }
    assert [mt.dtype(letter).char == np.dtype(letter).char for letter in mt.typecodes["AllFloat"]] == [True] * 5
    assert (mt.True_, mt.False_, mt.little_endian) == (np.True_, np.False_, np.little_endian)


def test_titles_go_to_numpy():
    for align in (False, True):
        fields = np.dtype([(("a title", "a"), "i1"), ("b", "f8")], align=align)
        shown = np.asarray(mt.zeros(2, fields))
        assert shown.dtype == fields
        assert shown.dtype.fields["a title"] == fields.fields["a title"]
        assert np.asarray(mt.asarray(np.zeros(2, fields))).dtype.fields["a title"] == fields.fields["a title"]


def test_progressions_have_a_base_each():
    for arguments, axis in [
        (([0, 1], 2, 3, True, [2, 3]), 0),
        ((0, 1, 3, True, [[2, 3]]), 0),
        ((0, [1, 2], 3, True, [2.0, 3]), -1),
    ]:
        made = [np.asarray(module.logspace(*arguments, axis=axis)) for module in (mt, np)]
        assert made[0].shape == made[1].shape
        np.testing.assert_allclose(*made, rtol=1e-15)


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
