//! A graph from node to node, as deep as it may be: who follows it waits in a list, and does not call itself.

use crate::expr::{Expr, Node, Op, Origin};
use crate::view::View;
use metes_array::{Array, Scalar};
use metes_memory::Result;
use std::collections::{HashMap, HashSet};
use std::sync::Arc;

impl Op {
    /// The nodes that this one uses.
    pub(crate) fn operands(&self) -> &[Expr] {
        match self {
            Op::Array(..) | Op::Argument { .. } | Op::Source(_) | Op::Weak(_) => &[],
            Op::View(_, of) | Op::Cast(of) | Op::Reduce(_, of) | Op::Held(of, _) => std::slice::from_ref(of),
            Op::Ufunc(_, args) => args,
        }
    }

    /// Whether each value is computed from those at its place.
    pub(crate) fn is_elementwise(&self) -> bool {
        matches!(self, Op::Ufunc(..) | Op::Cast(_))
    }

    fn into_operands(self, into: &mut Vec<Expr>) {
        match self {
            Op::Array(..) | Op::Argument { .. } | Op::Source(_) | Op::Weak(_) => {}
            Op::View(_, of) | Op::Cast(of) | Op::Reduce(_, of) | Op::Held(of, _) => into.push(of),
            Op::Ufunc(_, args) => into.extend(args),
        }
    }
}

impl Expr {
    /// The nodes from this one down that were not seen before, each once and after those that it uses. Below nodes that are
    /// not entered nothing is looked at.
    pub(crate) fn bottom_up(&self, seen: &mut HashSet<usize>, enters: impl Fn(&Op) -> bool) -> Vec<&Expr> {
        let mut found = Vec::new();
        let mut path: Vec<(&Expr, usize)> = Vec::new();
        if seen.insert(self.id()) {
            path.push((self, 0));
        }
        while let Some((expr, at)) = path.last_mut() {
            match expr.op().operands().get(*at).filter(|_| enters(expr.op())) {
                Some(operand) => {
                    *at += 1;
                    if seen.insert(operand.id()) {
                        path.push((operand, 0));
                    }
                }
                None => {
                    found.push(*expr);
                    path.pop();
                }
            }
        }
        found
    }

    /// All nodes from this one down.
    fn nodes(&self) -> Vec<&Expr> {
        self.bottom_up(&mut HashSet::new(), |_| true)
    }

    /// What is under the views of a leaf.
    pub(crate) fn under_views(&self) -> &Expr {
        let mut of = self;
        while let Op::View(_, below) = of.op() {
            of = below;
        }
        of
    }

    /// The views over that, the innermost first: each, what it is of, and the node that it makes.
    pub(crate) fn views(&self) -> Vec<(&View, &Expr, &Expr)> {
        let (mut made, mut views) = (self, Vec::new());
        while let Op::View(view, of) = made.op() {
            views.push((view, of, made));
            made = of;
        }
        views.reverse();
        views
    }

    /// Whether anything below is read from outside memory.
    pub fn is_streamed(&self) -> bool {
        self.nodes().iter().any(|of| matches!(of.op(), Op::Source(_)))
    }

    /// Whether anything below is an argument of a plan that may run again, or was copied from one.
    pub fn has_arguments(&self) -> bool {
        self.nodes().iter().any(|of| matches!(of.op(), Op::Array(_, origin) if *origin != Origin::Given))
    }

    /// The same graph without its arguments' bytes; `None` where it holds copies of them, or reads files.
    pub(crate) fn detached(&self, arguments: &[Array], done: &mut HashMap<usize, Expr>) -> Option<Expr> {
        self.exchanged(done, |of| match of.op() {
            Op::Source(_) => Err(()),
            Op::Array(array, Origin::Argument(number)) => {
                let start = arguments.get(*number).ok_or(())?.layout().offset() as isize;
                let (layout, offset) = (array.layout().clone(), array.layout().offset() as isize - start);
                Ok(Some(Op::Argument { number: *number, layout, offset }))
            }
            _ => Ok(None),
        })
        .ok()
    }

    /// The graph that [`Expr::detached`] was made from, on other arguments like the first.
    pub(crate) fn attached(&self, arguments: &[Array], done: &mut HashMap<usize, Expr>) -> Result<Expr> {
        self.exchanged(done, |of| match of.op() {
            Op::Argument { number, layout, offset } => {
                let array = crate::stream::argument(arguments, *number, layout, *offset, of)?;
                Ok(Some(Op::Array(array, Origin::Argument(*number))))
            }
            _ => Ok(None),
        })
    }

    /// The same graph over other leaves, where there is another; what became of each node is done.
    fn exchanged<E>(
        &self,
        done: &mut HashMap<usize, Expr>,
        other: impl Fn(&Expr) -> std::result::Result<Option<Op>, E>,
    ) -> std::result::Result<Expr, E> {
        for of in self.nodes() {
            if !done.contains_key(&of.id()) {
                let made = match (other(of)?, of.op().operands().is_empty()) {
                    (Some(op), _) => of.with(op),
                    (None, true) => of.clone(),
                    (None, false) => of.over(done),
                };
                done.insert(of.id(), made);
            }
        }
        Ok(done[&self.id()].clone())
    }

    /// The same node of something else.
    fn with(&self, op: Op) -> Expr {
        Expr::node(op, self.shape(), self.dtype(), None)
    }

    /// The same node over what became of its operands.
    fn over(&self, done: &HashMap<usize, Expr>) -> Expr {
        let below = |of: &Expr| done[&of.id()].clone();
        self.with(match self.op() {
            Op::Array(..) | Op::Argument { .. } | Op::Source(_) | Op::Weak(_) => return self.clone(),
            Op::View(view, of) => Op::View(view.clone(), below(of)),
            Op::Ufunc(ufunc, args) => Op::Ufunc(ufunc, args.iter().map(below).collect()),
            Op::Cast(of) => Op::Cast(below(of)),
            Op::Reduce(fold, of) => Op::Reduce(fold.clone(), below(of)),
            Op::Held(of, copied) => Op::Held(below(of), copied.clone()),
        })
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        let ends = |of: &Expr| Arc::strong_count(&of.0) == 1 && !of.op().operands().is_empty();
        if !self.op.operands().iter().any(ends) {
            return;
        }
        let mut ending = Vec::new();
        self.end(&mut ending);
        while let Some(Expr(node)) = ending.pop() {
            if let Some(mut node) = Arc::into_inner(node) {
                node.end(&mut ending);
            }
        }
    }
}

impl Node {
    /// Gives up its operands.
    fn end(&mut self, into: &mut Vec<Expr>) {
        std::mem::replace(&mut self.op, Op::Weak(Scalar::Bool(false))).into_operands(into);
    }
}
