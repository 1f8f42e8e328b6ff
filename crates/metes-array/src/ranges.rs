//! Evenly spaced values: `arange` counts steps, `linspace` divides a span.
//!
//! Both give NumPy's bits, which are those of its order of operations: `arange` stores its first two values and goes on
//! from them by the difference of what was stored; `linspace` multiplies a step and adds the start. One thing is better
//! here: the length of a range of integers is exact, as Python's `range` has it, where NumPy divides floats.

use crate::{Array, Element, Scalar};
use half::f16;
use metes_dtype::{Category, DType, Kind, for_each_kind};
use metes_memory::{Error, ErrorKind, Result};
use num_complex::Complex;

impl Array {
    /// Values from `start` by `step` below `stop`.
    ///
    /// Values of an integer dtype go on by the whole difference of the first two, whatever the step's fraction, and wrap
    /// beyond the dtype's range from the third on, as NumPy's.
    ///
    /// ```
    /// use metes_array::{Array, Scalar};
    /// let tenths = Array::arange(Scalar::Int(1), Scalar::Int(2), Scalar::Float(0.25), None)?;
    /// assert_eq!(tenths.read::<f64>()?.to_vec(), [1.0, 1.25, 1.5, 1.75]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// [`ErrorKind::Value`] for a step of 0, NaN, or more values than the address space; [`ErrorKind::Overflow`] where
    /// one of the first two values is outside the range of an integer dtype; [`ErrorKind::Type`] for complex bounds, and
    /// for more than two bools.
    pub fn arange(start: Scalar, stop: Scalar, step: Scalar, dtype: Option<DType>) -> Result<Array> {
        let bounds = [start, stop, step];
        if bounds.iter().any(|s| matches!(s, Scalar::Complex(..))) {
            return Err(Error::new(ErrorKind::Type, "arange: complex bounds have no order"));
        }
        let dtype = dtype.unwrap_or_else(|| dtype_of(&bounds));
        let len = length(start, stop, step)?;
        if dtype == Kind::Bool && len > 2 {
            let message = "arange() is only supported for booleans when the result has at most length 2.";
            return Err(Error::new(ErrorKind::Type, message));
        }
        let next = if len > 1 { sum(start, step) } else { start };
        for value in [start, next].into_iter().take(len) {
            storable(value, dtype)?;
        }
        let kind = crate::number(dtype, "arange")?;
        let array = Array::empty(&[len], dtype, "arange")?;
        macro_rules! fill {
            ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
                match kind {
                    $(Kind::$kind => {
                        let (first, second) = (<$rust>::from_scalar(start), <$rust>::from_scalar(next));
                        array.fill_fresh::<$rust>(|i| match i {
                            0 => first,
                            1 => second,
                            _ => Steps::after(first, second, i),
                        })?;
                    })*
                }
            };
        }
        for_each_kind!(fill);
        Ok(array)
    }

    /// `num` values evenly from `start` to `stop`, the end included or not; of an integer dtype, rounded down.
    ///
    /// # Errors
    /// A dtype of anything but native numbers, refused memory.
    pub fn linspace(start: Scalar, stop: Scalar, num: usize, endpoint: bool, dtype: Option<DType>) -> Result<Array> {
        let complex = matches!(start, Scalar::Complex(..)) || matches!(stop, Scalar::Complex(..));
        let dtype = dtype.unwrap_or(DType::of(if complex { Kind::C128 } else { Kind::F64 }));
        let whole = matches!(dtype.category(), Category::Unsigned | Category::Signed);
        let last = (endpoint && num > 1).then(|| num - 1);
        let parts = if endpoint { num.saturating_sub(1) } else { num } as f64;
        let [from, to] = [start, stop].map(Complex::<f64>::from_scalar);
        let spread = Spread::new(from, to, parts, complex);
        let kind = crate::number(dtype, "linspace")?;
        let array = Array::empty(&[num], dtype, "linspace")?;
        macro_rules! fill {
            ($(($kind:ident, $rust:ty, $name:literal, $char:literal, $type_char:literal, $category:ident))*) => {
                match kind {
                    $(Kind::$kind => array.fill_fresh::<$rust>(|i| {
                        let value = if Some(i) == last { to } else { spread.at(i as f64) };
                        if complex {
                            return <$rust>::from_scalar(Scalar::Complex(value.re, value.im));
                        }
                        <$rust>::from_scalar(Scalar::Float(if whole { value.re.floor() } else { value.re }))
                    })?,)*
                }
            };
        }
        for_each_kind!(fill);
        Ok(array)
    }

    /// Fills a fresh array of one axis with values by position.
    fn fill_fresh<T: Element>(&self, value: impl Fn(usize) -> T) -> Result<()> {
        let mut elements = self.write::<T>()?;
        match elements.as_mut_slice() {
            Some(slice) => slice.iter_mut().enumerate().for_each(|(i, place)| *place = value(i)),
            None => (0..self.size()).try_for_each(|i| elements.set(&[i], value(i)))?,
        }
        Ok(())
    }
}

/// The dtype of a range with these bounds: float64 if one is a float, or where no integer dtype holds all.
fn dtype_of(bounds: &[Scalar; 3]) -> DType {
    let float = bounds.iter().any(|s| matches!(s, Scalar::Float(_)));
    let small = bounds.iter().all(|s| i64::try_from(int(*s)).is_ok());
    DType::of(if float || !small { Kind::F64 } else { Kind::I64 })
}

fn int(value: Scalar) -> i128 {
    match value {
        Scalar::Int(value) => value,
        Scalar::Bool(value) => i128::from(value),
        Scalar::Float(value) | Scalar::Complex(value, _) => value as i128,
    }
}

/// Number of values.
fn length(start: Scalar, stop: Scalar, step: Scalar) -> Result<usize> {
    let invalid = |text: &str| Error::new(ErrorKind::Value, text);
    let [first, last, by] = [start, stop, step].map(f64::from_scalar);
    if by == 0.0 {
        return Err(invalid("arange: step must not be 0"));
    }
    let whole = |value: Scalar| !matches!(value, Scalar::Float(_));
    let span = whole(start).then(|| int(stop).checked_sub(int(start))).filter(|_| whole(stop));
    if let (Some(span), true) = (span, whole(step)) {
        let steps = span.map(|span| if (span < 0) == (int(step) < 0) { div_ceil(span, int(step)) } else { 0 });
        let len = steps.and_then(|n| isize::try_from(n).ok());
        return len.map(|n| n as usize).ok_or_else(|| invalid("arange: Maximum allowed size exceeded"));
    }
    let span = span.flatten().map_or(last - first, |span| span as f64);
    let steps = span / by;
    if steps.is_nan() {
        return Err(invalid("arange: cannot compute length"));
    }
    if steps == 0.0 && span != 0.0 {
        return Ok(usize::from(steps.is_sign_positive()));
    }
    if steps.ceil() >= isize::MAX as f64 {
        return Err(invalid("arange: Maximum allowed size exceeded"));
    }
    Ok(steps.ceil().max(0.0) as usize)
}

/// The quotient of two numbers of one sign, rounded up.
fn div_ceil(span: i128, step: i128) -> i128 {
    let (span, step) = (span.unsigned_abs(), step.unsigned_abs());
    i128::try_from(span.div_ceil(step)).unwrap_or(i128::MAX)
}

/// The sum as Python has it: exact for integers.
fn sum(start: Scalar, step: Scalar) -> Scalar {
    match (start, step) {
        (Scalar::Float(_), _) | (_, Scalar::Float(_)) => {
            Scalar::Float(f64::from_scalar(start) + f64::from_scalar(step))
        }
        _ => Scalar::Int(int(start).saturating_add(int(step))),
    }
}

/// An error for what an element of the dtype cannot hold, once truncated.
fn storable(value: Scalar, dtype: DType) -> Result<()> {
    if matches!(dtype.category(), Category::Unsigned | Category::Signed) {
        Scalar::Int(int(value)).check(dtype)?;
    }
    Ok(())
}

/// How a dtype goes on from its first two values.
trait Steps {
    /// The value at `i`.
    fn after(first: Self, second: Self, i: usize) -> Self;
}

impl Steps for bool {
    fn after(_: bool, second: bool, _: usize) -> bool {
        second
    }
}

macro_rules! wrapping {
    ($($t:ty)*) => {$(
        impl Steps for $t {
            fn after(first: $t, second: $t, i: usize) -> $t {
                first.wrapping_add((i as $t).wrapping_mul(second.wrapping_sub(first)))
            }
        }
    )*};
}
wrapping!(i8 i16 i32 i64 u8 u16 u32 u64);

macro_rules! floating {
    ($($t:ty)*) => {$(
        impl Steps for $t {
            fn after(first: $t, second: $t, i: usize) -> $t {
                first + i as $t * (second - first)
            }
        }

        impl Steps for Complex<$t> {
            fn after(first: Self, second: Self, i: usize) -> Self {
                Complex::new(Steps::after(first.re, second.re, i), Steps::after(first.im, second.im, i))
            }
        }
    )*};
}
floating!(f32 f64);

impl Steps for f16 {
    fn after(first: f16, second: f16, i: usize) -> f16 {
        f16::from_f32(Steps::after(first.to_f32(), second.to_f32(), i))
    }
}

/// The values of a `linspace` but the last: `i * step + start`, or `i / parts * span + start` where the step vanishes.
struct Spread {
    start: Complex<f64>,
    span: Complex<f64>,
    step: Complex<f64>,
    parts: f64,
    complex: bool,
}

impl Spread {
    fn new(start: Complex<f64>, stop: Complex<f64>, parts: f64, complex: bool) -> Spread {
        let span = Complex::new(stop.re - start.re, stop.im - start.im);
        let step = if complex { shared(span, parts) } else { Complex::new(span.re / parts, 0.0) };
        Spread { start, span, step, parts, complex }
    }

    fn at(&self, i: f64) -> Complex<f64> {
        let vanished = self.step.re == 0.0 && self.step.im == 0.0;
        let i = Complex::new(i, 0.0);
        let far = match (self.parts > 0.0, vanished) {
            (true, false) => self.times(i, self.step),
            (true, true) if self.complex => self.times(shared(i, self.parts), self.span),
            (true, true) => self.times(Complex::new(i.re / self.parts, 0.0), self.span),
            (false, _) => self.times(i, self.span),
        };
        Complex::new(far.re + self.start.re, far.im + self.start.im)
    }

    fn times(&self, a: Complex<f64>, b: Complex<f64>) -> Complex<f64> {
        if self.complex {
            Complex::new(a.re * b.re - a.im * b.im, a.re * b.im + a.im * b.re)
        } else {
            Complex::new(a.re * b.re, 0.0)
        }
    }
}

/// A complex number divided by a real one in Smith's way, as complex numbers are.
fn shared(a: Complex<f64>, parts: f64) -> Complex<f64> {
    let (ratio, scale) = (0.0 / parts, 1.0 / parts);
    Complex::new((a.re + a.im * ratio) * scale, (a.im - a.re * ratio) * scale)
}
