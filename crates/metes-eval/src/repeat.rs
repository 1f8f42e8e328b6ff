//! [`Repeatable`]: a plan over arguments, kept to be run on others of the same dtypes, shapes and strides.

use crate::pass::Pass;
use crate::plan::{Output, Plan};
use crate::sink::{Sink, Target};
use crate::{Expr, Progress, quick};
use metes_array::Array;
use metes_memory::Result;
use smallvec::SmallVec;
use std::collections::HashMap;

/// A plan without its arguments' bytes, which runs as often as one likes.
pub struct Repeatable {
    plan: Plan,
    /// The values, without the arguments' bytes.
    values: Vec<Expr>,
    /// Whether there may be a shorter way to run it.
    quick: bool,
}

impl Plan {
    /// A plan of these values that may run on other arguments ([`Expr::argument`]) than the present ones; `None` where
    /// values read files.
    ///
    /// ```
    /// use metes_array::Array;
    /// use metes_eval::{Expr, Plan};
    /// let first = Array::from_slice(&[2], &[1.0, 2.0])?;
    /// let x = Expr::argument(first.clone(), 0);
    /// let double = Expr::ufunc(metes_kernels::ufunc("add").unwrap(), &[x.clone(), x])?;
    /// let plan = Plan::repeatable(&[double], &[first])?.unwrap();
    /// let next = Array::from_slice(&[2], &[5.0, 6.0])?;
    /// assert_eq!(plan.run(&[next], &mut |_, _| Ok(()))?[0].read::<f64>()?.to_vec(), [10.0, 12.0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Plan::new`].
    pub fn repeatable(values: &[Expr], arguments: &[Array]) -> Result<Option<Repeatable>> {
        let mut done = HashMap::new();
        let values: Option<Vec<Expr>> = values.iter().map(|value| value.detached(arguments, &mut done)).collect();
        let Some(values) = values else { return Ok(None) };
        let plan = Plan::new(values.iter().cloned().map(Output::Array).collect(), None)?;
        Ok(Some(Repeatable { quick: quick::suits(&plan), plan, values }))
    }

    /// The same once more, where it writes no files.
    fn again(&self) -> Option<Plan> {
        let passes = self.passes.iter().map(Pass::again).collect::<Option<_>>()?;
        Some(Plan { passes, results: self.results.clone(), peak: self.peak_bytes() })
    }
}

impl Pass {
    fn again(&self) -> Option<Pass> {
        let sinks = self.sinks.iter().map(Sink::again).collect::<Option<_>>()?;
        Some(Pass { sources: self.sources.clone(), cuts: self.cuts.clone(), sinks, bytes: self.bytes })
    }
}

impl Sink {
    fn again(&self) -> Option<Sink> {
        let target = match &self.target {
            Target::Fold(expr) => Target::Fold(expr.clone()),
            Target::Store(expr, into) => Target::Store(expr.clone(), into.clone()),
            Target::File(_) => return None,
        };
        let Sink { value, program, leaves, keeps, over, together, .. } = self;
        let (value, program, leaves) = (value.clone(), program.clone(), leaves.clone());
        Some(Sink { target, value, program, leaves, keeps: *keeps, over: *over, together: *together })
    }
}

impl Repeatable {
    /// The plan itself, to be looked at.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// A plan of the values on these arguments into arrays that exist, one for each, which may share bytes with them.
    ///
    /// ```
    /// use metes_array::Array;
    /// use metes_eval::{Expr, Plan};
    /// let a = Array::from_slice(&[2], &[1.0, 2.0])?;
    /// let x = Expr::argument(a.clone(), 0);
    /// let double = Expr::ufunc(metes_kernels::ufunc("add").unwrap(), &[x.clone(), x])?;
    /// let plan = Plan::repeatable(&[double], &[a.clone()])?.unwrap();
    /// plan.into_arrays(&[a.clone()], vec![a.clone()])?.run(&mut |_, _| Ok(()))?;
    /// assert_eq!(a.read::<f64>()?.to_vec(), [2.0, 4.0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// As [`Plan::new`], arrays of other shapes than the values or that are read-only, and arguments unlike the first.
    pub fn into_arrays(&self, arguments: &[Array], outs: Vec<Array>) -> Result<Plan> {
        let mut done = HashMap::new();
        let attached = self.values.iter().map(|value| value.attached(arguments, &mut done));
        let values = attached.collect::<Result<Vec<Expr>>>()?;
        Plan::new(values.into_iter().zip(outs).map(|(value, out)| Output::Into(value, out)).collect(), None)
    }

    /// How many values there are.
    pub fn count(&self) -> usize {
        self.values.len()
    }

    /// The same of few values, without further ado; `None` where it takes more ([`Repeatable::run`]).
    ///
    /// # Errors
    /// As [`Plan::run_on`].
    pub fn run_quick(&self, arguments: &[&Array]) -> Result<Option<Vec<Array>>> {
        if self.quick { quick::run(&self.plan, arguments) } else { Ok(None) }
    }

    /// Computes the values on these arguments.
    ///
    /// # Errors
    /// As [`Plan::run_on`].
    pub fn run(&self, arguments: &[Array], progress: Progress) -> Result<Vec<Array>> {
        let looked: SmallVec<[&Array; 4]> = arguments.iter().collect();
        if let Some(results) = self.run_quick(&looked)? {
            return Ok(results);
        }
        let plan = self.plan.again().expect("a plan that writes no files can be repeated");
        Ok(plan.run_on(arguments, progress)?.into_iter().flatten().collect())
    }
}
