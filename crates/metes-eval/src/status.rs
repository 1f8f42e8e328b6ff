//! What the processor noticed: division by zero, overflow, underflow, invalid results.
//!
//! Processors keep a sticky flag for each. They are cleared before a loop and read after it; loops are called through
//! pointers, which no compiler moves arithmetic across. Reading them takes a few nanoseconds, which is why little work
//! is watched from one side only.
//! On processors that are not known here nothing is ever noticed, which is allowed: results are the same.

use crate::resolve::Input;
use metes_dtype::{Category, Kind};
use metes_kernels::{Cell, DIVIDE, Flags, INVALID, OVERFLOW, Reduction, UNDERFLOW, Ufunc};

/// Rows whose own arithmetic raises flags that mean nothing, and what their loops over real and over complex numbers may
/// report all the same: comparisons and choices look at NaN, others find their way by values that they then leave out.
const QUIET: &[(&str, Flags, Flags)] = &[
    ("maximum", 0, 0),
    ("minimum", 0, 0),
    ("fmax", 0, 0),
    ("fmin", 0, 0),
    ("clip", 0, 0),
    ("sign", 0, 0),
    ("heaviside", 0, 0),
    ("spacing", 0, 0),
    ("frexp", 0, 0),
    ("arcsinh", 0, 0),
    ("floor_divide", ALL, 0),
    ("remainder", INVALID, 0),
    ("divmod", ALL, 0),
    ("expm1", ALL - UNDERFLOW, 0),
    ("log1p", ALL - UNDERFLOW, 0),
    ("tan", ALL - UNDERFLOW, 0),
    ("arcsin", ALL - UNDERFLOW, 0),
    ("arctan", ALL - UNDERFLOW, 0),
    ("sinh", ALL - UNDERFLOW, 0),
    ("tanh", ALL - UNDERFLOW, 0),
    ("arctanh", DIVIDE | INVALID, 0),
    ("power", ALL, ALL - INVALID),
    ("float_power", ALL, ALL - INVALID),
    ("square", ALL, ALL - UNDERFLOW),
    ("log", ALL, ALL - INVALID),
    ("log2", ALL, ALL - INVALID),
    ("log10", ALL, ALL - INVALID),
    ("sqrt", ALL, 0),
    ("arccos", ALL, 0),
    ("arccosh", ALL, 0),
    ("cosh", ALL, 0),
];

const ALL: Flags = DIVIDE | OVERFLOW | UNDERFLOW | INVALID;

/// Whether the loop of a cell works with floats, and with more than a look at them: what gives bools never reports.
fn has_floats(cell: &Cell) -> bool {
    cell.outputs[0] != Kind::Bool
        && cell.outputs.iter().chain(cell.inputs).any(|kind| kind.category() >= Category::Float)
}

/// Runs loops of a cell; what they found out themselves is in `Ok`, what the processor noticed comes with it.
#[inline]
pub(crate) fn watch<T>(cell: &Cell, body: impl FnOnce() -> T) -> (T, Flags) {
    if !has_floats(cell) {
        return (body(), 0);
    }
    take();
    let result = body();
    (result, take())
}

/// What a cast may report: values that an integer kind cannot hold, and those that overflow a float kind. Large values
/// reach uint64 by arithmetic that raises flags for nothing.
pub(crate) fn reported_cast(from: Kind, to: Kind, flags: Flags) -> Flags {
    let numbers = from.category() >= Category::Float && to != Kind::U64 && to != Kind::Bool;
    if numbers { flags & (INVALID | OVERFLOW) } else { 0 }
}

/// Runs a cast as [`watch`] runs loops.
pub(crate) fn watch_cast<T>(from: Kind, to: Kind, body: impl FnOnce() -> T) -> (T, Flags) {
    if reported_cast(from, to, ALL) == 0 {
        return (body(), 0);
    }
    take();
    let result = body();
    (result, take())
}

/// The same for work on few bytes that may be done twice: flags are read once, afterwards, and only where one is set,
/// perhaps since long before, is the work done again to see whether it was its own.
#[inline]
pub(crate) fn watch_little<T>(cell: &Cell, mut body: impl FnMut() -> T) -> (T, Flags) {
    let result = body();
    if !has_floats(cell) || take() == 0 {
        return (result, 0);
    }
    drop(result);
    watch(cell, body)
}

/// Of all flags those that are the row's to report; `inputs` are looked at where one may be a number beyond the loop's
/// floats, which even rows report that are quiet otherwise.
#[inline]
pub(crate) fn reported<T: Copy + Into<Input>>(ufunc: &Ufunc, cell: &Cell, flags: Flags, inputs: &[T]) -> Flags {
    if flags == 0 || !has_floats(cell) {
        return if cell.outputs[0] == Kind::Bool { 0 } else { flags };
    }
    let complex = cell.inputs.iter().any(|kind| kind.category() == Category::Complex);
    let own = flags & !ALL;
    let quiet = QUIET.iter().find(|(name, ..)| *name == ufunc.name);
    let Some(&(_, real, imaginary)) = quiet else { return flags };
    let beyond = flags & OVERFLOW != 0 && overflow(cell, inputs);
    let numbers = if beyond { OVERFLOW } else { 0 };
    own | numbers | flags & if complex { imaginary } else { real }
}

/// Whether a Python number is beyond the floats that the loop takes in its place.
#[cold]
fn overflow<T: Copy + Into<Input>>(cell: &Cell, inputs: &[T]) -> bool {
    let weak = |input: T| if let Input::Weak(scalar) = input.into() { Some(scalar) } else { None };
    inputs.iter().zip(cell.inputs).any(|(&input, &kind)| weak(input).is_some_and(|scalar| scalar.overflows(kind)))
}

/// Of all flags those that are the reduction's to report.
#[inline]
pub(crate) fn of_reduction(reduction: &Reduction, flags: Flags) -> Flags {
    if matches!(reduction.name, "sum" | "prod") { flags } else { 0 }
}

/// What the processor noticed since it was last asked.
#[inline]
pub(crate) fn take() -> Flags {
    let raised = sticky::read();
    if raised == 0 {
        return 0;
    }
    sticky::clear();
    raised
}

/// Makes the processor remember, on this thread, what it noticed on others for it.
pub(crate) fn raise(flags: Flags) {
    if flags != 0 {
        sticky::set(flags);
    }
}

#[cfg(target_arch = "x86_64")]
mod sticky {
    use super::{DIVIDE, Flags, INVALID, OVERFLOW, UNDERFLOW};
    use std::arch::asm;

    /// Bits of MXCSR, low to high: invalid, denormal, divide by zero, overflow, underflow, inexact.
    const MEANING: [(u32, Flags); 4] = [(1, INVALID), (4, DIVIDE), (8, OVERFLOW), (16, UNDERFLOW)];
    const ALL: u32 = 1 | 4 | 8 | 16;

    fn register() -> u32 {
        let mut value = 0u32;
        // SAFETY: stores the register to a local; no `nomem`, so that calls stay on their side of it.
        unsafe { asm!("stmxcsr [{}]", in(reg) &raw mut value, options(nostack, preserves_flags)) };
        value
    }

    #[inline]
    pub(super) fn read() -> Flags {
        let value = register();
        if value & ALL == 0 {
            return 0;
        }
        MEANING.iter().filter(|(bit, _)| value & bit != 0).fold(0, |flags, (_, flag)| flags | flag)
    }

    pub(super) fn clear() {
        store(register() & !ALL);
    }

    pub(super) fn set(flags: Flags) {
        let bits = MEANING.iter().filter(|(_, flag)| flags & flag != 0).fold(0, |bits, (bit, _)| bits | bit);
        store(register() | bits);
    }

    fn store(value: u32) {
        // SAFETY: only sticky flags change, on which no code but this file depends; rounding and masks stay.
        unsafe { asm!("ldmxcsr [{}]", in(reg) &raw const value, options(nostack, preserves_flags)) };
    }
}

#[cfg(target_arch = "aarch64")]
mod sticky {
    use super::{DIVIDE, Flags, INVALID, OVERFLOW, UNDERFLOW};
    use std::arch::asm;

    /// Bits of FPSR, low to high: invalid, divide by zero, overflow, underflow.
    const MEANING: [(u64, Flags); 4] = [(1, INVALID), (2, DIVIDE), (4, OVERFLOW), (8, UNDERFLOW)];
    const ALL: u64 = 15;

    fn register() -> u64 {
        let value: u64;
        // SAFETY: reads the register; no `nomem`, so that calls stay on their side of it.
        unsafe { asm!("mrs {}, fpsr", out(reg) value, options(nostack, preserves_flags)) };
        value
    }

    #[inline]
    pub(super) fn read() -> Flags {
        let value = register();
        MEANING.iter().filter(|(bit, _)| value & bit != 0).fold(0, |flags, (_, flag)| flags | flag)
    }

    pub(super) fn clear() {
        store(register() & !ALL);
    }

    pub(super) fn set(flags: Flags) {
        let bits = MEANING.iter().filter(|(_, flag)| flags & flag != 0).fold(0, |bits, (bit, _)| bits | bit);
        store(register() | bits);
    }

    fn store(value: u64) {
        // SAFETY: only sticky flags change, on which no code but this file depends.
        unsafe { asm!("msr fpsr, {}", in(reg) value, options(nostack, preserves_flags)) };
    }
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
mod sticky {
    use super::Flags;

    pub(super) fn read() -> Flags {
        0
    }

    pub(super) fn clear() {}

    pub(super) fn set(_: Flags) {}
}
