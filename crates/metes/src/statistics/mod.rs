//! Statistics: averages, order statistics, histograms, covariances. Each takes blocks of its operands at a time; what is
//! made beside the result is said where it is more than that.

mod average;
mod blocks;
mod counting;
mod covariance;
mod edges;
mod histogram;
mod methods;
mod missing;
mod quantile;
mod ranks;
mod spans;

pub(crate) use blocks::{dense, each_block};

pub use average::{Average, average, ptp, variance_about};
pub use counting::{bincount, digitize};
pub use covariance::{Weights, corrcoef, cov};
pub use edges::{Bins, bin_edges};
pub use histogram::{histogram, histogramdd};
pub use methods::Method;
pub use missing::reduce_present;
pub use quantile::{QuantileOptions, median, quantile};
