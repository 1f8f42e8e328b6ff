//! Slopes by central differences inside and one-sided ones at the ends, on even and uneven grids.
//!
//! Inside an uneven grid: B. Fornberg, Generation of Finite Difference Formulas on Arbitrarily Spaced Grids, Mathematics of
//! Computation 51 (1988).

use super::differences::{along, floats};
use crate::build::{Build, slice, value_error};
use metes_array::{Array, Order, Scalar};
use metes_dtype::{Category, Kind};
use metes_eval::{Arg, ProgramBuilder, Slot, apply_program};
use metes_memory::Result;

/// How far apart values are along an axis.
#[derive(Clone, Debug)]
pub enum Spacing {
    /// Evenly.
    Even(f64),
    /// Where they are.
    Places(Array),
}

/// The slope of values along one axis; the ends to first or second order.
///
/// # Errors
/// Too few values, places of another number, an axis that is not there, refused memory.
pub fn gradient(f: &Array, spacing: &Spacing, axis: usize, edge_order: usize) -> Result<Array> {
    if edge_order > 2 || edge_order == 0 {
        return Err(value_error("'edge_order' greater than 2 not supported"));
    }
    let n = f.shape()[axis];
    if n < edge_order + 1 {
        let message = "Shape of array too small to calculate a numerical gradient, at least (edge_order + 1) elements are required.";
        return Err(value_error(message));
    }
    let dtype = if f.dtype().category() >= Category::Float { f.dtype() } else { Kind::F64.into() };
    let f = floats(f)?;
    let out = f.empty_like(dtype, Order::K, "gradient")?;
    let steps = match spacing {
        Spacing::Even(_) => None,
        Spacing::Places(x) if x.ndim() != 1 => return Err(value_error("distances must be either scalars or 1d")),
        Spacing::Places(x) if x.size() != n => {
            return Err(value_error("when 1d, distances must match the length of the corresponding dimension"));
        }
        Spacing::Places(x) => Some(super::diff(&floats(x)?, 1, 0, None, None)?),
    };
    let width = if let Spacing::Even(width) = spacing { *width } else { 1.0 };
    let grid = Grid { f: &f, out: &out, axis, n: n as isize, width, steps };
    grid.inside()?;
    if edge_order == 1 {
        grid.first_order(0, 1)?;
        grid.first_order(-1, -2)?;
    } else {
        grid.second_order([0, 1, 2], [0, 1], 1.0)?;
        grid.second_order([-1, -2, -3], [-1, -2], -1.0)?;
    }
    Ok(out)
}

struct Grid<'a> {
    f: &'a Array,
    out: &'a Array,
    axis: usize,
    n: isize,
    width: f64,
    steps: Option<Array>,
}

impl Grid<'_> {
    fn place(&self, a: &Array, at: isize) -> Result<Array> {
        let at = at.rem_euclid(self.n);
        slice(a, self.axis, Some(at), Some(at + 1))
    }

    /// A step by its number, from the end where negative.
    fn step(&self, steps: &Array, at: isize) -> Result<f64> {
        match steps.item(&[at])? {
            Scalar::Float(step) => Ok(step),
            other => Err(value_error(format!("gradient: a distance of {other}"))),
        }
    }

    fn inside(&self) -> Result<()> {
        let part = |start: isize, stop: isize| slice(self.f, self.axis, Some(start), Some(stop));
        if self.n < 3 {
            return Ok(());
        }
        let out = slice(self.out, self.axis, Some(1), Some(self.n - 1))?;
        let mut builder = ProgramBuilder::new();
        let mut inputs = vec![part(0, self.n - 2)?, part(2, self.n)?];
        let (a, c) = (builder.input(self.f.dtype()), builder.input(self.f.dtype()));
        let slope = match &self.steps {
            None => {
                let gap = builder.call2("subtract", c, a)?;
                builder.with("divide", gap, 2.0 * self.width)?
            }
            Some(steps) => {
                inputs.push(part(1, self.n - 1)?);
                for (start, stop) in [(None, Some(-1)), (Some(1), None)] {
                    inputs.push(along(slice(steps, 0, start, stop)?, self.f.ndim(), self.axis)?);
                }
                let b = builder.input(self.f.dtype());
                let (before, after) = (builder.input(steps.dtype()), builder.input(steps.dtype()));
                uneven(&mut builder, [a, b, c], before, after)?
            }
        };
        apply_program(builder, slope, &inputs, Some(&out), "gradient").map(|_| ())
    }

    /// `(f[second] - f[first]) / step`, its sign turned at the far end by itself.
    fn first_order(&self, first: isize, second: isize) -> Result<()> {
        let step = self.steps.as_ref().map_or(Ok(self.width), |steps| self.step(steps, first.min(0)))?;
        let step = if first < 0 { -step } else { step };
        let mut builder = ProgramBuilder::new();
        let (a, b) = (builder.input(self.f.dtype()), builder.input(self.f.dtype()));
        let gap = builder.call2("subtract", b, a)?;
        let slope = builder.with("divide", gap, step)?;
        let inputs = [self.place(self.f, first)?, self.place(self.f, second)?];
        apply_program(builder, slope, &inputs, Some(&self.place(self.out, first)?), "gradient").map(|_| ())
    }

    /// A parabola through three values, at the first of them.
    fn second_order(&self, values: [isize; 3], steps: [isize; 2], sign: f64) -> Result<()> {
        let factors = match &self.steps {
            None => [-1.5, 2.0, -0.5].map(|factor| sign * factor / self.width),
            Some(known) => {
                let (near, far) = (self.step(known, steps[0])?, self.step(known, steps[1])?);
                let both = near + far;
                [-(2.0 * near + far) / (near * both), both / (near * far), -near / (far * both)]
                    .map(|factor| sign * factor)
            }
        };
        let mut builder = ProgramBuilder::new();
        let mut sum: Option<Slot> = None;
        for factor in factors {
            let x = builder.input(self.f.dtype());
            let term = builder.with("multiply", x, factor)?;
            sum = Some(match sum {
                None => term,
                Some(sum) => builder.call2("add", sum, term)?,
            });
        }
        let inputs = values.iter().map(|&at| self.place(self.f, at)).collect::<Result<Vec<_>>>()?;
        let slope = sum.expect("three terms");
        apply_program(builder, slope, &inputs, Some(&self.place(self.out, values[0])?), "gradient").map(|_| ())
    }
}

/// The slope at the middle of three values with these steps between them.
fn uneven(builder: &mut ProgramBuilder, [a, b, c]: [Slot; 3], before: Slot, after: Slot) -> Result<Slot> {
    let both = builder.call2("add", before, after)?;
    let low = builder.call2("multiply", before, both)?;
    let low = builder.call2("divide", after, low)?;
    let low = builder.call1("negative", low)?;
    let gap = builder.call2("subtract", after, before)?;
    let product = builder.call2("multiply", before, after)?;
    let middle = builder.call2("divide", gap, product)?;
    let high = builder.call2("multiply", after, both)?;
    let high = builder.call2("divide", before, high)?;
    let terms =
        [(low, a), (middle, b), (high, c)].map(|(factor, x)| builder.call("multiply", &[factor, x].map(Arg::Slot)));
    let [x, y, z] = terms;
    let sum = builder.call2("add", x?, y?)?;
    builder.call2("add", sum, z?)
}
