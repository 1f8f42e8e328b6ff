//! Views pushed down through elementwise nodes to the leaves, each node once, however many paths lead to it.

use crate::align::stretches;
use crate::expr::{Expr, Op};
use crate::view::View;
use metes_array::{Array, Dims};
use metes_memory::Result;
use std::collections::HashMap;

/// A node that is wanted through the view, or stretched to a shape.
struct Wanted {
    of: Expr,
    shape: Option<Dims>,
}

/// What becomes of a node; `None` for a reshape that its leaves cannot express.
type Made = Option<Expr>;

/// A view on its way down a graph.
struct Pushing<'a> {
    view: &'a View,
    /// What became of nodes. Each is kept, so that no other takes its address.
    done: HashMap<(usize, Option<Dims>), (Expr, Made)>,
}

/// The view of a node; what no view can express is held as a copy.
///
/// # Errors
/// As of the view, and of the functions of what is viewed.
pub(crate) fn through(view: &View, of: &Expr) -> Result<Expr> {
    let made = if of.op().is_elementwise() { Pushing::down(view, of) } else { leaf(view, of) };
    match made? {
        Some(made) => Ok(made),
        None => copied(view, of),
    }
}

fn leaf(view: &View, of: &Expr) -> Result<Made> {
    if let Op::Weak(value) = of.op() {
        return Ok(Some(Expr::array(view.of(&Array::full(&[], *value, of.dtype())?)?)));
    }
    if of.track().is_none()
        && let Some(layout) = of.laid()?
        && view.layout(&layout, of.dtype().size())?.is_none()
    {
        return Ok(None);
    }
    of.seen(view).map(Some)
}

/// The view of a copy whose strides express it.
fn copied(view: &View, of: &Expr) -> Result<Expr> {
    let shape = if let View::Reshape(shape) = view { Some(shape) } else { None };
    of.held_for(shape).seen(view)
}

impl<'a> Pushing<'a> {
    fn down(view: &'a View, of: &Expr) -> Result<Made> {
        let mut pushing = Pushing { view, done: HashMap::new() };
        let mut waiting = vec![Wanted { of: of.clone(), shape: None }];
        while let Some(wanted) = waiting.pop() {
            let mut missing = Vec::new();
            let Wanted { of, shape } = &wanted;
            let made = match pushing.known(of, shape.as_ref()) {
                Some(made) => made,
                None => pushing.make(of, shape.as_ref(), &mut missing)?,
            };
            if missing.is_empty() && waiting.is_empty() {
                return Ok(made);
            }
            if missing.is_empty() {
                pushing.done.insert((of.id(), shape.clone()), (wanted.of, made));
            } else {
                waiting.push(wanted);
                waiting.append(&mut missing);
            }
        }
        unreachable!("the first that waits is the last that is made")
    }

    fn known(&self, of: &Expr, shape: Option<&Dims>) -> Option<Made> {
        self.done.get(&(of.id(), shape.cloned())).map(|(_, made)| made.clone())
    }

    /// What becomes of a node, or what must be made before.
    fn make(&self, of: &Expr, shape: Option<&Dims>, missing: &mut Vec<Wanted>) -> Result<Made> {
        let stretched = shape.map(|shape| View::BroadcastTo(shape.clone()));
        let view = stretched.as_ref().unwrap_or(self.view);
        if let Some(shape) = shape
            && stretches(of, shape)
        {
            return of.held().seen(view).map(Some);
        }
        if !of.op().is_elementwise() {
            return leaf(view, of);
        }
        let mut args = Vec::new();
        for arg in of.op().operands() {
            if let Some(made) = self.operand(of, arg, shape, missing) {
                args.push(made);
            }
        }
        if !missing.is_empty() {
            return Ok(None);
        }
        let copies = of.track().is_some();
        let args = args.into_iter().map(|(whole, made)| match made {
            None if copies => copied(view, &whole).map(Some),
            made => Ok(made),
        });
        let Some(args) = args.collect::<Result<Option<Vec<Expr>>>>()? else { return Ok(None) };
        match of.op() {
            Op::Ufunc(ufunc, _) => Expr::ufunc(ufunc, &args).map(Some),
            _ => args[0].cast(of.dtype()).map(Some),
        }
    }

    /// An operand of a node, as large as it, and what becomes of that; `None` where it must be made before.
    fn operand(&self, of: &Expr, arg: &Expr, shape: Option<&Dims>, missing: &mut Vec<Wanted>) -> Option<(Expr, Made)> {
        if arg.is_weak() {
            return Some((arg.clone(), Some(arg.clone())));
        }
        let mut found = |of: &Expr, shape: Option<&Dims>| {
            let known = self.known(of, shape);
            if known.is_none() {
                missing.push(Wanted { of: of.clone(), shape: shape.cloned() });
            }
            known
        };
        let whole = if arg.shape() == of.shape() { arg.clone() } else { found(arg, Some(&of.shape().into()))?? };
        let made = found(&whole, shape)?;
        Some((whole, made))
    }
}
