//! What one element is: the list of kinds, their sizes and names, promotion and casting rules.
//!
//! No dependencies and no unsafe code: answers are values, `Option`s and words; callers make the errors. Left out:
//! elements that are Python objects.
#![forbid(unsafe_code)]

mod calendar;
mod casting;
mod describe;
mod dtype;
mod facts;
mod half;
mod kinds;
mod parse;
mod promote;
mod record;
mod time;

pub use calendar::{Moment, NAT, names_zone, parse_moment};
pub use casting::{Casting, can_cast, strictest};
pub use describe::quoted;
pub use dtype::{ByteOrder, DType, Form, MAX_ITEMSIZE};
pub use facts::FloatInfo;
pub use half::for_half;
pub use kinds::{Category, Kind};
pub use promote::{Weak, promote, promote_weak, weakly};
pub use record::{Field, Record, Sub, Wanted, repacked};
pub use time::{Time, Unit};
