//! Differences, slopes, areas, interpolation and convolution. Nothing of the operands' size is made but the result.

mod convolve;
mod differences;
mod gradient;
mod interp;

pub use convolve::{Mode, convolve, correlate};
pub use differences::{diff, ediff1d, trapezoid};
pub use gradient::{Spacing, gradient};
pub use interp::{Interpolation, interp};
