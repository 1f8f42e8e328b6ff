//! The ways to estimate a quantile from a sample: where it lies among the sorted values, and how neighbours are weighed.
//!
//! The first nine are those of Hyndman and Fan, Sample Quantiles in Statistical Packages, The American Statistician 50
//! (1996).

/// A way to estimate a quantile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Hyndman and Fan's first.
    InvertedCdf,
    /// Their second.
    AveragedInvertedCdf,
    /// Their third.
    ClosestObservation,
    /// Their fourth.
    InterpolatedInvertedCdf,
    /// Their fifth.
    Hazen,
    /// Their sixth.
    Weibull,
    /// Their seventh: linear between the values, the first at 0 and the last at 1.
    Linear,
    /// Their eighth.
    MedianUnbiased,
    /// Their ninth.
    NormalUnbiased,
    /// The value below.
    Lower,
    /// The value above.
    Higher,
    /// Between the two.
    Midpoint,
    /// The nearer one; of two as near, that at an even place.
    Nearest,
}

/// Where a quantile lies: between the values at two places of the sorted ones, so far from the first to the second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Between {
    pub low: usize,
    pub high: usize,
    pub gamma: f64,
}

const NAMES: &[(&str, Method)] = &[
    ("inverted_cdf", Method::InvertedCdf),
    ("averaged_inverted_cdf", Method::AveragedInvertedCdf),
    ("closest_observation", Method::ClosestObservation),
    ("interpolated_inverted_cdf", Method::InterpolatedInvertedCdf),
    ("hazen", Method::Hazen),
    ("weibull", Method::Weibull),
    ("linear", Method::Linear),
    ("median_unbiased", Method::MedianUnbiased),
    ("normal_unbiased", Method::NormalUnbiased),
    ("lower", Method::Lower),
    ("higher", Method::Higher),
    ("midpoint", Method::Midpoint),
    ("nearest", Method::Nearest),
];

impl Method {
    /// The method of this name.
    ///
    /// ```
    /// use metes::statistics::Method;
    /// assert_eq!(Method::from_name("weibull"), Some(Method::Weibull));
    /// ```
    pub fn from_name(name: &str) -> Option<Method> {
        NAMES.iter().find(|(n, _)| *n == name).map(|(_, method)| *method)
    }

    /// Whether the result is always one of the values.
    pub fn is_discrete(self) -> bool {
        use Method::*;
        matches!(self, InvertedCdf | ClosestObservation | Lower | Higher | Nearest)
    }

    /// Where quantile `q` of `n` values, at least one, lies.
    pub(super) fn place(self, n: usize, q: f64) -> Between {
        let count = n as f64;
        let spread = |alpha: f64, beta: f64| count * q + (alpha + q * (1.0 - alpha - beta)) - 1.0;
        let linear = (count - 1.0) * q;
        let index = match self {
            Method::InvertedCdf => return self.one(count * q - 1.0, n, |gamma, _| gamma == 0.0),
            Method::ClosestObservation => {
                return self.one(count * q - 1.5, n, |gamma, index| gamma == 0.0 && index.rem_euclid(2.0) == 1.0);
            }
            Method::Lower => return one_place(linear.floor(), n),
            Method::Higher => return one_place(linear.ceil(), n),
            Method::Nearest => return one_place(linear.round_ties_even(), n),
            Method::AveragedInvertedCdf => count * q - 1.0,
            Method::InterpolatedInvertedCdf => spread(0.0, 1.0),
            Method::Hazen => spread(0.5, 0.5),
            Method::Weibull => spread(0.0, 0.0),
            Method::MedianUnbiased => spread(1.0 / 3.0, 1.0 / 3.0),
            Method::NormalUnbiased => spread(3.0 / 8.0, 3.0 / 8.0),
            Method::Linear => linear,
            Method::Midpoint => 0.5 * (linear.floor() + linear.ceil()),
        };
        if index >= count - 1.0 {
            return one_place(count - 1.0, n);
        }
        if index < 0.0 {
            return one_place(0.0, n);
        }
        let low = index.floor();
        let gamma = match self {
            Method::AveragedInvertedCdf => {
                if index == low {
                    0.5
                } else {
                    1.0
                }
            }
            Method::Midpoint => {
                if linear.fract() == 0.0 {
                    0.0
                } else {
                    0.5
                }
            }
            _ => index - low,
        };
        if gamma == 0.0 {
            return one_place(low, n);
        }
        Between { low: low as usize, high: low as usize + 1, gamma }
    }

    fn one(self, index: f64, n: usize, stays: impl Fn(f64, f64) -> bool) -> Between {
        let low = index.floor();
        one_place(if stays(index - low, low) { low } else { low + 1.0 }, n)
    }
}

fn one_place(index: f64, n: usize) -> Between {
    let place = index.clamp(0.0, n as f64 - 1.0) as usize;
    Between { low: place, high: place, gamma: 0.0 }
}
