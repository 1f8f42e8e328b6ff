//! Views that permute, drop, add or reinterpret axes.

use crate::layout::{Dims, Layout, Strides, shape_text};
use crate::{Array, Index, MAX_NDIM};
use metes_dtype::{Category, DType, Form, Kind};
use metes_memory::{Error, ErrorKind, Result};

fn value(message: String) -> Error {
    Error::new(ErrorKind::Value, message)
}

fn repeated(axes: &[usize]) -> bool {
    (1..axes.len()).any(|i| axes[..i].contains(&axes[i]))
}

impl Array {
    /// An axis counted from the end where negative.
    ///
    /// # Errors
    /// [`ErrorKind::Axis`].
    pub fn axis(&self, axis: isize) -> Result<usize> {
        let ndim = self.ndim() as isize;
        if axis < -ndim || axis >= ndim {
            let message = format!("axis {axis} is out of bounds for array of dimension {ndim}");
            return Err(Error::new(ErrorKind::Axis, message));
        }
        Ok(axis.rem_euclid(ndim.max(1)) as usize)
    }

    fn permuted(&self, axes: &[usize]) -> Array {
        let shape: Dims = axes.iter().map(|&a| self.shape()[a]).collect();
        let strides: Strides = axes.iter().map(|&a| self.strides()[a]).collect();
        self.with_layout(Layout::derived(&shape, &strides, self.layout().offset()))
    }

    /// A view with the axes in reverse order.
    #[inline]
    pub fn reversed(&self) -> Array {
        self.with_layout(self.layout().reversed())
    }

    /// A view with the axes in another order, reversed by default.
    pub fn transpose(&self, axes: Option<&[isize]>) -> Result<Array> {
        let Some(axes) = axes else { return Ok(self.reversed()) };
        if axes.len() != self.ndim() {
            return Err(value("axes don't match array".to_owned()));
        }
        let axes: Vec<usize> = axes.iter().map(|&a| self.axis(a)).collect::<Result<_>>()?;
        if repeated(&axes) {
            return Err(value("repeated axis in transpose".to_owned()));
        }
        Ok(self.permuted(&axes))
    }

    /// A view with two axes exchanged.
    pub fn swapaxes(&self, a: isize, b: isize) -> Result<Array> {
        let mut axes: Vec<usize> = (0..self.ndim()).collect();
        axes.swap(self.axis(a)?, self.axis(b)?);
        Ok(self.permuted(&axes))
    }

    /// A view with some axes moved to new places, the others kept in order.
    pub fn moveaxis(&self, from: &[isize], to: &[isize]) -> Result<Array> {
        if from.len() != to.len() {
            return Err(value("`source` and `destination` arguments must have the same number of elements".to_owned()));
        }
        let from: Vec<usize> = from.iter().map(|&a| self.axis(a)).collect::<Result<_>>()?;
        let to: Vec<usize> = to.iter().map(|&a| self.axis(a)).collect::<Result<_>>()?;
        if repeated(&from) || repeated(&to) {
            return Err(value("repeated axis in moveaxis".to_owned()));
        }
        let mut axes: Vec<usize> = (0..self.ndim()).filter(|a| !from.contains(a)).collect();
        let mut pairs: Vec<(usize, usize)> = to.into_iter().zip(from).collect();
        pairs.sort_unstable();
        pairs.into_iter().for_each(|(to, from)| axes.insert(to, from));
        Ok(self.permuted(&axes))
    }

    /// A view without axes of length 1: the named ones, or all.
    pub fn squeeze(&self, axes: Option<&[isize]>) -> Result<Array> {
        let drop: Vec<usize> = match axes {
            Some(axes) => axes.iter().map(|&a| self.axis(a)).collect::<Result<_>>()?,
            None => (0..self.ndim()).filter(|&a| self.shape()[a] == 1).collect(),
        };
        if repeated(&drop) {
            return Err(value("duplicate value in 'axis'".to_owned()));
        }
        if let Some(&axis) = drop.iter().find(|&&a| self.shape()[a] != 1) {
            let shape = shape_text(self.shape());
            return Err(value(format!(
                "cannot select an axis to squeeze out which has size not equal to one: axis {axis} of shape {shape}"
            )));
        }
        Ok(self.permuted(&(0..self.ndim()).filter(|a| !drop.contains(a)).collect::<Vec<_>>()))
    }

    /// A view with new axes of length 1 at these places of the result.
    pub fn expand_dims(&self, axes: &[isize]) -> Result<Array> {
        if axes.len() > MAX_NDIM {
            let message = format!("expand_dims: {} new axes, an array has at most {MAX_NDIM}", axes.len());
            return Err(value(message));
        }
        let ndim = (self.ndim() + axes.len()) as isize;
        let mut index = vec![Index::Slice { start: None, stop: None, step: None }; ndim as usize];
        for &axis in axes {
            if axis < -ndim || axis >= ndim {
                let message = format!("axis {axis} is out of bounds for array of dimension {ndim}");
                return Err(Error::new(ErrorKind::Axis, message));
            }
            let place = &mut index[axis.rem_euclid(ndim) as usize];
            if *place == Index::NewAxis {
                return Err(value("repeated axis in expand_dims".to_owned()));
            }
            *place = Index::NewAxis;
        }
        self.index(&index)
    }

    /// A view with the order of elements reversed along these axes, all by default.
    pub fn flip(&self, axes: Option<&[isize]>) -> Result<Array> {
        let mut index = vec![Index::Slice { start: None, stop: None, step: None }; self.ndim()];
        let axes: Vec<usize> = match axes {
            Some(axes) => axes.iter().map(|&a| self.axis(a)).collect::<Result<_>>()?,
            None => (0..self.ndim()).collect(),
        };
        if repeated(&axes) {
            return Err(value("repeated axis".to_owned()));
        }
        for axis in axes {
            index[axis] = Index::Slice { start: None, stop: None, step: Some(-1) };
        }
        self.index(&index)
    }

    /// A read-only view of the diagonal of two axes, as the last axis.
    pub fn diagonal(&self, offset: isize, axis1: isize, axis2: isize) -> Result<Array> {
        if self.ndim() < 2 {
            return Err(value("diag requires an array of at least two dimensions".to_owned()));
        }
        let (a, b) = (self.axis(axis1)?, self.axis(axis2)?);
        if a == b {
            return Err(value("axis1 and axis2 cannot be the same".to_owned()));
        }
        let (down, right) = (offset.min(0).unsigned_abs(), offset.max(0) as usize);
        let len = self.shape()[a].saturating_sub(down).min(self.shape()[b].saturating_sub(right));
        let keep: Vec<usize> = (0..self.ndim()).filter(|&x| x != a && x != b).collect();
        let mut shape: Dims = keep.iter().map(|&x| self.shape()[x]).collect();
        let mut strides: Strides = keep.iter().map(|&x| self.strides()[x]).collect();
        shape.push(len);
        strides.push(self.strides()[a].wrapping_add(self.strides()[b]));
        let far = |steps: usize, axis: usize| (steps as isize).wrapping_mul(self.strides()[axis]);
        let skip = far(down, a).wrapping_add(far(right, b));
        let start = if shape.contains(&0) { 0 } else { skip };
        let offset = (self.layout().offset() as isize + start) as usize;
        Ok(self.with_layout(Layout::derived(&shape, &strides, offset)).read_only())
    }

    /// The real parts: a strided view of a complex array, the array itself otherwise.
    pub fn real(&self) -> Array {
        self.part(0).unwrap_or_else(|| self.clone())
    }

    /// The imaginary parts of a complex array as a strided view; read-only zeros for the others.
    pub fn imag(&self) -> Result<Array> {
        match self.part(1) {
            Some(part) => Ok(part),
            None => Ok(Array::zeros(self.shape(), self.dtype())?.read_only()),
        }
    }

    fn part(&self, which: usize) -> Option<Array> {
        let kind = match self.dtype().any_number()? {
            Kind::C64 => Kind::F32,
            Kind::C128 => Kind::F64,
            _ => return None,
        };
        let swapped = self.dtype().is_swapped() == Some(true);
        let dtype = if swapped { DType::from_form(Form::Swapped(kind)) } else { kind.into() };
        let layout = self.layout();
        let skip = if layout.size() == 0 { 0 } else { which * kind.size() };
        let layout = Layout::derived(layout.shape(), layout.strides(), layout.offset() + skip);
        Some(
            Array::new(self.buffer().clone(), dtype, layout, self.is_writeable())
                .expect("half of an element lies within it"),
        )
    }

    /// The same bytes as elements of another dtype. Another size needs a contiguous last axis that holds whole
    /// elements of it.
    pub fn view(&self, dtype: DType) -> Result<Array> {
        let (from, to) = (self.dtype().size(), dtype.size());
        let layout = self.layout();
        let (mut shape, mut strides) = (Dims::from(layout.shape()), Strides::from(layout.strides()));
        if from != to {
            let Some(last) = shape.len().checked_sub(1) else {
                return Err(value(format!(
                    "Changing the dtype of a 0d array is only supported if the itemsize is unchanged: {} to {dtype}",
                    self.dtype()
                )));
            };
            if shape[last] != 1 && layout.size() != 0 && strides[last] != from as isize {
                return Err(value(format!(
                    "To change to a dtype of a different size, the last axis must be contiguous: {} to {dtype}, strides {strides:?}",
                    self.dtype()
                )));
            }
            let bytes = shape[last] * from;
            if to != 0 && to < from && from % to != 0 {
                return Err(value(format!(
                    "When changing to a smaller dtype, its size must be a divisor of the size of original dtype: {} to {dtype}",
                    self.dtype()
                )));
            }
            if to == 0 || bytes % to != 0 {
                return Err(value(format!(
                    "When changing to a larger dtype, its size must be a divisor of the total size in bytes of the last axis of the array: {bytes} bytes, {dtype}"
                )));
            }
            shape[last] = bytes / to;
            strides[last] = to as isize;
        }
        let layout = Layout::new(&shape, &strides, layout.offset())?;
        Array::new(self.buffer().clone(), dtype, layout, self.is_writeable())
    }

    /// A view with any shape and strides, proved to stay within the bytes that this array touches; read-only where two of
    /// its elements share bytes, or where that is too hard to say.
    pub fn as_strided(&self, shape: &[usize], strides: &[isize]) -> Result<Array> {
        let layout = Layout::new(shape, strides, self.layout().offset())?;
        let own = self.extent();
        match layout.extent(self.dtype().size()) {
            Some(e) if e.is_empty() || e.start >= own.start && e.end <= own.end => {
                let view = Array::new(self.buffer().clone(), self.dtype(), layout, self.is_writeable())?;
                Ok(if view.self_overlaps() == Some(false) { view } else { view.read_only() })
            }
            _ => Err(value(format!(
                "as_strided: shape {} with strides {strides:?} reaches outside the {} bytes of the array",
                shape_text(shape),
                own.len()
            ))),
        }
    }

    /// Whether the dtype is complex.
    pub fn is_complex(&self) -> bool {
        self.dtype().category() == Category::Complex
    }
}
