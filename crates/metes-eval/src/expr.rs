//! [`Expr`]: a lazy graph over arrays in memory and arrays outside it.
//!
//! A graph is kept in one canonical form: views are pushed down through elementwise nodes to the leaves when they
//! are taken, so that an elementwise tree stands on viewed leaves only. Reductions (and rows held whole) are the
//! barriers between passes over the data. Nothing is computed here; [`crate::Plan`] decides how to.

use crate::align::{in_step, stretches};
use crate::push;
use crate::resolve::{Input, result_dtype, squared};
use crate::source::ChunkSource;
use crate::track::Track;
use crate::view::{View, windows_shape};
use metes_array::{Array, Dims, Index, Layout, Scalar, broadcast_shapes, shape_text};
use metes_dtype::DType;
use metes_kernels::{Reduction, Ufunc};
use metes_memory::{Error, ErrorKind, Result};
use std::sync::Arc;

/// A lazy value: elementwise functions, casts, views and reductions over leaves. Cloning is cheap.
#[derive(Clone)]
pub struct Expr(pub(crate) Arc<Node>);

pub(crate) struct Node {
    pub(crate) op: Op,
    shape: Dims,
    dtype: DType,
    track: Option<Track>,
}

/// What a node does.
pub(crate) enum Op {
    /// An array in memory, and how it belongs to the arguments of a plan that will run again.
    Array(Array, Origin),
    /// What lies so in the argument of this number, `offset` bytes from its first element.
    Argument { number: usize, layout: Layout, offset: isize },
    /// An array outside memory.
    Source(Arc<dyn ChunkSource>),
    /// A Python scalar, weak in promotion.
    Weak(Scalar),
    /// A view of a source or of a barrier's result.
    View(View, Expr),
    /// An elementwise function.
    Ufunc(&'static Ufunc, Vec<Expr>),
    /// A cast to the node's dtype.
    Cast(Expr),
    /// A reduction.
    Reduce(Fold, Expr),
    /// The value held whole in memory: rows may be picked from it, and where it is of a shape that its strides could not
    /// express, it is a copy for that shape.
    Held(Expr, Option<Dims>),
}

/// Where an array in memory comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Origin {
    /// It is always the same.
    Given,
    /// It is a view of the argument of this number.
    Argument(usize),
}

/// The parameters of a reduction.
#[derive(Clone)]
pub(crate) struct Fold {
    pub reduction: &'static Reduction,
    /// Normalised, ascending.
    pub axes: Vec<usize>,
    pub dtype: Option<DType>,
    pub correction: f64,
}

impl Expr {
    pub(crate) fn node(op: Op, shape: &[usize], dtype: DType, track: Option<Track>) -> Expr {
        Expr(Arc::new(Node { op, shape: shape.into(), dtype, track }))
    }

    /// An array in memory as a leaf.
    pub fn array(array: Array) -> Expr {
        Expr::leaf(array, Origin::Given)
    }

    /// The argument number `number` of a plan that may run again on others of the same dtypes, shapes and strides
    /// ([`crate::Plan::repeatable`]); this array is the first.
    pub fn argument(array: Array, number: usize) -> Expr {
        Expr::leaf(array, Origin::Argument(number))
    }

    fn leaf(array: Array, origin: Origin) -> Expr {
        let (shape, dtype) = (Dims::from(array.shape()), array.dtype());
        Expr::node(Op::Array(array, origin), &shape, dtype, None)
    }

    /// A Python scalar: weak in promotion, as NEP 50 has it (a `bool` is of dtype bool).
    pub fn scalar(value: Scalar) -> Expr {
        Expr::node(Op::Weak(value), &[], value.default_dtype(), None)
    }

    /// An array outside memory as a leaf.
    pub fn source(source: Arc<dyn ChunkSource>) -> Expr {
        let (shape, dtype) = (Dims::from(source.shape()), source.dtype());
        let track = Track::rows(shape[0]);
        Expr::node(Op::Source(source), &shape, dtype, Some(track))
    }

    /// Elements along each axis.
    pub fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    /// What one element is.
    pub fn dtype(&self) -> DType {
        self.0.dtype
    }

    /// Whether this is a bare Python scalar.
    pub fn is_weak(&self) -> bool {
        matches!(self.0.op, Op::Weak(_))
    }

    pub(crate) fn op(&self) -> &Op {
        &self.0.op
    }

    pub(crate) fn track(&self) -> Option<&Track> {
        self.0.track.as_ref()
    }

    /// What tells two nodes apart.
    pub(crate) fn id(&self) -> usize {
        Arc::as_ptr(&self.0) as usize
    }

    /// The value of an elementwise function.
    ///
    /// # Errors
    /// Shapes that do not broadcast, dtypes that the function does not take, and sources as large as the result that
    /// advance by different rows.
    pub fn ufunc(ufunc: &'static Ufunc, args: &[Expr]) -> Result<Expr> {
        if let [base, power] = args
            && let Some(square) = squared(ufunc, base.input(), power.input())
        {
            return Expr::ufunc(square, &args[..1]);
        }
        let shapes: Vec<&[usize]> = args.iter().map(Expr::shape).collect();
        let shape = broadcast_shapes(&shapes).map_err(|e| e.context(ufunc.name))?;
        let inputs: Vec<Input> = args.iter().map(Expr::input).collect();
        let dtype = result_dtype(ufunc, &inputs)?;
        let (args, track) = in_step(ufunc.name, args, &shape)?;
        Ok(Expr::node(Op::Ufunc(ufunc, args), &shape, dtype, track))
    }

    pub(crate) fn input(&self) -> Input {
        match self.0.op {
            Op::Weak(value) => Input::Weak(value),
            _ => Input::DType(self.0.dtype),
        }
    }

    /// The value cast to `dtype`.
    pub fn cast(&self, dtype: DType) -> Result<Expr> {
        if dtype == self.dtype() {
            return Ok(self.clone());
        }
        Ok(Expr::node(Op::Cast(self.clone()), self.shape(), dtype, self.0.track.clone()))
    }

    /// Basic indexing: integers, slices, new axes, one ellipsis.
    pub fn index(&self, index: &[Index]) -> Result<Expr> {
        metes_array::index_shape(self.shape(), index)?;
        if let Some(track) = self.track()
            && track.picks(self.shape(), index)
        {
            return self.pick(index);
        }
        self.view(View::Index(crate::track::written_out(index, self.shape().len())))
    }

    /// The value held whole in memory.
    pub(crate) fn held(&self) -> Expr {
        self.held_for(None)
    }

    /// The same, for a shape that its strides could not express.
    pub(crate) fn held_for(&self, shape: Option<&Dims>) -> Expr {
        Expr::node(Op::Held(self.clone(), shape.cloned()), self.shape(), self.dtype(), None)
    }

    /// Rows picked by number: the few rows are held, then indexed in memory.
    fn pick(&self, index: &[Index]) -> Result<Expr> {
        let (rows, rest) = self.track().expect("a picked axis is streamed").split_pick(self.shape(), index)?;
        let rows = self.index(&rows)?;
        rows.held().view(View::Index(rest))
    }

    /// The axes in another order, reversed by default.
    pub fn transpose(&self, axes: Option<&[isize]>) -> Result<Expr> {
        let ndim = self.shape().len();
        let axes = match axes {
            None => (0..ndim as isize).rev().collect(),
            Some(axes) => permutation(axes, self.shape())?,
        };
        self.view(View::Transpose(axes))
    }

    /// Another shape with as many elements; one length may be -1.
    pub fn reshape(&self, shape: &[isize]) -> Result<Expr> {
        let shape = metes_array::resolve_shape(self.shape(), shape)?;
        if shape.as_slice() == self.shape() {
            return Ok(self.clone());
        }
        self.view(View::Reshape(shape))
    }

    /// The value stretched to a shape that it broadcasts to.
    pub fn broadcast_to(&self, shape: &[usize]) -> Result<Expr> {
        if shape == self.shape() || self.is_weak() {
            return Ok(self.clone());
        }
        if broadcast_shapes(&[self.shape(), shape]).ok().as_deref() != Some(shape) {
            let (from, to) = (shape_text(self.shape()), shape_text(shape));
            return Err(Error::new(ErrorKind::Value, format!("broadcast_to: shape {from} does not broadcast to {to}")));
        }
        let rows = if stretches(self, shape) { &self.held() } else { self };
        rows.view(View::BroadcastTo(shape.into()))
    }

    /// All windows along some axes, each given with its length, as further axes: a window of three values along the only axis
    /// of ten makes shape `(8, 3)`. What is computed of each window is computed from the leaves, without the windows as an array.
    ///
    /// ```
    /// use metes_array::Array;
    /// use metes_eval::{Expr, Output, Plan};
    /// let x = Expr::array(Array::from_slice(&[4], &[1.0, 2.0, 3.0, 5.0])?);
    /// let sums = x.windows(&[(0, 3)])?.reduce(metes_kernels::reduction("sum").unwrap(), Some(&[-1]), false, None, 0.0)?;
    /// let result = Plan::new(vec![Output::Array(sums)], None)?.run(&mut |_, _| Ok(()))?.remove(0).unwrap();
    /// assert_eq!(result.read::<f64>()?.to_vec(), [6.0, 10.0]);
    /// # Ok::<(), metes_memory::Error>(())
    /// ```
    ///
    /// # Errors
    /// Axes that are not there, windows longer than their axis, and windows across the rows of a file.
    pub fn windows(&self, windows: &[(isize, usize)]) -> Result<Expr> {
        let axis = |&(axis, length): &(isize, usize)| {
            Ok((normalise("sliding_window_view", &[axis], self.shape())?[0], length))
        };
        let windows: Vec<(usize, usize)> = windows.iter().map(axis).collect::<Result<_>>()?;
        windows_shape(self.shape(), &windows).map_err(|error| error.context("sliding_window_view"))?;
        self.view(View::Windows(windows))
    }

    /// Without axes of length 1: the named ones, or all.
    pub fn squeeze(&self, axes: Option<&[isize]>) -> Result<Expr> {
        let drop = match axes {
            Some(axes) => normalise("squeeze", axes, self.shape())?,
            None => (0..self.shape().len()).filter(|&a| self.shape()[a] == 1).collect(),
        };
        if let Some(&axis) = drop.iter().find(|&&a| self.shape()[a] != 1) {
            let shape = shape_text(self.shape());
            return Err(Error::new(
                ErrorKind::Value,
                format!("squeeze: axis {axis} of shape {shape} has length {}, not 1", self.shape()[axis]),
            ));
        }
        let keep = (0..self.shape().len()).filter(|a| !drop.contains(a));
        self.reshape(&keep.map(|a| self.shape()[a] as isize).collect::<Vec<_>>())
    }

    fn view(&self, view: View) -> Result<Expr> {
        push::through(&view, self)
    }

    /// A view of what is no elementwise value.
    pub(crate) fn seen(&self, view: &View) -> Result<Expr> {
        if let Op::Array(array, origin) = self.op() {
            return Ok(Expr::leaf(view.of(array)?, *origin));
        }
        let shape = view.shape(self.shape())?;
        let track = self.track().map(|t| t.through(view, self.shape(), &shape)).transpose()?;
        Ok(Expr::node(Op::View(view.clone(), self.clone()), &shape, self.dtype(), track))
    }

    /// Where the elements of a leaf will lie, but for where they begin; `None` for what is read from a file.
    pub(crate) fn laid(&self) -> Result<Option<Layout>> {
        let of = self.under_views();
        let laid = match of.op() {
            Op::Array(array, _) => Some(array.layout().clone()),
            Op::Argument { layout, .. } => Some(layout.clone()),
            Op::Reduce(..) | Op::Held(..) => Some(Layout::contiguous(of.shape(), of.dtype().size())?),
            _ => None,
        };
        let through = |laid: Layout, (view, ..): (&View, &Expr, &Expr)| view.layout(&laid, self.dtype().size());
        self.views().into_iter().try_fold(laid, |laid, view| laid.map_or(Ok(None), |laid| through(laid, view)))
    }

    /// A reduction over `axes`, all by default.
    pub fn reduce(
        &self,
        reduction: &'static Reduction,
        axes: Option<&[isize]>,
        keepdims: bool,
        dtype: Option<DType>,
        correction: f64,
    ) -> Result<Expr> {
        let axes = match axes {
            None => (0..self.shape().len()).collect(),
            Some(axes) => normalise(reduction.name, axes, self.shape())?,
        };
        if self.shape().is_empty() {
            // Folding needs an axis; one value along one axis gives the same.
            return self.reshape(&[1])?.reduce(reduction, None, false, dtype, correction);
        }
        let out = crate::reduce::result_dtype(reduction, self.dtype(), dtype)?;
        let made = crate::reduce::choose(reduction, self.dtype(), dtype)?.output.into();
        let shape = reduced_shape(self.shape(), &axes, keepdims);
        let fold = Fold { reduction, axes, dtype, correction };
        Expr::node(Op::Reduce(fold, self.clone()), &shape, made, None).cast(out)
    }
}

/// The shape that is left when `axes` are reduced.
pub(crate) fn reduced_shape(shape: &[usize], axes: &[usize], keepdims: bool) -> Dims {
    let kept = shape.iter().enumerate().map(|(a, &n)| (axes.contains(&a), n));
    if keepdims {
        kept.map(|(gone, n)| if gone { 1 } else { n }).collect()
    } else {
        kept.filter(|k| !k.0).map(|k| k.1).collect()
    }
}

fn normalise(op: &str, axes: &[isize], shape: &[usize]) -> Result<Vec<usize>> {
    let ndim = shape.len() as isize;
    let mut out = Vec::with_capacity(axes.len());
    for &axis in axes {
        if axis < -ndim || axis >= ndim {
            return Err(Error::new(
                ErrorKind::Axis,
                format!("{op}: axis {axis} is out of bounds for array of dimension {ndim}"),
            ));
        }
        let axis = axis.rem_euclid(ndim) as usize;
        if out.contains(&axis) {
            return Err(Error::new(ErrorKind::Value, format!("{op}: duplicate value in 'axis': {axis}")));
        }
        out.push(axis);
    }
    out.sort_unstable();
    Ok(out)
}

fn permutation(axes: &[isize], shape: &[usize]) -> Result<Vec<isize>> {
    if normalise("transpose", axes, shape)?.len() != shape.len() {
        return Err(Error::new(ErrorKind::Value, "transpose: axes don't match array"));
    }
    Ok(axes.iter().map(|a| a.rem_euclid(shape.len() as isize)).collect())
}
