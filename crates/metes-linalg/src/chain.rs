//! Products of several matrices, in the order with the fewest operations.

use crate::stacks::{ProductOptions, matmul};
use metes_array::{Array, Order, meet_all, shape_text};
use metes_memory::{Error, ErrorKind, Result};

/// The product of two or more matrices; the first and the last may be vectors.
///
/// # Errors
/// Fewer than two arrays, other numbers of axes, shapes that do not match, an `out` that does not fit, refused memory.
pub fn multi_dot(arrays: &[Array], out: Option<Array>) -> Result<Array> {
    let value = |text: String| Error::new(ErrorKind::Value, format!("multi_dot: {text}"));
    let n = arrays.len();
    if n < 2 {
        return Err(value("Expecting at least two arrays.".into()));
    }
    if let [a, b] = arrays {
        return crate::products::dot(a, b, out.as_ref());
    }
    let edge = |i: usize| i == 0 || i == n - 1;
    if let Some((i, array)) = arrays.iter().enumerate().find(|(i, x)| x.ndim() != 2 && !(x.ndim() == 1 && edge(*i))) {
        let text = format!("{}-dimensional array given. Array {i} must be two-dimensional", array.ndim());
        return Err(Error::new(ErrorKind::LinAlg, text));
    }
    let mut dims: Vec<usize> = vec![if arrays[0].ndim() == 1 { 1 } else { arrays[0].shape()[0] }];
    for (i, array) in arrays.iter().enumerate() {
        let (rows, columns) = match (array.shape(), i) {
            ([k], 0) => (1, *k),
            ([k], _) => (*k, 1),
            ([m, k], _) => (*m, *k),
            _ => (1, 1),
        };
        if rows != dims[i] {
            let shapes: Vec<String> = arrays.iter().map(|x| shape_text(x.shape())).collect();
            return Err(value(format!("shapes {} not aligned", shapes.join(" "))));
        }
        dims.push(columns);
    }
    let dtype = meet_all(arrays.iter().map(Array::dtype))?;
    if let (Some(out), Some(dtype)) = (&out, dtype)
        && out.dtype() != dtype
    {
        return Err(value(format!("out has dtype {}, the result {dtype}", out.dtype())));
    }
    let splits = order(&dims);
    multiply(arrays, &splits, 0, n - 1, out)
}

/// Where to cut each chain `i..=j` (Cormen, Leiserson, Rivest, Stein: matrix-chain order).
fn order(dims: &[usize]) -> Vec<Vec<usize>> {
    let n = dims.len() - 1;
    let (mut cost, mut split) = (vec![vec![0.0_f64; n]; n], vec![vec![0; n]; n]);
    for length in 1..n {
        for i in 0..n - length {
            let j = i + length;
            cost[i][j] = f64::INFINITY;
            for k in i..j {
                let own = dims[i] as f64 * dims[k + 1] as f64 * dims[j + 1] as f64;
                let all = cost[i][k] + cost[k + 1][j] + own;
                if all < cost[i][j] {
                    (cost[i][j], split[i][j]) = (all, k);
                }
            }
        }
    }
    split
}

fn multiply(arrays: &[Array], split: &[Vec<usize>], i: usize, j: usize, out: Option<Array>) -> Result<Array> {
    if i == j {
        return Ok(arrays[i].clone());
    }
    let k = split[i][j];
    let left = multiply(arrays, split, i, k, None)?;
    let right = multiply(arrays, split, k + 1, j, None)?;
    matmul(&left, &right, &ProductOptions { out, ..Default::default() })
}

/// A square matrix, or a stack of them, to the power `n`, at least 1.
///
/// # Errors
/// Matrices that are not square, refused memory.
pub(crate) fn power(a: &Array, n: u64) -> Result<Array> {
    let times = |x: &Array, y: &Array| matmul(x, y, &ProductOptions::default());
    let (mut square, mut result, mut left) = (a.clone(), None, n);
    loop {
        if left & 1 == 1 {
            result = Some(match result {
                None => square.clone(),
                Some(so_far) => times(&so_far, &square)?,
            });
        }
        left >>= 1;
        match result {
            Some(result) if left == 0 => return if n == 1 { result.copy(Order::K) } else { Ok(result) },
            _ => square = times(&square, &square)?,
        }
    }
}
