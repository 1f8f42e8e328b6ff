//! The loops of a product: blocks of rows and terms, strips of columns, tiles of both.
//!
//! A block of rows is packed and stays in the second cache; each strip of columns meets all its tiles while it is in the
//! first. A tile's sums are in registers, and are added to the result when the block's terms are through. Meanwhile the
//! processor is asked for the tile's place in the result and for a share of the next strip, which lie in rows far apart.

use crate::DEPTH;
use crate::job::{Job, Part};
use crate::lanes::{Lanes, Real, ask};
use crate::pack;
use crate::tile::{Onto, Operands};
use std::mem::MaybeUninit;
use std::ops::Range;

/// The most bytes of packed rows, those of the tallest tile, and those of a packed strip.
pub(crate) const ROWS_BYTES: usize = 224 << 10;
pub(crate) const LEAST_BYTES: usize = 64 << 10;
pub(crate) const STRIP_BYTES: usize = WIDEST * DEPTH * 16;
/// The most rows and columns of a tile.
pub(crate) const TALLEST: usize = 48;
pub(crate) const WIDEST: usize = 8;
/// Where packed rows begin: at a line of the cache.
pub(crate) const LINE: usize = 64;
/// The fewest terms while which something can arrive that was asked for.
const LONG: usize = 64;
/// Numbers of the largest tile.
const TILE: usize = 384;

/// Computes a job. `V` registers lie along a tile, which has `N` columns.
///
/// # Safety
/// The elements of the job are valid, and the room has the bytes that it needs; the processor has the registers.
#[inline(always)]
pub(crate) unsafe fn run<L: Lanes, const V: usize, const N: usize, const COMPLEX: bool>(
    job: &Job<L::Real>,
    room: &mut [MaybeUninit<u8>],
) {
    let (tall, reals) = (V * L::LANES, 1 + COMPLEX as usize);
    const { assert!(V * L::LANES <= TALLEST && N <= WIDEST && V * L::LANES * N * (1 + COMPLEX as usize) <= TILE) };
    let depth = DEPTH.min(job.k);
    let row = depth * reals * size_of::<L::Real>();
    const { assert!(V * L::LANES * DEPTH * (1 + COMPLEX as usize) * size_of::<L::Real>() <= LEAST_BYTES) };
    let bytes = ROWS_BYTES.min(room.len().saturating_sub(LINE + N * row));
    let most = (bytes / row.max(1) / tall).max(1) * tall;
    let each = job.m.div_ceil(job.m.div_ceil(most)).next_multiple_of(tall);
    assert!((each + N) * row + LINE <= room.len(), "a product needs more room");
    let start = room.as_mut_ptr();
    let packed = start.wrapping_add(start.align_offset(LINE)).cast::<L::Real>();
    let strips = packed.wrapping_add(each * depth * reals);
    for first in (0..job.m).step_by(each) {
        let rows = first..job.m.min(first + each);
        let mut from = 0;
        loop {
            let terms = from..job.k.min(from + DEPTH);
            let block = Block { rows: rows.clone(), terms: terms.clone(), packed, add: job.add || from > 0 };
            // SAFETY: blocks are within the job, and the room has the bytes for one and for a strip.
            unsafe {
                pack::rows::<L, V, COMPLEX>(job, rows.clone(), terms.clone(), packed);
                columns::<L, V, N, COMPLEX>(job, &block, strips);
            }
            from = terms.end;
            if from == job.k {
                break;
            }
        }
    }
}

/// Rows and terms that are packed.
struct Block<R> {
    rows: Range<usize>,
    terms: Range<usize>,
    packed: *mut R,
    add: bool,
}

/// # Safety
/// As [`run`]; the block is packed.
#[inline(always)]
unsafe fn columns<L: Lanes, const V: usize, const N: usize, const COMPLEX: bool>(
    job: &Job<L::Real>,
    block: &Block<L::Real>,
    room: *mut L::Real,
) {
    let whole = match job.part {
        Part::Full => 0..job.n,
        Part::Lower => 0..job.n.min(block.rows.end),
        Part::Upper => block.rows.start.min(job.n)..job.n,
    };
    let mut column = whole.start;
    // SAFETY: the caller's promise; the columns are within the job.
    unsafe {
        while column + N <= whole.end {
            strip::<L, V, N, COMPLEX>(job, block, column, room);
            column += N;
        }
        for width in [4, 2, 1] {
            while column + width <= whole.end {
                match width {
                    4 => strip::<L, V, 4, COMPLEX>(job, block, column, room),
                    2 => strip::<L, V, 2, COMPLEX>(job, block, column, room),
                    _ => strip::<L, V, 1, COMPLEX>(job, block, column, room),
                }
                column += width;
            }
        }
    }
}

/// `W` columns against all tiles of a block.
///
/// # Safety
/// As [`columns`].
#[inline(always)]
unsafe fn strip<L: Lanes, const V: usize, const W: usize, const COMPLEX: bool>(
    job: &Job<L::Real>,
    block: &Block<L::Real>,
    column: usize,
    room: *mut L::Real,
) {
    let (tall, reals) = (V * L::LANES, 1 + COMPLEX as usize);
    let depth = block.terms.len();
    let apart = job.b_term != reals as isize;
    let (mut b, mut column_step, mut term_step) = (room as *const L::Real, reals as isize, (W * reals) as isize);
    // Terms that lie one by one are read where they are; so are those that few tiles read.
    if apart && W > 1 && block.rows.len() > 2 * tall {
        // SAFETY: the caller's promise.
        unsafe { pack::strip::<L::Real, W, COMPLEX>(job, column, block.terms.clone(), room) };
    } else {
        b = job.b.wrapping_offset(block.terms.start as isize * job.b_term + column as isize * job.b_column);
        (column_step, term_step) = (job.b_column, job.b_term);
    }
    let next = Next::of(job, block, column + W, block.rows.len().div_ceil(tall));
    for (tile, start) in block.rows.clone().step_by(tall).enumerate() {
        let live = tall.min(block.rows.end - start);
        let (all, none) = meets(job.part, start..start + live, column..column + W);
        if none {
            continue;
        }
        let a = block.packed.wrapping_add(tile * tall * depth * reals);
        let place = Place {
            c: job.c.wrapping_offset(start as isize * job.c_row + column as isize * job.c_column),
            row: start,
            column,
            live,
            whole: all && live == tall && job.c_row == reals as isize,
            add: block.add,
        };
        if depth >= LONG {
            (0..W).for_each(|j| ask(place.c.wrapping_offset(j as isize * job.c_column), tall * reals));
            next.ask::<W>(tile);
        }
        let operands = Operands { depth, a, b, column_step, term_step };
        // SAFETY: the caller's promise; a tile is within the block and the strip.
        unsafe {
            if !COMPLEX && place.whole {
                let to = Onto { c: place.c, column_step: job.c_column, alpha: job.alpha[0], add: place.add };
                L::finish::<V, W>(&operands, &to);
                continue;
            }
            let mut sums = [MaybeUninit::uninit(); TILE];
            L::sums::<V, W, COMPLEX>(&operands, sums.as_mut_ptr().cast());
            if COMPLEX {
                complex_write::<L, V, W>(job, &place, &sums);
            } else {
                write::<L, V, W>(job, &place, &sums);
            }
        }
    }
}

/// The strip that comes next, and how much of it each tile asks for: lines of the cache that lie one after the other in
/// each column, or terms whose columns lie one by one.
struct Next<R> {
    from: *const R,
    along: isize,
    column: isize,
    count: usize,
    each: usize,
}

impl<R> Next<R> {
    #[inline(always)]
    fn of(job: &Job<R>, block: &Block<R>, column: usize, tiles: usize) -> Next<R> {
        let terms = &block.terms;
        let from = job.b.wrapping_offset(terms.start as isize * job.b_term + column as isize * job.b_column);
        let line = LINE / size_of::<R>();
        let (along, count) = match job.b_term {
            1 | 2 => (line as isize, (terms.len() * job.b_term as usize).div_ceil(line) + 1),
            step => (step, terms.len()),
        };
        Next { from, along, column: job.b_column, count, each: count.div_ceil(tiles) }
    }

    #[inline(always)]
    fn ask<const W: usize>(&self, tile: usize) {
        for at in tile * self.each..self.count.min((tile + 1) * self.each) {
            let from = self.from.wrapping_offset(at as isize * self.along);
            (0..W).for_each(|j| ask(from.wrapping_offset(j as isize * self.column), 1));
        }
    }
}

/// Whether all elements of a tile are of the part, and whether none is.
#[inline(always)]
fn meets(part: Part, rows: Range<usize>, columns: Range<usize>) -> (bool, bool) {
    match part {
        Part::Full => (true, false),
        Part::Lower => (columns.end <= rows.start + 1, columns.start >= rows.end),
        Part::Upper => (rows.end <= columns.start + 1, rows.start >= columns.end),
    }
}

/// Where the sums of a tile go.
struct Place<R> {
    c: *mut R,
    row: usize,
    column: usize,
    live: usize,
    /// Whether all rows are there, wanted, and lie one by one.
    whole: bool,
    add: bool,
}

/// What the sums of a tile are: real numbers, or real parts and then imaginary ones, column by column.
type Sums<R> = [MaybeUninit<R>; TILE];

/// # Safety
/// The place is within the result, and the sums are there.
#[inline(always)]
unsafe fn write<L: Lanes, const V: usize, const W: usize>(
    job: &Job<L::Real>,
    place: &Place<L::Real>,
    sums: &Sums<L::Real>,
) {
    let alpha = job.alpha[0];
    // SAFETY: the caller's promise.
    unsafe {
        each::<L, V, W>(job, place, |at, to| {
            let sum = sums[at].assume_init() * alpha;
            *to = if place.add { *to + sum } else { sum };
        });
    }
}

/// # Safety
/// As [`write`].
#[inline(always)]
unsafe fn complex_write<L: Lanes, const V: usize, const W: usize>(
    job: &Job<L::Real>,
    place: &Place<L::Real>,
    sums: &Sums<L::Real>,
) {
    let [x, y] = job.alpha;
    // SAFETY: the caller's promise.
    unsafe {
        each::<L, V, W>(job, place, |at, to| {
            let (re, im) = (sums[at].assume_init(), sums[at + V * W * L::LANES].assume_init());
            let im = if job.flip_c { im.negative() } else { im };
            let (re, im) =
                if y == L::Real::ZERO { (re * x, im * x) } else { (re * x + (im * y).negative(), re * y + im * x) };
            if place.add {
                *to = *to + re;
                *to.add(1) = *to.add(1) + im;
            } else {
                *to = re;
                *to.add(1) = im;
            }
        });
    }
}

/// Visits the elements of a tile that are there and wanted: the number of each in the tile, and its place.
///
/// # Safety
/// The place is within the result.
#[inline(always)]
unsafe fn each<L: Lanes, const V: usize, const W: usize>(
    job: &Job<L::Real>,
    place: &Place<L::Real>,
    mut visit: impl FnMut(usize, *mut L::Real),
) {
    for j in 0..W {
        let column = place.c.wrapping_offset(j as isize * job.c_column);
        let wanted = match job.part {
            Part::Full => 0..place.live,
            Part::Lower => (place.column + j).saturating_sub(place.row).min(place.live)..place.live,
            Part::Upper => 0..(place.column + j + 1).saturating_sub(place.row).min(place.live),
        };
        if place.whole {
            (0..V * L::LANES).for_each(|r| visit(j * V * L::LANES + r, column.wrapping_offset(r as isize * job.c_row)));
        } else {
            wanted.for_each(|r| visit(j * V * L::LANES + r, column.wrapping_offset(r as isize * job.c_row)));
        }
    }
}
