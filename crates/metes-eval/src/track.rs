//! [`Track`]: which rows of a viewed source belong to which rows of its file.
//!
//! A source is read front to back along its first axis. After slices, transposes and reshapes that axis is another
//! one, with other steps; a track says which, and maps a boundary between two rows of the file to the boundary
//! between two rows of the view, where there is one. Left out: views that run against the file (negative steps) or
//! mix its rows (a transposed axis reshaped into another); they are refused with the reason.

use crate::view::View;
use metes_array::{Index, shape_text};
use metes_memory::{Error, ErrorKind, Result};

/// How the streamed axis of a view follows the rows of its file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Track {
    /// Rows of the file.
    pub rows: usize,
    /// The streamed axis of the view.
    pub axis: usize,
    stages: Vec<Stage>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Stage {
    /// Every `step`-th row from `start`, `len` in all.
    Slice { start: usize, step: usize, len: usize },
    /// `by` rows become one.
    Split { by: usize },
    /// One row becomes `by`.
    Merge { by: usize },
}

impl Stage {
    fn boundary(&self, row: usize) -> Option<usize> {
        match *self {
            Stage::Slice { start, step, len } => Some(row.saturating_sub(start).div_ceil(step).min(len)),
            Stage::Split { by } => row.is_multiple_of(by).then(|| row / by),
            Stage::Merge { by } => Some(row * by),
        }
    }
}

impl Track {
    /// A source seen directly.
    pub(crate) fn rows(rows: usize) -> Track {
        Track { rows, axis: 0, stages: Vec::new() }
    }

    /// The boundary of the view at a boundary of the file; `None` where one row of the view lies across it.
    pub(crate) fn boundary(&self, row: usize) -> Option<usize> {
        self.stages.iter().try_fold(row, |row, stage| stage.boundary(row))
    }

    /// After how many rows of the file the pattern of boundaries repeats.
    pub(crate) fn period(&self) -> usize {
        self.stages.iter().fold(1, |period: usize, stage| match *stage {
            Stage::Slice { step, .. } => period.saturating_mul(step),
            Stage::Split { by } => period.saturating_mul(by),
            Stage::Merge { .. } => period,
        })
    }

    /// The same with `new` axes in front.
    pub(crate) fn shifted(&self, new: usize) -> Track {
        Track { axis: self.axis + new, ..self.clone() }
    }

    fn staged(&self, axis: usize, stage: Option<Stage>) -> Track {
        let mut stages = self.stages.clone();
        stages.extend(stage);
        Track { rows: self.rows, axis, stages }
    }

    /// The track of a view of what this is the track of.
    pub(crate) fn through(&self, view: &View, from: &[usize], to: &[usize]) -> Result<Track> {
        match view {
            View::Transpose(axes) => {
                let axis = axes.iter().position(|&a| a as usize == self.axis).expect("a permutation has every axis");
                Ok(self.staged(axis, None))
            }
            // What would stretch the streamed axis is held before.
            View::BroadcastTo(shape) => Ok(self.shifted(shape.len() - from.len())),
            View::Reshape(_) => self.reshaped(from, to),
            View::Index(index) => self.indexed(index, from, to),
            View::Windows(windows) if windows.iter().any(|window| window.0 == self.axis) => {
                Err(refuse("sliding_window_view", "goes across the parts in which the file is read", from, to))
            }
            View::Windows(_) => Ok(self.staged(self.axis, None)),
        }
    }

    fn reshaped(&self, from: &[usize], to: &[usize]) -> Result<Track> {
        let rows = from[self.axis];
        let before: usize = from[..self.axis].iter().product();
        let mut product = 1usize;
        let mut best: Option<(u8, Track)> = None;
        for (axis, &len) in to.iter().enumerate() {
            if product == before && len > 0 && rows > 0 {
                let found = if len == rows {
                    Some((0, None))
                } else if rows.is_multiple_of(len) {
                    Some((if len > 1 { 1 } else { 3 }, Some(Stage::Split { by: rows / len })))
                } else if len.is_multiple_of(rows) {
                    Some((2, Some(Stage::Merge { by: len / rows })))
                } else {
                    None
                };
                if let Some((rank, stage)) = found
                    && best.as_ref().is_none_or(|b| rank < b.0)
                {
                    best = Some((rank, self.staged(axis, stage)));
                }
            }
            product = product.saturating_mul(len);
        }
        best.map(|b| b.1).ok_or_else(|| refuse("reshape", "mixes rows of the file", from, to))
    }

    fn indexed(&self, index: &[Index], from: &[usize], to: &[usize]) -> Result<Track> {
        let mut new_axis = 0;
        for (item, axis) in per_axis(index, from.len()) {
            let Some(axis) = axis else {
                new_axis += 1;
                continue;
            };
            if axis == self.axis {
                return match item {
                    None => Ok(self.staged(new_axis, None)),
                    Some(Index::Slice { start, stop, step }) => {
                        let (start, step, len) = metes_array::slice_indices(*start, *stop, *step, from[axis])?;
                        if step < 0 && len > 1 {
                            return Err(refuse("slice", "with a negative step runs against the file", from, to));
                        }
                        let stage = Stage::Slice { start: start.max(0) as usize, step: step.unsigned_abs(), len };
                        Ok(self.staged(new_axis, Some(stage)))
                    }
                    Some(_) => unreachable!("picked rows are held"),
                };
            }
            if !matches!(item, Some(Index::At(_))) {
                new_axis += 1;
            }
        }
        unreachable!("every axis is visited")
    }

    /// Whether the index takes a single row of the streamed axis.
    pub(crate) fn picks(&self, shape: &[usize], index: &[Index]) -> bool {
        per_axis(index, shape.len())
            .iter()
            .any(|(item, axis)| *axis == Some(self.axis) && matches!(item, Some(Index::At(_))))
    }

    /// An index that picks a row, as one that slices that row alone and one that then drops the axis.
    pub(crate) fn split_pick(&self, shape: &[usize], index: &[Index]) -> Result<(Vec<Index>, Vec<Index>)> {
        let (mut slice, mut rest) = (Vec::new(), Vec::new());
        let all = Index::Slice { start: None, stop: None, step: None };
        for (item, axis) in per_axis(index, shape.len()) {
            match (item, axis) {
                (Some(Index::At(at)), Some(axis)) if axis == self.axis => {
                    let len = shape[axis] as isize;
                    let at = if *at < 0 { at + len } else { *at };
                    slice.push(Index::Slice { start: Some(at), stop: Some(at + 1), step: None });
                    rest.push(Index::At(0));
                }
                (item, Some(_)) => {
                    slice.push(all.clone());
                    rest.push(item.cloned().unwrap_or_else(|| all.clone()));
                }
                (_, None) => rest.push(Index::NewAxis),
            }
        }
        Ok((slice, rest))
    }
}

/// The index with every axis written out and no ellipsis, as views of streamed leaves keep it.
pub(crate) fn written_out(index: &[Index], ndim: usize) -> Vec<Index> {
    let all = Index::Slice { start: None, stop: None, step: None };
    per_axis(index, ndim).into_iter().map(|(item, _)| item.cloned().unwrap_or_else(|| all.clone())).collect()
}

/// Each item of an index with the axis that it applies to (`None`: a new axis); axes without an item have `None`.
fn per_axis(index: &[Index], ndim: usize) -> Vec<(Option<&Index>, Option<usize>)> {
    let used = index.iter().filter(|i| matches!(i, Index::At(_) | Index::Slice { .. })).count();
    let mut axes = 0..ndim;
    let mut out = Vec::new();
    for item in index {
        match item {
            Index::NewAxis => out.push((Some(item), None)),
            Index::Ellipsis => out.extend(axes.by_ref().take(ndim - used).map(|a| (None, Some(a)))),
            _ => out.push((Some(item), axes.next())),
        }
    }
    out.extend(axes.map(|a| (None, Some(a))));
    out
}

fn refuse(op: &str, why: &str, from: &[usize], to: &[usize]) -> Error {
    Error::new(
        ErrorKind::Unsupported,
        format!("{op} of a lazy array from shape {} to {} {why}; compute() it first", shape_text(from), shape_text(to)),
    )
}

impl View {
    /// The same view for one part of the streamed rows: `from` and `to` are the tracks before and after the view,
    /// the part lies between the boundaries `lo` and `hi` of the file. `None` where the part has no row of the view.
    pub(crate) fn of_part(&self, from: &Track, to: &Track, lo: usize, hi: usize) -> Option<View> {
        let (first, end) = (to.boundary(lo)?, to.boundary(hi)?);
        let count = end.checked_sub(first).filter(|&n| n > 0)?;
        let with_rows = |shape: &metes_array::Dims| {
            let mut shape = shape.clone();
            shape[to.axis] = count;
            shape
        };
        Some(match self {
            View::Transpose(_) | View::Windows(_) => self.clone(),
            View::Reshape(shape) => View::Reshape(with_rows(shape)),
            View::BroadcastTo(shape) => View::BroadcastTo(with_rows(shape)),
            View::Index(index) => View::Index(part_index(index, from, to, lo, first, count)),
        })
    }
}

fn part_index(index: &[Index], from: &Track, to: &Track, lo: usize, first: usize, count: usize) -> Vec<Index> {
    let Some(Stage::Slice { start, step, .. }) = to.stages.get(from.stages.len()) else {
        return index.to_vec();
    };
    let begin = (start + first * step - from.boundary(lo).unwrap_or(0)) as isize;
    let stop = begin + ((count - 1) * step + 1) as isize;
    let mut axis = 0;
    let mut out = index.to_vec();
    for item in &mut out {
        match item {
            Index::NewAxis => continue,
            Index::Slice { .. } if axis == from.axis => {
                *item = Index::Slice { start: Some(begin), stop: Some(stop), step: Some(*step as isize) };
            }
            _ => {}
        }
        axis += 1;
    }
    out
}
