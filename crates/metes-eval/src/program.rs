//! [`Program`]: elementwise steps over blocks of values, with registers between the steps.
//!
//! A block is at most [`BLOCK`] values of one run; a register holds one value of every element of a block. Registers
//! are reused as soon as their value is dead. Constants are written out into registers once. An eager operation is a
//! program of one step that reads and writes the arrays directly.

use crate::resolve::{Input, placed, resolve};
use metes_array::Scalar;
use metes_dtype::{DType, Kind};
use metes_kernels::{Loop, Ufunc};
use metes_memory::{Buffer, Error, ErrorKind, Need, Result};
use smallvec::SmallVec;

/// The most values of a block.
pub(crate) const BLOCK: usize = 1024;
/// The least that a program asks for: calling its loops takes time, too.
const LEAST: usize = 256;
/// Bytes that a block goes through: half of a nearest cache, in whose other half lies what comes next.
const CLOSE: usize = 16 << 10;

/// Values that registers have room for where so many are computed in all.
pub(crate) fn block_of(values: usize) -> usize {
    BLOCK >> halvings(values)
}

/// How often the registers of a program that computes so many values in all are halved: all values fit one then.
fn halvings(values: usize) -> u32 {
    const FEW: usize = 64;
    (BLOCK / values.clamp(FEW, BLOCK).next_power_of_two()).trailing_zeros()
}

/// A value of a program under construction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot(usize);

/// An operand of a step.
#[derive(Clone, Copy, Debug)]
pub enum Arg {
    /// A value.
    Slot(Slot),
    /// A Python scalar.
    Weak(Scalar),
}

#[derive(Clone, Copy)]
enum Value {
    Input(usize),
    Constant(usize),
    Step,
}

/// Where a value lies while a block is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    Input(usize),
    /// A byte offset into the scratch; values lie densely.
    Register(usize),
    /// Where the result goes.
    Result,
}

/// The most operands of a step.
pub(crate) const MOST: usize = 4;

pub(crate) struct Step {
    pub call: Loop,
    /// Where the values of each argument, then of the result are, and the bytes of one.
    operands: [(Place, isize); MOST],
    count: usize,
}

impl Step {
    fn new(call: Loop, operands: impl IntoIterator<Item = (Place, usize)>) -> Step {
        let mut step = Step { call, operands: [(Place::Result, 0); MOST], count: 0 };
        for (place, width) in operands {
            step.operands[step.count] = (place, width as isize);
            step.count += 1;
        }
        step
    }

    pub(crate) fn operands(&self) -> &[(Place, isize)] {
        &self.operands[..self.count]
    }
}

/// What a block has to know of an input.
#[derive(Clone, Copy)]
pub(crate) struct Form {
    pub width: usize,
    /// Bits of an address or a step that no aligned one has.
    pub loose: usize,
    /// A register for values that have to be gathered.
    pub gather: usize,
}

/// Builds a [`Program`] value by value.
#[derive(Default)]
pub struct ProgramBuilder {
    values: Vec<(Value, DType)>,
    steps: Vec<(Loop, SmallVec<[usize; 3]>, usize)>,
    inputs: Vec<DType>,
    constants: Vec<(Scalar, DType)>,
}

impl ProgramBuilder {
    /// A program without values.
    pub fn new() -> ProgramBuilder {
        ProgramBuilder::default()
    }

    fn push(&mut self, value: Value, dtype: DType) -> Slot {
        self.values.push((value, dtype));
        Slot(self.values.len() - 1)
    }

    /// The next input, in the order in which arrays are given to the program.
    pub fn input(&mut self, dtype: DType) -> Slot {
        self.inputs.push(dtype);
        self.push(Value::Input(self.inputs.len() - 1), dtype)
    }

    /// One value for every element.
    pub fn constant(&mut self, value: Scalar, dtype: DType) -> Slot {
        self.constants.push((value, dtype));
        self.push(Value::Constant(self.constants.len() - 1), dtype)
    }

    /// The dtype of a value.
    pub fn dtype(&self, slot: Slot) -> DType {
        self.values[slot.0].1
    }

    /// The first result of a ufunc, its operands cast as promotion asks for.
    pub fn ufunc(&mut self, ufunc: &Ufunc, args: &[Arg]) -> Result<Slot> {
        let inputs: SmallVec<[Input; 3]> = args
            .iter()
            .map(|arg| match *arg {
                Arg::Slot(slot) => Input::DType(self.dtype(slot)),
                Arg::Weak(scalar) => Input::Weak(scalar),
            })
            .collect();
        let cell = resolve(ufunc, &inputs, None)?;
        let args = args
            .iter()
            .zip(cell.inputs)
            .map(|(arg, &kind)| match *arg {
                Arg::Slot(slot) => self.cast(slot, kind.into()),
                Arg::Weak(scalar) => Ok(self.constant(placed(scalar, ufunc, &inputs, kind), kind.into())),
            })
            .collect::<Result<SmallVec<[Slot; 3]>>>()?;
        Ok(self.step(cell.call, &args, cell.outputs[0].into()))
    }

    pub(crate) fn step(&mut self, call: Loop, args: &[Slot], dtype: DType) -> Slot {
        let slot = self.push(Value::Step, dtype);
        self.steps.push((call, args.iter().map(|s| s.0).collect(), slot.0));
        slot
    }

    /// A value cast to another dtype, if it is of another.
    ///
    /// # Errors
    /// [`ErrorKind::Type`] between dtypes that are not both of numbers.
    pub fn cast(&mut self, slot: Slot, dtype: DType) -> Result<Slot> {
        let from = self.dtype(slot);
        if from == dtype {
            return Ok(slot);
        }
        let (Some(own), Some(wanted)) = (from.any_number(), dtype.any_number()) else {
            return Err(no_cast(from, dtype));
        };
        let slot = self.native(slot, own, from);
        let slot =
            if own == wanted { slot } else { self.step(metes_kernels::cast(own, wanted), &[slot], wanted.into()) };
        if dtype.is_native() {
            return Ok(slot);
        }
        Ok(self.step(metes_kernels::swap(wanted), &[slot], dtype))
    }

    /// A number of a kind in native byte order.
    fn native(&mut self, slot: Slot, kind: Kind, dtype: DType) -> Slot {
        if dtype == kind { slot } else { self.step(metes_kernels::swap(kind), &[slot], kind.into()) }
    }

    /// The program whose result is `out`.
    pub fn finish(mut self, out: Slot) -> Program {
        let mut out = out;
        let copied = matches!(self.values[out.0].0, Value::Input(_));
        let moved = match self.values[out.0].0 {
            Value::Input(input) if self.dtype(out).number().is_none() => Some(input),
            _ => None,
        };
        if moved.is_none() && !matches!(self.values[out.0].0, Value::Step) {
            let dtype = self.dtype(out);
            let kind = dtype.number().unwrap_or(Kind::Bool);
            out = self.step(metes_kernels::cast(kind, kind), &[out], dtype);
        }
        self.drop_dead_steps(out.0);
        let mut registers = Places::default();
        let mut places: Vec<Option<Place>> = vec![None; self.values.len()];
        for (place, (value, dtype)) in places.iter_mut().zip(&self.values) {
            *place = match value {
                Value::Input(i) => Some(Place::Input(*i)),
                Value::Constant(_) => Some(Place::Register(registers.take(dtype.size()))),
                Value::Step => None,
            };
        }
        let constants = self.values.iter().zip(&places).filter_map(|((value, _), place)| match (value, place) {
            (Value::Constant(c), Some(Place::Register(at))) => Some((self.constants[*c].0, self.constants[*c].1, *at)),
            _ => None,
        });
        let constants = constants.collect();
        let mut last_use = vec![0; self.values.len()];
        for (number, (_, args, _)) in self.steps.iter().enumerate() {
            args.iter().for_each(|&arg| last_use[arg] = number);
        }
        let mut steps = Vec::with_capacity(self.steps.len());
        for (number, (call, args, result)) in self.steps.iter().enumerate() {
            let width = self.values[*result].1.size();
            for &arg in args {
                let dying = matches!(self.values[arg].0, Value::Step) && last_use[arg] == number;
                if let (true, Some(Place::Register(at))) = (dying, places[arg])
                    && self.values[arg].1.size() == width
                {
                    registers.give(at, width);
                }
            }
            let place = if *result == out.0 { Place::Result } else { Place::Register(registers.take(width)) };
            places[*result] = Some(place);
            let mut seen: SmallVec<[usize; 3]> = SmallVec::new();
            for &arg in args {
                let dying =
                    matches!(self.values[arg].0, Value::Step) && last_use[arg] == number && !seen.contains(&arg);
                if let (true, Some(Place::Register(at))) = (dying, places[arg])
                    && self.values[arg].1.size() != width
                {
                    registers.give(at, self.values[arg].1.size());
                }
                seen.push(arg);
            }
            let read =
                args.iter().map(|&a| (places[a].expect("arguments come before their use"), self.values[a].1.size()));
            steps.push(Step::new(*call, read.chain([(place, width)])));
        }
        let dtype = self.values[out.0].1;
        let width = dtype.size();
        let result = Form { width, loose: dtype.align() - 1, gather: registers.take(width) };
        // Filled before the first step: none may be a register that a step uses.
        let in_use = self.inputs.iter().map(|dtype| dtype.size()).sum::<usize>() + registers.widths();
        let form = |dtype: &DType| {
            let width = dtype.size();
            Form { width, loose: dtype.align() - 1, gather: registers.fresh(width) }
        };
        let forms = self.inputs.iter().map(form).collect();
        let need = registers.need;
        let identity = copied && self.inputs.len() == 1;
        let block = (CLOSE / in_use.max(1)).clamp(LEAST, BLOCK);
        let block = 1 << block.ilog2();
        Program { inputs: self.inputs, dtype, steps, constants, result, forms, block, need, identity, moved }
    }

    fn drop_dead_steps(&mut self, out: usize) {
        let mut needed = vec![false; self.values.len()];
        needed[out] = true;
        for (_, args, result) in self.steps.iter().rev() {
            if needed[*result] {
                args.iter().for_each(|&a| needed[a] = true);
            }
        }
        self.steps.retain(|(_, _, result)| needed[*result]);
    }
}

#[cold]
fn no_cast(from: DType, to: DType) -> Error {
    Error::new(ErrorKind::Type, format!("no cast from dtype {from} to dtype {to}"))
}

/// Registers by byte offset; free ones by width of a value.
#[derive(Default)]
struct Places {
    need: Need,
    /// Bytes of one value of each.
    widths: usize,
    free: Vec<(usize, usize)>,
}

impl Places {
    fn take(&mut self, width: usize) -> usize {
        if let Some(i) = self.free.iter().position(|f| f.1 == width) {
            return self.free.swap_remove(i).0;
        }
        self.fresh(width)
    }

    /// A register that nothing has used.
    fn fresh(&mut self, width: usize) -> usize {
        self.widths += width;
        let (need, at) = self.need.and(Need::new(width * BLOCK, 64));
        self.need = need;
        at
    }

    fn widths(&self) -> usize {
        self.widths
    }

    fn give(&mut self, at: usize, width: usize) {
        if !self.free.contains(&(at, width)) {
            self.free.push((at, width));
        }
    }
}

/// Elementwise steps from inputs to one result.
pub struct Program {
    pub(crate) inputs: Vec<DType>,
    dtype: DType,
    pub(crate) steps: Vec<Step>,
    constants: Vec<(Scalar, DType, usize)>,
    /// The form of the result, with a register for results that cannot be written in place.
    pub(crate) result: Form,
    /// A form for each input.
    pub(crate) forms: Vec<Form>,
    /// How many values are computed at once, where there are many: what they take stays in the nearest cache.
    block: usize,
    need: Need,
    /// The input that is the result, where no loop takes its dtype.
    pub(crate) moved: Option<usize>,
    /// Whether the result is the one input unchanged.
    pub(crate) identity: bool,
}

impl Program {
    /// The dtype of the result.
    pub fn dtype(&self) -> DType {
        self.dtype
    }

    /// Bytes of registers that [`ScratchBuf::new`] takes, exactly.
    pub fn scratch_bytes(&self) -> usize {
        self.lane_bytes()
    }

    /// Bytes of the registers of one lane: a multiple of what threads should not share, however often they are halved.
    fn lane_bytes(&self) -> usize {
        self.need.size().next_multiple_of(BLOCK)
    }

    /// Bytes of the registers for `lanes` threads that compute so many values in all.
    pub(crate) fn lanes_bytes(&self, lanes: usize, values: usize) -> usize {
        (self.lane_bytes() >> halvings(values)) * lanes
    }

    /// Writes constants to registers.
    pub(crate) fn prepare(&self, registers: Registers) {
        for &(value, dtype, at) in &self.constants {
            crate::exec::fill(registers.at(at), value, dtype, registers.block());
        }
    }

    /// How much work a value is, as bytes that go through the processor.
    pub(crate) fn weight(&self) -> usize {
        let weigh = |step: &Step| {
            let bytes: isize = step.operands().iter().map(|operand| operand.1).sum();
            bytes as usize * metes_kernels::effort(step.call)
        };
        self.steps.iter().map(weigh).sum()
    }

    /// How many values a block has where the program computes so many in all.
    pub(crate) fn at_once(&self, values: usize) -> usize {
        self.block.min(values)
    }

    /// How many values a block has whose registers are these.
    pub(crate) fn block(&self, registers: Registers) -> usize {
        self.block.min(registers.block())
    }

    /// On how many threads so many values are computed.
    pub(crate) fn lanes(&self, values: usize) -> usize {
        crate::share::lanes(values.saturating_mul(self.weight()))
    }
}

impl Program {
    /// Registers that steps use, besides those for operands that must be gathered.
    pub(crate) fn registers(&self) -> usize {
        let places = self.steps.iter().flat_map(Step::operands);
        let mut places: Vec<usize> =
            places.filter_map(|operand| if let Place::Register(at) = operand.0 { Some(at) } else { None }).collect();
        places.sort_unstable();
        places.dedup();
        places.len()
    }
}

/// The registers of one program, for one thread or for several.
pub struct ScratchBuf {
    buffer: Buffer,
    lane_bytes: usize,
    lanes: usize,
    halvings: u32,
}

/// The registers of one thread: where they start, and how often they are halved.
#[derive(Clone, Copy)]
pub(crate) struct Registers(*mut u8, u32);

// SAFETY: an address; the thread that was given it is the only one to use it.
unsafe impl Send for Registers {}

impl Registers {
    pub(crate) fn new(start: *mut u8) -> Registers {
        Registers(start, 0)
    }

    /// Those of a program that computes so many values in all.
    pub(crate) fn halved(start: *mut u8, values: usize) -> Registers {
        Registers(start, halvings(values))
    }

    /// How many values there is room for.
    pub(crate) fn block(self) -> usize {
        BLOCK >> self.1
    }

    pub(crate) fn at(self, offset: usize) -> *mut u8 {
        self.0.wrapping_add(offset >> self.1)
    }
}

impl ScratchBuf {
    /// Takes the registers of a program from the thread's memory, constants written.
    pub fn new(program: &Program) -> Result<ScratchBuf> {
        ScratchBuf::for_lanes(program, 1, BLOCK)
    }

    /// The same for so many threads that compute so many values in all.
    pub(crate) fn for_lanes(program: &Program, lanes: usize, values: usize) -> Result<ScratchBuf> {
        let halvings = halvings(values);
        let lane_bytes = program.lane_bytes() >> halvings;
        let request = Need::new(lane_bytes * lanes, 64).request("scratch");
        let scratch = ScratchBuf { buffer: Buffer::here(request)?, lane_bytes, lanes, halvings };
        for lane in 0..lanes {
            program.prepare(scratch.lane(lane));
        }
        Ok(scratch)
    }

    /// For how many threads there are registers.
    pub(crate) fn lanes(&self) -> usize {
        self.lanes
    }

    /// The registers of a thread; no two threads use the same ones at once.
    pub(crate) fn lane(&self, lane: usize) -> Registers {
        assert!(lane < self.lanes, "registers were taken for {} lanes", self.lanes);
        Registers(self.buffer.as_ptr().wrapping_add(lane * self.lane_bytes), self.halvings)
    }
}
