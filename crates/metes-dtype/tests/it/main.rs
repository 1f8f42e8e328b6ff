//! Tests of kinds, promotion and casting, most of them against NumPy's complete tables in `numpy.txt`.

mod casting;
mod facts;
mod kinds;
mod promotion;
mod spec;
