//! [`Reader`]: one index array, read where it lies into byte offsets, each index checked.

use super::Mode;
use crate::{Array, Dims, Strides};
use metes_dtype::Kind;
use metes_memory::{Error, ErrorKind, Result};

/// Positions that are worked on at a time.
pub(crate) const BLOCK: usize = 512;
/// Byte offsets of one block.
pub(crate) type Block = [isize; BLOCK];

/// What an index may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Bounds {
    /// Within the length, or negative from the end.
    FromEnd,
    /// Within the length.
    Within,
    /// Anything: its remainder by the length counts.
    Wrap,
    /// Anything: the nearest within the length counts.
    Clip,
}

impl Bounds {
    /// With `negative` from the end allowed where an error is wanted for what is out of bounds.
    pub fn of(mode: Mode, negative: bool) -> Bounds {
        match mode {
            Mode::Raise if negative => Bounds::FromEnd,
            Mode::Raise => Bounds::Within,
            Mode::Wrap => Bounds::Wrap,
            Mode::Clip => Bounds::Clip,
        }
    }
}

/// An index array and the axes that it indexes: one, or several at once in C order.
#[derive(Clone)]
pub(crate) struct Reader {
    /// Integers of any dtype.
    pub indices: Array,
    /// The axis that an error names; `None` for positions in all elements.
    pub axis: Option<usize>,
    /// Lengths and strides of the indexed axes, merged where they can be.
    pub lengths: Dims,
    pub strides: Strides,
    pub bounds: Bounds,
}

impl Reader {
    /// How many positions there are.
    fn len(&self) -> usize {
        self.lengths.iter().product()
    }

    /// Writes (`SET`) or adds to `into` the offsets of as many indices, `step` bytes apart.
    ///
    /// # Errors
    /// An index out of bounds where the mode is to raise; what was written is then of no use.
    ///
    /// # Safety
    /// The indices may be read.
    pub unsafe fn offsets<const SET: bool>(
        &self,
        base: isize,
        into: &mut [isize],
        from: *const u8,
        step: isize,
    ) -> Result<()> {
        // SAFETY: the caller's promise; the array has this kind.
        unsafe {
            match self.indices.dtype().number() {
                Some(Kind::I8) => self.run::<i8, SET>(base, into, from, step),
                Some(Kind::I16) => self.run::<i16, SET>(base, into, from, step),
                Some(Kind::I32) => self.run::<i32, SET>(base, into, from, step),
                Some(Kind::I64) => self.run::<i64, SET>(base, into, from, step),
                Some(Kind::U8) => self.run::<u8, SET>(base, into, from, step),
                Some(Kind::U16) => self.run::<u16, SET>(base, into, from, step),
                Some(Kind::U32) => self.run::<u32, SET>(base, into, from, step),
                Some(Kind::U64) => self.run::<u64, SET>(base, into, from, step),
                _ => Err(not_integers()),
            }
        }
    }

    /// # Safety
    /// As [`Reader::offsets`], and the indices are of type `T`.
    unsafe fn run<T: Integer, const SET: bool>(
        &self,
        base: isize,
        into: &mut [isize],
        from: *const u8,
        step: isize,
    ) -> Result<()> {
        let len = self.len() as isize;
        let at = Indices::<T> { from, step, _type: std::marker::PhantomData };
        let one = if let [stride] = self.strides.as_slice() { Some(*stride) } else { None };
        // SAFETY: in all arms, the caller's promise.
        unsafe {
            match (self.bounds, one) {
                (Bounds::Wrap, _) => self.moded::<SET>(base, into, |i| at.get(i).rem_euclid(len)),
                (Bounds::Clip, _) => self.moded::<SET>(base, into, |i| at.get(i).clamp(0, len - 1)),
                (_, Some(stride)) if step == size_of::<T>() as isize => {
                    let dense = Dense::<T> { from: from.cast() };
                    self.checked::<SET>(base, into, |i| dense.get(i), |j| j * stride)
                }
                (_, Some(stride)) => self.checked::<SET>(base, into, |i| at.get(i), |j| j * stride),
                (_, None) => self.checked::<SET>(base, into, |i| at.get(i), |j| self.unravel(j)),
            }
        }
    }

    /// Offsets by indices within bounds, negative ones from the end. All of a block are looked at before an error is
    /// made of one of them, so that the loop has no exit.
    #[inline(always)]
    fn checked<const SET: bool>(
        &self,
        base: isize,
        into: &mut [isize],
        get: impl Fn(usize) -> isize,
        offset: impl Fn(isize) -> isize,
    ) -> Result<()> {
        let len = self.len() as isize;
        let back = if self.bounds == Bounds::FromEnd { len } else { 0 };
        let mut bad = false;
        for (i, place) in into.iter_mut().enumerate() {
            let given = get(i);
            let found = given + if given < 0 { back } else { 0 };
            let fits = (found as usize) < len as usize;
            bad |= !fits;
            let offset = offset(if fits { found } else { 0 });
            *place = if SET { base + offset } else { *place + offset };
        }
        if !bad {
            return Ok(());
        }
        let wrong = (0..into.len()).map(&get).find(|i| *i < -back || *i >= len);
        Err(self.out_of_bounds(wrong.unwrap_or(len)))
    }

    #[inline(always)]
    fn moded<const SET: bool>(&self, base: isize, into: &mut [isize], get: impl Fn(usize) -> isize) -> Result<()> {
        for (i, place) in into.iter_mut().enumerate() {
            let offset = self.unravel(get(i));
            *place = if SET { base + offset } else { *place + offset };
        }
        Ok(())
    }

    fn unravel(&self, mut position: isize) -> isize {
        let mut offset = 0;
        for (&n, &stride) in self.lengths.iter().zip(&self.strides).rev() {
            let n = n as isize;
            offset += position % n * stride;
            position /= n;
        }
        offset
    }

    #[cold]
    fn out_of_bounds(&self, index: isize) -> Error {
        let (len, axis) = (self.len(), self.axis.unwrap_or(0));
        Error::new(ErrorKind::Index, format!("index {index} is out of bounds for axis {axis} with size {len}"))
    }
}

#[cold]
pub(crate) fn not_integers() -> Error {
    Error::new(ErrorKind::Index, "arrays used as indices must be of integer (or boolean) type")
}

/// What an index may be; those of 64 unsigned bits wrap, as in NumPy.
trait Integer: Copy {
    fn widen(self) -> isize;
}

macro_rules! integers {
    ($($t:ty)*) => {$(
        impl Integer for $t {
            #[inline(always)]
            fn widen(self) -> isize {
                self as isize
            }
        }
    )*};
}
integers!(i8 i16 i32 i64 u8 u16 u32 u64);

struct Indices<T> {
    from: *const u8,
    step: isize,
    _type: std::marker::PhantomData<T>,
}

impl<T: Integer> Indices<T> {
    /// # Safety
    /// There is an index number `i`.
    #[inline(always)]
    unsafe fn get(&self, i: usize) -> isize {
        // SAFETY: the caller's promise.
        unsafe { self.from.wrapping_offset(i as isize * self.step).cast::<T>().read_unaligned().widen() }
    }
}

struct Dense<T> {
    from: *const T,
}

impl<T: Integer> Dense<T> {
    /// # Safety
    /// There is an index number `i`.
    #[inline(always)]
    unsafe fn get(&self, i: usize) -> isize {
        // SAFETY: the caller's promise.
        unsafe { self.from.add(i).read_unaligned().widen() }
    }
}
