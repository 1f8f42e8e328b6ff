//! [`Spread`]: a few operands over one shape of few axes, all of it on the stack; what the short paths walk.

use metes_array::Array;
use metes_memory::Buffer;
use smallvec::SmallVec;

/// The most axes, and the most operands.
const AXES: usize = 4;
pub(crate) const OPERANDS: usize = 4;

/// An operand that is looked at: whose bytes, and where its elements lie in them.
#[derive(Clone, Copy)]
pub(crate) struct Seen<'a> {
    pub buffer: &'a Buffer,
    pub start: *mut u8,
    pub shape: &'a [usize],
    pub strides: &'a [isize],
}

impl<'a> From<&'a Array> for Seen<'a> {
    #[inline]
    fn from(array: &'a Array) -> Seen<'a> {
        Seen { buffer: array.buffer(), start: array.as_ptr(), shape: array.shape(), strides: array.strides() }
    }
}

/// Arrays that are looked at.
pub(crate) fn seen(arrays: &[Array]) -> SmallVec<[Seen<'_>; OPERANDS]> {
    arrays.iter().map(Seen::from).collect()
}

/// Operands stretched to one shape.
pub(crate) struct Spread {
    shape: [usize; AXES],
    axes: usize,
    /// By axis, then by operand.
    strides: [[isize; OPERANDS]; AXES],
    starts: [*mut u8; OPERANDS],
    count: usize,
}

impl Spread {
    /// No operands over this shape; `None` where it has too many axes.
    #[inline]
    pub(crate) fn over(shape: &[usize]) -> Option<Spread> {
        let mut own = [1; AXES];
        own.get_mut(..shape.len())?.copy_from_slice(shape);
        let (strides, starts) = ([[0; OPERANDS]; AXES], [std::ptr::null_mut(); OPERANDS]);
        Some(Spread { shape: own, axes: shape.len(), strides, starts, count: 0 })
    }

    /// One more operand; `None` where it does not stretch to the shape.
    #[inline]
    pub(crate) fn push(&mut self, array: &Array) -> Option<()> {
        self.push_seen(&array.into())
    }

    /// The same of one that is looked at.
    #[inline]
    pub(crate) fn push_seen(&mut self, seen: &Seen<'_>) -> Option<()> {
        let skip = self.axes.checked_sub(seen.shape.len())?;
        for (at, (&n, &stride)) in seen.shape.iter().zip(seen.strides).enumerate() {
            let axis = skip + at;
            self.strides[axis][self.count] = match n {
                n if n == self.shape[axis] => stride,
                1 => 0,
                _ => return None,
            };
        }
        self.push_value(seen.start);
        Some(())
    }

    /// One more operand: the same value everywhere.
    #[inline]
    pub(crate) fn push_value(&mut self, place: *mut u8) {
        self.starts[self.count] = place;
        self.count += 1;
    }

    /// No operands over one axis.
    #[inline]
    pub(crate) fn line(length: usize) -> Spread {
        let (strides, starts) = ([[0; OPERANDS]; AXES], [std::ptr::null_mut(); OPERANDS]);
        Spread { shape: [length, 1, 1, 1], axes: 1, strides, starts, count: 0 }
    }

    /// One more operand over the one axis.
    #[inline]
    pub(crate) fn push_line(&mut self, start: *mut u8, step: isize) {
        self.strides[0][self.count] = step;
        self.push_value(start);
    }

    /// Makes one axis of two where all operands go on from the end of the inner one along the outer one.
    pub(crate) fn merge(&mut self) {
        let mut kept = 0;
        for axis in 0..self.axes {
            let (n, strides) = (self.shape[axis], self.strides[axis]);
            if n == 1 {
                continue;
            }
            let goes_on = |outer: &[isize; OPERANDS]| {
                outer.iter().zip(&strides).all(|(outer, inner)| *outer == inner.wrapping_mul(n as isize))
            };
            if kept > 0 && goes_on(&self.strides[kept - 1]) {
                self.shape[kept - 1] *= n;
                self.strides[kept - 1] = strides;
            } else {
                (self.shape[kept], self.strides[kept]) = (n, strides);
                kept += 1;
            }
        }
        self.axes = kept;
    }

    /// Calls `each` with every run: its length, where each operand's values begin, and the steps between them.
    #[inline]
    pub(crate) fn each(&self, mut each: impl FnMut(usize, &[*mut u8; OPERANDS], &[isize; OPERANDS])) {
        let shape = &self.shape[..self.axes];
        let Some((&length, outer)) = shape.split_last() else { return each(1, &self.starts, &[0; OPERANDS]) };
        if shape.contains(&0) {
            return;
        }
        let steps = &self.strides[outer.len()];
        let mut index = [0; AXES];
        let mut at = self.starts;
        loop {
            each(length, &at, steps);
            let mut axis = outer.len();
            loop {
                if axis == 0 {
                    return;
                }
                axis -= 1;
                index[axis] += 1;
                let wrapped = index[axis] == outer[axis];
                let by = if wrapped { 1 - outer[axis] as isize } else { 1 };
                for (place, stride) in at.iter_mut().zip(&self.strides[axis]).take(self.count) {
                    *place = place.wrapping_offset(stride.wrapping_mul(by));
                }
                if !wrapped {
                    break;
                }
                index[axis] = 0;
            }
        }
    }
}
