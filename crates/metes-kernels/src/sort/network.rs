//! Sorting networks: rows of vectors sorted down their columns, then columns merged with each other.
//!
//! After the first step each column is in order. Two columns (then two pairs, then two fours) make one: the second is
//! turned around, so that comparing both row by row leaves the smaller half in one and the larger half in the other, and
//! each half is settled by comparing lanes, then rows, at falling distances.

use super::vector::{Key, Vector};

/// Pairs of rows to compare, one after the other, that sort so many rows.
const OF_4: &[(usize, usize)] = &[(0, 2), (1, 3), (0, 1), (2, 3), (1, 2)];
const OF_8: &[(usize, usize)] = &[
    (0, 2),
    (1, 3),
    (4, 6),
    (5, 7),
    (0, 4),
    (1, 5),
    (2, 6),
    (3, 7),
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 7),
    (2, 4),
    (3, 5),
    (1, 4),
    (3, 6),
    (1, 2),
    (3, 4),
    (5, 6),
];
const OF_16: &[(usize, usize)] = &[
    (0, 13),
    (1, 12),
    (2, 15),
    (3, 14),
    (4, 8),
    (5, 6),
    (7, 11),
    (9, 10),
    (0, 5),
    (1, 7),
    (2, 9),
    (3, 4),
    (6, 13),
    (8, 14),
    (10, 15),
    (11, 12),
    (0, 1),
    (2, 3),
    (4, 5),
    (6, 8),
    (7, 9),
    (10, 11),
    (12, 13),
    (14, 15),
    (0, 2),
    (1, 3),
    (4, 10),
    (5, 11),
    (6, 7),
    (8, 9),
    (12, 14),
    (13, 15),
    (1, 2),
    (3, 12),
    (4, 6),
    (5, 7),
    (8, 10),
    (9, 11),
    (13, 14),
    (1, 4),
    (2, 6),
    (5, 8),
    (7, 10),
    (9, 13),
    (11, 14),
    (2, 4),
    (3, 6),
    (9, 12),
    (11, 13),
    (3, 5),
    (6, 8),
    (7, 9),
    (10, 12),
    (3, 4),
    (5, 6),
    (7, 8),
    (9, 10),
    (11, 12),
    (6, 7),
    (8, 9),
];

const fn pairs(rows: usize) -> &'static [(usize, usize)] {
    match rows {
        4 => OF_4,
        8 => OF_8,
        _ => OF_16,
    }
}

#[inline(always)]
fn compare<V: Vector, const ROWS: usize>(rows: &mut [V; ROWS], a: usize, b: usize) {
    (rows[a], rows[b]) = rows[a].sort(rows[b]);
}

/// Sorts each column.
#[inline(always)]
pub(super) fn columns<V: Vector, const ROWS: usize>(rows: &mut [V; ROWS]) {
    macro_rules! unroll {
        ($($i:literal)*) => {$(
            if $i < pairs(ROWS).len() {
                let (a, b) = pairs(ROWS)[$i];
                compare(rows, a, b);
            }
        )*};
    }
    unroll! {
        0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29
        30 31 32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59
    }
}

/// The same for each row, written out: as a loop it would keep the rows in memory.
macro_rules! each_row {
    ($rows:expr, $i:ident, $body:expr) => {
        each_row!($rows, $i, $body, 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15)
    };
    ($rows:expr, $i:ident, $body:expr, $($at:literal)*) => {$(
        if $at < $rows {
            let $i = $at;
            $body
        }
    )*};
}

#[inline(always)]
fn compare_at<V: Vector, const ROWS: usize, const DISTANCE: usize>(rows: &mut [V; ROWS]) {
    each_row!(
        ROWS,
        i,
        if i & DISTANCE == 0 && i + DISTANCE < ROWS {
            compare(rows, i, i + DISTANCE)
        }
    );
}

/// Compares rows at falling distances, so that columns whose halves are apart are sorted.
#[inline(always)]
fn settle<V: Vector, const ROWS: usize>(rows: &mut [V; ROWS]) {
    compare_at::<V, ROWS, 8>(rows);
    compare_at::<V, ROWS, 4>(rows);
    compare_at::<V, ROWS, 2>(rows);
    compare_at::<V, ROWS, 1>(rows);
}

/// Compares lanes at a distance in each row.
#[inline(always)]
fn lanes<V: Vector, const ROWS: usize, const DISTANCE: usize>(rows: &mut [V; ROWS]) {
    each_row!(ROWS, i, {
        let (low, high) = rows[i].sort(rows[i].exchange::<DISTANCE>());
        rows[i] = low.join::<DISTANCE>(high);
    });
}

/// Compares the columns of each group's first half with those of its second half, turned around.
#[inline(always)]
fn meet<V: Vector, const ROWS: usize, const GROUP: usize, const HALF: usize>(rows: &mut [V; ROWS]) {
    each_row!(ROWS / 2, i, {
        let (low, high) = rows[i].sort(rows[ROWS - 1 - i].reverse::<GROUP>());
        rows[i] = low.join::<HALF>(high);
        rows[ROWS - 1 - i] = high.join::<HALF>(low).reverse::<GROUP>();
    });
}

/// Sorts all keys, down the columns one after the other.
#[inline(always)]
fn sort_rows<V: Vector, const ROWS: usize>(rows: &mut [V; ROWS]) {
    columns(rows);
    meet::<V, ROWS, 2, 1>(rows);
    settle(rows);
    meet::<V, ROWS, 4, 2>(rows);
    lanes::<V, ROWS, 1>(rows);
    settle(rows);
    if V::LANES == 8 {
        meet::<V, ROWS, 8, 4>(rows);
        lanes::<V, ROWS, 2>(rows);
        lanes::<V, ROWS, 1>(rows);
        settle(rows);
    }
}

/// Sorts up to `ROWS` vectors of keys, of which `FULL` are there.
///
/// # Safety
/// The processor has the registers. There are at least `FULL * V::LANES` keys and at most `ROWS * V::LANES`.
#[inline(always)]
unsafe fn sort_within<V: Vector, const ROWS: usize, const FULL: usize>(keys: &mut [V::Key]) {
    let (n, x) = (keys.len(), keys.as_mut_ptr());
    // SAFETY: the caller's promise; keys that are there, or none.
    let mut rows = unsafe { [V::splat(V::Key::MOST); ROWS] };
    each_row!(ROWS, i, {
        let at = i * V::LANES;
        // SAFETY: as above.
        rows[i] = unsafe {
            if i < FULL { V::load(x.add(at)) } else { V::load_some(n.saturating_sub(at), x.wrapping_add(at)) }
        };
    });
    sort_rows(&mut rows);
    each_row!(ROWS / V::LANES, i, {
        let mut square = [rows[0]; 8];
        each_row!(V::LANES, j, square[j] = rows[i * V::LANES + j], 0 1 2 3 4 5 6 7);
        square = V::transpose(square);
        each_row!(V::LANES, j, rows[i * V::LANES + j] = square[j], 0 1 2 3 4 5 6 7);
    });
    // Each column now lies in some vectors, one after the other; what is beyond the keys are the largest of all.
    each_row!(ROWS, i, {
        let (lane, part) = (i / (ROWS / V::LANES), i % (ROWS / V::LANES));
        let (at, sorted) = (i * V::LANES, rows[part * V::LANES + lane]);
        if at + V::LANES > n {
            let mut room = [V::Key::MOST; 8];
            // SAFETY: the room has all lanes; only those below `n` are copied to the keys.
            unsafe {
                sorted.store(room.as_mut_ptr());
                std::ptr::copy_nonoverlapping(room.as_ptr(), x.wrapping_add(at), n.saturating_sub(at));
            }
            return;
        }
        // SAFETY: within the keys.
        unsafe { sorted.store(x.add(at)) };
    });
}

/// The most keys that a network sorts.
pub(super) const fn most<V: Vector>() -> usize {
    16 * V::LANES
}

/// Sorts at most [`most`] keys.
///
/// # Safety
/// The processor has the registers.
#[inline(always)]
pub(super) unsafe fn sort<V: Vector>(keys: &mut [V::Key]) {
    debug_assert!(keys.len() <= most::<V>());
    // SAFETY: the caller's promise, and the sizes that are asked for.
    unsafe {
        match keys.len() {
            n if n <= 4 * V::LANES && V::LANES == 4 => sort_within::<V, 4, 0>(keys),
            n if n <= 8 * V::LANES => sort_within::<V, 8, 0>(keys),
            _ => sort_within::<V, 16, 8>(keys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What sorts all zeros and ones sorts everything.
    #[test]
    fn networks_sort_columns() {
        fn check<const ROWS: usize>() {
            for set in 0..1_i64 << ROWS {
                let mut rows: [[i64; 4]; ROWS] = std::array::from_fn(|i| [set >> i & 1; 4]);
                columns(&mut rows);
                assert!(rows.is_sorted(), "{set:b}");
            }
        }
        check::<4>();
        check::<8>();
        check::<16>();
    }
}
