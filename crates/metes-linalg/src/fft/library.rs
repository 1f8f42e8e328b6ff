//! The library of Fourier transforms, `rustfft` with `realfft`: the only file that names it, and the cache of its plans.
//!
//! A plan is tables for one length, direction and precision, and dear to make. The plans used last are kept, charged to
//! the ledger at an upper bound of their tables: twice the length, or six times it where the length has a large prime
//! factor and is transformed through a longer one. Workspaces are the caller's.

use super::Direction;
use metes_memory::{Charge, Memory, Result};
use num_complex::Complex;
use realfft::{ComplexToReal, RealFftPlanner, RealToComplex};
use rustfft::{Fft, FftPlanner};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The most plans that are kept for a precision, and their bytes.
const MOST: usize = 32;
const BYTES: usize = 128 << 20;

/// What a plan transforms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// Complex to complex.
    Complex(Direction),
    /// Real to the first half of complex, forward.
    Half,
    /// The first half of complex to real, backward.
    Whole,
}

enum Tables<T: Precision> {
    Complex(Arc<dyn Fft<T>>),
    Half(Arc<dyn RealToComplex<T>>),
    Whole(Arc<dyn ComplexToReal<T>>),
}

/// A transform of one length.
pub(super) struct Plan<T: Precision> {
    tables: Tables<T>,
    key: (Shape, usize),
    _charge: Charge,
}

/// float32 or float64.
pub(crate) trait Precision: rustfft::FftNum + std::ops::MulAssign {
    #[allow(private_interfaces)]
    fn cache() -> &'static Cache<Self>;
    fn narrow(x: f64) -> Self;
}

/// The plans used last, the latest at the end.
pub(super) struct Cache<T: Precision>(Mutex<Vec<Arc<Plan<T>>>>);

macro_rules! precisions {
    ($($t:ty)*) => {$(
        impl Precision for $t {
            #[allow(private_interfaces)]
            fn cache() -> &'static Cache<$t> {
                static CACHE: Cache<$t> = Cache(Mutex::new(Vec::new()));
                &CACHE
            }
            fn narrow(x: f64) -> $t {
                x as $t
            }
        }
    )*};
}
precisions!(f32 f64);

impl<T: Precision> Cache<T> {
    fn lock(&self) -> MutexGuard<'_, Vec<Arc<Plan<T>>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn bytes(&self) -> (usize, usize) {
        let plans = self.lock();
        (plans.len(), plans.iter().map(|plan| plan.bytes()).sum())
    }
}

/// How many plans are kept, and their bytes.
pub fn kept_plans() -> (usize, usize) {
    let (a, b) = (f32::cache().bytes(), f64::cache().bytes());
    (a.0 + b.0, a.1 + b.1)
}

/// Gives the kept plans back.
pub fn forget_plans() {
    f32::cache().lock().clear();
    f64::cache().lock().clear();
}

impl<T: Precision> Plan<T> {
    /// The plan for a transform, made where it is not kept.
    ///
    /// # Errors
    /// Refused memory.
    pub fn find(shape: Shape, n: usize) -> Result<Arc<Plan<T>>> {
        let mut kept = T::cache().lock();
        if let Some(at) = kept.iter().position(|plan| plan.key == (shape, n)) {
            let plan = kept.remove(at);
            kept.push(plan.clone());
            return Ok(plan);
        }
        drop(kept);
        let bytes = tables::<T>(n);
        let charge = Memory::current().charge(bytes, "fft plan").or_else(|_| {
            forget_plans();
            Memory::current().charge(bytes, "fft plan")
        })?;
        let tables = match shape {
            Shape::Complex(Direction::Forward) => Tables::Complex(FftPlanner::new().plan_fft_forward(n)),
            Shape::Complex(Direction::Backward) => Tables::Complex(FftPlanner::new().plan_fft_inverse(n)),
            Shape::Half => Tables::Half(RealFftPlanner::new().plan_fft_forward(n)),
            Shape::Whole => Tables::Whole(RealFftPlanner::new().plan_fft_inverse(n)),
        };
        let plan = Arc::new(Plan { tables, key: (shape, n), _charge: charge });
        let mut kept = T::cache().lock();
        if bytes <= BYTES {
            kept.push(plan.clone());
        }
        while kept.len() > MOST || kept.iter().map(|plan| plan.bytes()).sum::<usize>() > BYTES {
            kept.remove(0);
        }
        Ok(plan)
    }

    fn bytes(&self) -> usize {
        tables::<T>(self.key.1)
    }

    /// Complex numbers of the workspace.
    pub fn need(&self) -> usize {
        match &self.tables {
            Tables::Complex(plan) => plan.get_inplace_scratch_len(),
            Tables::Half(plan) => plan.get_scratch_len(),
            Tables::Whole(plan) => plan.get_scratch_len(),
        }
    }

    /// Transforms lines of `n` complex numbers in place.
    pub fn complex(&self, lines: &mut [Complex<T>], work: &mut [Complex<T>]) {
        if let Tables::Complex(plan) = &self.tables {
            plan.process_with_scratch(lines, work);
        }
    }

    /// Transforms a line of real numbers, which is destroyed, to `n / 2 + 1` complex ones.
    pub fn half(&self, line: &mut [T], out: &mut [Complex<T>], work: &mut [Complex<T>]) {
        if let Tables::Half(plan) = &self.tables {
            plan.process_with_scratch(line, out, work).expect("lengths are the plan's");
        }
    }

    /// Transforms `n / 2 + 1` complex numbers, which are destroyed, to a line of real ones. Imaginary parts of what must
    /// be real do not count.
    pub fn whole(&self, line: &mut [Complex<T>], out: &mut [T], work: &mut [Complex<T>]) {
        if let Tables::Whole(plan) = &self.tables {
            let n = self.key.1;
            line[0].im = T::zero();
            if n.is_multiple_of(2) {
                line[n / 2].im = T::zero();
            }
            plan.process_with_scratch(line, out, work).expect("lengths are the plan's, ends are real");
        }
    }
}

/// An upper bound of the bytes of a plan's tables.
fn tables<T>(n: usize) -> usize {
    let factor = if largest_prime(n) > 31 { 6 } else { 2 };
    n.saturating_mul(factor * size_of::<Complex<T>>()) + 1024
}

fn largest_prime(mut n: usize) -> usize {
    let (mut largest, mut p) = (1, 2);
    while p * p <= n {
        while n.is_multiple_of(p) {
            (largest, n) = (p, n / p);
        }
        p += 1;
    }
    largest.max(n)
}
