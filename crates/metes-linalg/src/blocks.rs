//! [`Run`]: one contraction, block by block.
//!
//! Around the blocks run loops over what does not merge. An operand that lies as the loops need it is used where it is;
//! another one goes through a tile of scratch, converted by the evaluator's casts. A result in a tile is written when
//! its block is complete.

use crate::axes::Roles;
use crate::contract::{Contraction, Held};
use crate::ring::{Loop, Places, Ring, clear, nest};
use metes_array::{Array, Layout, Scalar};
use metes_dtype::{Casting, DType, Kind};
use metes_eval::{Operand, Program, ProgramBuilder, ScratchBuf, assign};
use metes_factor::{Dense, Product};
use metes_memory::{Access, Buffer, Result};
use std::marker::PhantomData;
use std::mem::MaybeUninit;
use std::sync::{Mutex, PoisonError};

/// Products with fewer terms than this are not worth a call of the library.
const LITTLE: usize = 64;
/// From so many on they are worth several threads.
const SHARED: usize = 1 << 20;
/// Rows or columns of a block of loops, and its terms.
const SIDE: usize = 256;
const DEPTH: usize = 512;
/// The same where an operand goes through a tile, for elements of 8 bytes; two or three tiles share the bytes of one.
const TILE_SIDE: usize = 112;
const TILE_DEPTH: usize = 128;
/// Bytes of all tiles, and of tiles and what the library works in together, for each thread.
const TILES: usize = TILE_SIDE * TILE_DEPTH * 8;
const SCRATCH: usize = 240 << 10;

/// Length and steps of a block: batch, rows, columns, inner.
type Four<T> = [T; 4];

/// An operand: used where it lies, or through a tile.
struct Side<'a> {
    array: &'a Array,
    tile: Option<Tile>,
}

/// Scratch for a block of one operand.
struct Tile {
    scratch: Array,
    program: Program,
    registers: ScratchBuf,
    /// What it holds: offset and lengths.
    held: Option<(isize, [usize; 3])>,
}

impl Tile {
    fn new(from: DType, to: DType, room: usize, kind: Kind, op: &'static str) -> Result<Tile> {
        let mut builder = ProgramBuilder::new();
        let slot = builder.input(from);
        let slot = builder.cast(slot, to)?;
        let program = builder.finish(slot);
        let registers = ScratchBuf::new(&program)?;
        Ok(Tile { scratch: Array::empty(&[room], kind.into(), op)?, program, registers, held: None })
    }

    /// Bytes that it takes, with those of the casts into it.
    fn bytes(&self) -> usize {
        self.scratch.nbytes() + self.program.scratch_bytes()
    }

    /// The tile as a dense array of this shape, and its steps.
    fn shaped(&self, shape: [usize; 3]) -> Result<Array> {
        let layout = Layout::contiguous(&shape, self.scratch.dtype().size())?;
        Array::new(self.scratch.buffer().clone(), self.scratch.dtype(), layout, true)
    }
}

/// A block of an operand: its first element and the step of each of its three axes.
type Block = (*mut u8, [isize; 3]);

impl Side<'_> {
    /// A part of the array as an array of its own.
    fn part(&self, offset: isize, shape: [usize; 3], steps: [isize; 3]) -> Result<Array> {
        let layout = Layout::new(&shape, &steps, (self.array.layout().offset() as isize + offset) as usize)?;
        Array::new(self.array.buffer().clone(), self.array.dtype(), layout, self.array.is_writeable())
    }

    /// The block at an offset, loaded into the tile where there is one.
    ///
    /// # Safety
    /// The caller holds the array for reading.
    unsafe fn load(&mut self, offset: isize, shape: [usize; 3], steps: [isize; 3]) -> Result<Block> {
        if self.tile.is_none() {
            return Ok((self.array.as_ptr().wrapping_offset(offset), steps));
        }
        let part = self.part(offset, shape, steps)?;
        let tile = self.tile.as_mut().expect("just looked at");
        let dense = tile.shaped(shape)?;
        if tile.held != Some((offset, shape)) {
            // SAFETY: the caller holds the array; the scratch is ours alone.
            unsafe { tile.program.run_held(&[part], &dense, None, &mut tile.registers)? };
            tile.held = Some((offset, shape));
        }
        Ok((dense.as_ptr(), steps_of(&dense)))
    }

    /// Where the result of a block is computed.
    fn place(&self, offset: isize, shape: [usize; 3], steps: [isize; 3]) -> Result<Block> {
        match &self.tile {
            None => Ok((self.array.as_ptr().wrapping_offset(offset), steps)),
            Some(tile) => tile.shaped(shape).map(|dense| (dense.as_ptr(), steps_of(&dense))),
        }
    }

    /// Writes the tile, if there is one, to its place.
    ///
    /// # Safety
    /// The caller holds the array for writing.
    unsafe fn store(&mut self, offset: isize, shape: [usize; 3], steps: [isize; 3]) -> Result<()> {
        if self.tile.is_none() {
            return Ok(());
        }
        let part = self.part(offset, shape, steps)?;
        let tile = self.tile.as_mut().expect("just looked at");
        let dense = tile.shaped(shape)?;
        // SAFETY: the caller holds the array; the scratch is ours alone.
        unsafe { tile.program.run_held(&[dense], &part, None, &mut tile.registers)? };
        Ok(())
    }
}

fn steps_of(array: &Array) -> [isize; 3] {
    [array.strides()[0], array.strides()[1], array.strides()[2]]
}

/// A contraction computed in elements of `T`.
pub(crate) struct Run<'a, T> {
    a: Side<'a>,
    b: Side<'a>,
    c: Side<'a>,
    /// Loops around blocks: those over the result, and those of the sum.
    around: Vec<Loop>,
    within: Vec<Loop>,
    /// Batch, rows, columns, inner.
    core: Four<Loop>,
    block: Four<usize>,
    /// Rows and columns that are multiplied at once: those of a block, unless a factor's tile has no room for so many.
    part: [usize; 2],
    library: bool,
    room: Room,
    conj: bool,
    element: PhantomData<T>,
}

const ONE: Loop = Loop { len: 1, a: 0, b: 0, c: 0 };

impl<'a, T: Ring> Run<'a, T> {
    /// Plans the blocks, and takes all scratch.
    pub fn new(x: &Contraction<'a>, roles: &Roles, held: Held, kind: Kind) -> Result<Run<'a, T>> {
        let last = |role: &[Loop]| role.last().copied().unwrap_or(ONE);
        let rest = |role: &[Loop]| role[..role.len().saturating_sub(1)].to_vec();
        let core = [last(&roles.batch), last(&roles.rows), last(&roles.columns), last(&roles.inner)];
        let around = [rest(&roles.batch), rest(&roles.rows), rest(&roles.columns)].concat();
        let [_, m, n, k] = core.map(|axis| axis.len);
        let library = is_for_library::<T>([m, n, k]);
        let tiled = [x.a, x.b, x.c].map(|array| !lies_ready(array, kind));
        let tiled = [tiled[0], tiled[1], tiled[2] || held != Held::Nothing];
        let block = blocks(core.map(|axis| axis.len), tiled, held, library, kind.size());
        let ([batch, m, n, k], part) = (block, parts(block, tiled, kind.size()));
        let side = |array: &'a Array, tiled: bool, room: usize, written: bool| -> Result<Side<'a>> {
            let compute = DType::of(kind);
            let (from, to) = if written { (compute, array.dtype()) } else { (array.dtype(), compute) };
            let tile = if tiled { Some(Tile::new(from, to, room, kind, x.op)?) } else { None };
            Ok(Side { array, tile })
        };
        let mut run = Run {
            a: side(x.a, tiled[0], batch * part[0] * k, false)?,
            b: side(x.b, tiled[1], batch * k * part[1], false)?,
            c: side(x.c, tiled[2], batch * m * n, true)?,
            around,
            within: rest(&roles.inner),
            core,
            block,
            part,
            library,
            room: Room::NONE,
            conj: x.conj,
            element: PhantomData,
        };
        if let (true, Some(product)) = (library, T::PRODUCT) {
            let tiles = [&run.a, &run.b, &run.c].map(|side| side.tile.as_ref().map_or(0, Tile::bytes));
            let most = SCRATCH.saturating_sub(tiles.iter().sum());
            let ([m, n], whole) = (part, [batch, part[0], part[1], k]);
            run.room = Room::of(&run.stack()?.matrices::<T>(0, [m, n, k]), product, &whole, most, x.op)?;
        }
        Ok(run)
    }

    /// A stack of matrices at the steps that whole blocks have.
    fn stack(&self) -> Result<Stack> {
        let ([batch, .., k], [m, n], [by_batch, by_row, by_column, inner]) = (self.block, self.part, self.core);
        let (_, a) = self.a.place(0, [batch, m, k], [by_batch.a, by_row.a, inner.a])?;
        let (_, b) = self.b.place(0, [batch, k, n], [by_batch.b, inner.b, by_column.b])?;
        let [_, rows, columns, _] = self.block;
        let (_, c) = self.c.place(0, [batch, rows, columns], [by_batch.c, by_row.c, by_column.c])?;
        Ok(Stack { a, b, c, places: Places { a: std::ptr::null(), b: std::ptr::null(), c: std::ptr::null_mut() } })
    }

    /// Computes all of it.
    pub fn all(mut self) -> Result<()> {
        if self.c.array.size() == 0 {
            return Ok(());
        }
        if self.core[3].len == 0 || self.within.iter().any(|axis| axis.len == 0) {
            return assign(self.c.array, &Operand::Weak(Scalar::Bool(false)), Casting::Unsafe, None);
        }
        let [a, b, c] = [self.a.array, self.b.array, self.c.array];
        let _guards = Buffer::guard(
            &[
                (c.buffer(), c.extent(), Access::Write),
                (a.buffer(), a.extent(), Access::Read),
                (b.buffer(), b.extent(), Access::Read),
            ],
            "product",
        )?;
        let around = std::mem::take(&mut self.around);
        // SAFETY: the arrays are held.
        odometer(&around, |at| unsafe { self.blocks(at) })
    }

    /// All blocks of one turn of the loops around; on several threads where loops compute them from where operands lie.
    ///
    /// # Safety
    /// The arrays are held by the caller.
    unsafe fn blocks(&mut self, at: Offsets) -> Result<()> {
        let counts = [0, 1, 2].map(|axis| self.core[axis].len.div_ceil(self.block[axis]));
        let count = counts.iter().product();
        let tiled = [&self.a, &self.b, &self.c].iter().any(|side| side.tile.is_some());
        let lanes = if tiled || self.library || self.terms() < SHARED { 1 } else { metes_threads::available() };
        if lanes <= 1 || count == 1 {
            // SAFETY: the caller's promise.
            return (0..count).try_for_each(|number| unsafe { self.numbered(at, number, counts) });
        }
        let parts: Vec<Mutex<Run<'_, T>>> = (0..lanes.min(count)).map(|_| Mutex::new(self.untiled())).collect();
        let failed = Mutex::new(None);
        metes_threads::share(parts.len(), count, &|lane, number| {
            let mut run = parts[lane].lock().unwrap_or_else(PoisonError::into_inner);
            // SAFETY: the caller's promise; blocks of the result are apart from each other.
            if let Err(error) = unsafe { run.numbered(at, number, counts) } {
                failed.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(error);
            }
        });
        failed.into_inner().unwrap_or_else(PoisonError::into_inner).map_or(Ok(()), Err)
    }

    /// Products of two elements that one turn of the loops around computes.
    fn terms(&self) -> usize {
        let within: usize = self.within.iter().map(|axis| axis.len).product();
        self.core.iter().fold(within, |terms, axis| terms.saturating_mul(axis.len))
    }

    /// The same run for another thread, where nothing goes through tiles.
    fn untiled(&self) -> Run<'a, T> {
        let side = |side: &Side<'a>| Side { array: side.array, tile: None };
        let (a, b, c) = (side(&self.a), side(&self.b), side(&self.c));
        Run { a, b, c, around: Vec::new(), within: self.within.clone(), room: Room::NONE, ..*self }
    }

    /// The block of this number of as many along each axis of the result.
    ///
    /// # Safety
    /// The arrays are held by the caller.
    unsafe fn numbered(&mut self, at: Offsets, number: usize, counts: [usize; 3]) -> Result<()> {
        let places = [number / (counts[1] * counts[2]), number / counts[2] % counts[1], number % counts[2]];
        let from = [0, 1, 2].map(|axis| places[axis] * self.block[axis]);
        let [batch, rows, columns, _] = self.core;
        let at = at.plus(&batch, from[0]).plus(&rows, from[1]).plus(&columns, from[2]);
        let shape = [0, 1, 2].map(|axis| self.block[axis].min(self.core[axis].len - from[axis]));
        // SAFETY: the caller's promise.
        unsafe { self.block(at, shape) }
    }

    /// One block of the result, complete.
    ///
    /// # Safety
    /// The arrays are held by the caller.
    unsafe fn block(&mut self, at: Offsets, [batch, m, n]: [usize; 3]) -> Result<()> {
        let [by_batch, by_row, by_column, inner] = self.core;
        let steps = [by_batch.c, by_row.c, by_column.c];
        let c = self.c.place(at.c, [batch, m, n], steps)?;
        let within = std::mem::take(&mut self.within);
        let mut add = false;
        odometer(&within, |deeper| {
            for start in (0..inner.len).step_by(self.block[3]) {
                let k = self.block[3].min(inner.len - start);
                let from = at.and(deeper).plus(&inner, start);
                for (row, column) in places(m, n, self.part) {
                    let (rows, columns) = (self.part[0].min(m - row), self.part[1].min(n - column));
                    let at = from.plus(&by_row, row).plus(&by_column, column);
                    let into = c.0.wrapping_offset(row as isize * c.1[1] + column as isize * c.1[2]);
                    // SAFETY: the arrays are held by the caller; blocks lie within them, and tiles are ours.
                    unsafe {
                        let a = self.a.load(at.a, [batch, rows, k], [by_batch.a, by_row.a, inner.a])?;
                        let b = self.b.load(at.b, [batch, k, columns], [by_batch.b, inner.b, by_column.b])?;
                        self.multiply([batch, rows, columns, k], a, b, (into, c.1), add);
                    }
                }
                add = true;
            }
            Ok(())
        })?;
        self.within = within;
        // SAFETY: the caller's promise.
        unsafe { self.c.store(at.c, [batch, m, n], steps) }
    }

    /// # Safety
    /// The blocks are valid, aligned, of elements of `T`; `c` overlaps neither factor.
    unsafe fn multiply(&self, [batch, m, n, k]: Four<usize>, a: Block, b: Block, c: Block, add: bool) {
        if let (true, Some(product)) = (self.library, T::PRODUCT) {
            let places = Places { a: a.0, b: b.0, c: c.0 };
            let each = Stack { a: a.1, b: b.1, c: c.1, places };
            let group = together([batch, m, n, k]);
            let lanes = if group == batch { 1 } else { self.room.lanes };
            metes_threads::share(lanes, batch.div_ceil(group), &|lane, task| {
                for i in task * group..((task + 1) * group).min(batch) {
                    let matrices = each.matrices::<T>(i as isize, [m, n, k]);
                    // SAFETY: the caller's promise; the results of a stack are apart from each other, and a lane is alone.
                    unsafe { (product.run)(matrices, add, self.conj, self.room.part(lane, lanes)) };
                }
            });
            return;
        }
        let (a, sa, b, sb, c, sc) = (a.0, a.1, b.0, b.1, c.0, c.1);
        let mut axes = [
            Loop { len: batch, a: sa[0], b: sb[0], c: sc[0] },
            Loop { len: m, a: sa[1], b: 0, c: sc[1] },
            Loop { len: n, a: 0, b: sb[2], c: sc[2] },
            Loop { len: k, a: sa[2], b: sb[1], c: 0 },
        ];
        // SAFETY: the caller's promise.
        unsafe {
            if !add {
                clear::<T>(&axes[..3], c);
            }
            let mut from = 0;
            for i in 0..4 {
                if axes[i].len != 1 {
                    axes[from] = axes[i];
                    from += 1;
                }
            }
            nest::<T>(&mut axes[..from], Places { a, b, c }, self.conj);
        }
    }
}

/// How many matrices of a stack a thread takes at a time.
fn together([batch, m, n, k]: Four<usize>) -> usize {
    (SHARED / (m * n * k).max(1)).clamp(1, batch)
}

/// What products by the library work in.
struct Room {
    scratch: Option<Array>,
    /// How many matrices of a stack are worked on at once.
    lanes: usize,
}

impl Room {
    const NONE: Room = Room { scratch: None, lanes: 1 };

    /// For products of such matrices, with up to `most` bytes for each thread.
    fn of<T>(
        matrices: &[Dense<T>; 3],
        product: Product<T>,
        block: &Four<usize>,
        most: usize,
        op: &'static str,
    ) -> Result<Room> {
        let threads = metes_threads::available();
        let lanes = if together(*block) == block[0] { 1 } else { threads };
        let (need, least) = (product.need)(matrices, threads / lanes);
        let bytes = need.min(most * (threads / lanes)).max(least) * lanes;
        let scratch = if bytes == 0 { None } else { Some(Array::empty(&[bytes], Kind::U8.into(), op)?) };
        Ok(Room { scratch, lanes })
    }

    /// The part of one of several lanes.
    ///
    /// # Safety
    /// Nobody else works in this lane's part meanwhile.
    #[allow(clippy::mut_from_ref)]
    unsafe fn part(&self, lane: usize, lanes: usize) -> &mut [MaybeUninit<u8>] {
        let Some(scratch) = &self.scratch else { return &mut [] };
        let each = scratch.size() / lanes;
        // SAFETY: the scratch is ours, its bytes need not be initialised, and parts of lanes are apart.
        unsafe { std::slice::from_raw_parts_mut(scratch.as_ptr().wrapping_add(lane * each).cast(), each) }
    }
}

/// Stacks of matrices: where the first of each begins, and the steps to the next one, row and column.
struct Stack {
    places: Places,
    a: [isize; 3],
    b: [isize; 3],
    c: [isize; 3],
}

// SAFETY: addresses and steps; what is done there is the business of who does it.
unsafe impl Sync for Stack {}

impl Stack {
    /// The result and the factors of this number.
    fn matrices<T>(&self, i: isize, [m, n, k]: [usize; 3]) -> [Dense<T>; 3] {
        let matrix = |ptr: *mut u8, steps: [isize; 3], rows, columns| Dense {
            ptr: ptr.wrapping_offset(i * steps[0]).cast::<T>(),
            rows,
            columns,
            row_step: steps[1] / size_of::<T>() as isize,
            column_step: steps[2] / size_of::<T>() as isize,
        };
        let Places { a, b, c } = self.places;
        [matrix(c, self.c, m, n), matrix(a.cast_mut(), self.a, m, k), matrix(b.cast_mut(), self.b, k, n)]
    }
}

/// Whether the library computes a product of so many rows, columns and inner terms.
pub(crate) fn is_for_library<T: Ring>([m, n, k]: [usize; 3]) -> bool {
    let terms = m.saturating_mul(n).saturating_mul(k);
    T::PRODUCT.is_some() && terms >= LITTLE && k > 1 && m.max(n) > 1
}

/// Whether loops over a kind can use the array where it lies: of that dtype, aligned, at steps of whole elements.
pub(crate) fn lies_ready(array: &Array, kind: Kind) -> bool {
    let width = kind.size();
    array.dtype() == kind
        && array.is_aligned()
        && array.strides().iter().zip(array.shape()).all(|(s, n)| *n < 2 || s.unsigned_abs().is_multiple_of(width))
}

/// Lengths of blocks: whole axes, unless a tile or the cache bounds them.
fn blocks(len: Four<usize>, [a, b, c]: [bool; 3], held: Held, library: bool, width: usize) -> Four<usize> {
    let [batch, m, n, k] = len.map(|n| n.max(1));
    let tiles = [a, b, c].iter().filter(|tiled| **tiled).count();
    if tiles == 0 {
        let thick = !library && m > 1 && n > 1 && k > 1;
        let few = (SHARED / 4 / m.saturating_mul(n).saturating_mul(k)).clamp(1, batch);
        return if thick { [few, m.min(SIDE), n.min(DEPTH), k.min(SIDE / 2)] } else { [batch, m, n, k] };
    }
    // Elements of a tile that holds several small matrices, or complete rows.
    let room = TILES / tiles / width;
    let depth = TILE_DEPTH * 8 / width.max(8);
    let side = if tiles == 1 { TILE_SIDE } else { TILE_SIDE / 2 } * 8 / width.max(8);
    let (m, n, k) = match held {
        Held::Rows => ((room / n).clamp(1, m), n, k.min(if a || b { depth } else { k })),
        Held::Columns => (m, (room / m).clamp(1, n), k.min(if a || b { depth } else { k })),
        Held::Nothing => (
            if a || c { m.min(side) } else { m },
            if b || c { n.min(side) } else { n },
            if a || b { k.min(depth) } else { k },
        ),
    };
    let largest = [(a, m * k), (b, k * n), (c, m * n)].iter().filter(|(tiled, _)| *tiled).map(|(_, size)| *size).max();
    [(room / largest.unwrap_or(1)).clamp(1, batch), m, n, k]
}

/// How many rows and columns of a block fit into the tiles of the factors; more than that are only in blocks of complete
/// rows or columns.
fn parts([batch, m, n, k]: Four<usize>, [a, b, c]: [bool; 3], width: usize) -> [usize; 2] {
    let tiles = [a, b, c].iter().filter(|tiled| **tiled).count();
    let most = TILES / tiles.max(1) / width / (batch * k).max(1);
    [if a { m.min(most.max(1)) } else { m }, if b { n.min(most.max(1)) } else { n }]
}

/// The first row and column of every part of a block.
fn places(m: usize, n: usize, part: [usize; 2]) -> impl Iterator<Item = (usize, usize)> {
    (0..m).step_by(part[0]).flat_map(move |row| (0..n).step_by(part[1]).map(move |column| (row, column)))
}

/// Bytes from the first element of each array.
#[derive(Clone, Copy, Default)]
struct Offsets {
    a: isize,
    b: isize,
    c: isize,
}

impl Offsets {
    fn plus(self, axis: &Loop, i: usize) -> Offsets {
        let i = i as isize;
        Offsets { a: self.a + i * axis.a, b: self.b + i * axis.b, c: self.c + i * axis.c }
    }

    fn and(self, other: Offsets) -> Offsets {
        Offsets { a: self.a + other.a, b: self.b + other.b, c: self.c + other.c }
    }
}

/// Visits every combination of indices of some loops.
fn odometer(axes: &[Loop], mut each: impl FnMut(Offsets) -> Result<()>) -> Result<()> {
    fn turn(axes: &[Loop], at: Offsets, each: &mut impl FnMut(Offsets) -> Result<()>) -> Result<()> {
        match axes {
            [] => each(at),
            [first, rest @ ..] => (0..first.len).try_for_each(|i| turn(rest, at.plus(first, i), each)),
        }
    }
    turn(axes, Offsets::default(), &mut each)
}
