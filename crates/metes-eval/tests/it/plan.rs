//! Plans: right answers, one pass, and a peak that is known to the byte.

use metes_array::{Array, Index, Scalar};
use metes_dtype::{DType, Kind};
use metes_eval::{ChunkReader, ChunkSink, ChunkSource, Expr, Output, Plan};
use metes_memory::{Charge, Error, ErrorKind, Memory, Result};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

/// A file in disguise: int64 values 0, 1, 2, … that are made as they are read.
struct Counter {
    shape: Vec<usize>,
    opened: AtomicUsize,
    /// Fails at this row.
    broken_at: Option<usize>,
}

const HELD: usize = 1000;

impl Counter {
    fn new(shape: &[usize]) -> Arc<Counter> {
        Arc::new(Counter { shape: shape.to_vec(), opened: AtomicUsize::new(0), broken_at: None })
    }
}

struct CounterReader {
    next: i64,
    rows: usize,
    row: usize,
    broken_at: Option<usize>,
    _held: Charge,
}

impl ChunkSource for Counter {
    fn name(&self) -> &str {
        "counter"
    }
    fn dtype(&self) -> DType {
        DType::of(Kind::I64)
    }
    fn shape(&self) -> &[usize] {
        &self.shape
    }
    fn reader_bytes(&self) -> usize {
        HELD
    }
    fn open(&self) -> Result<Box<dyn ChunkReader>> {
        self.opened.fetch_add(1, Ordering::Relaxed);
        let rows = self.shape[1..].iter().product::<usize>() * 8;
        let held = Memory::current().charge(HELD, "counter")?;
        Ok(Box::new(CounterReader { next: 0, rows, row: 0, broken_at: self.broken_at, _held: held }))
    }
}

impl ChunkReader for CounterReader {
    fn read(&mut self, dst: &mut [u8]) -> Result<()> {
        self.row += dst.len() / self.rows.max(1);
        if self.broken_at.is_some_and(|at| self.row > at) {
            return Err(Error::new(ErrorKind::Format, "counter: the member ends before its last row"));
        }
        for value in dst.chunks_exact_mut(8) {
            value.copy_from_slice(&self.next.to_ne_bytes());
            self.next += 1;
        }
        Ok(())
    }
    fn skip(&mut self, rows: usize) -> Result<()> {
        self.next += (rows * self.rows / 8) as i64;
        Ok(())
    }
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

fn ufunc(name: &str, args: &[&Expr]) -> Expr {
    let args: Vec<Expr> = args.iter().map(|e| (*e).clone()).collect();
    Expr::ufunc(metes_kernels::ufunc(name).unwrap(), &args).unwrap()
}

fn fold(name: &str, of: &Expr, axes: Option<&[isize]>) -> Expr {
    of.reduce(metes_kernels::reduction(name).unwrap(), axes, false, None, 0.0).unwrap()
}

fn slice(start: isize, stop: isize, step: isize) -> Index {
    Index::Slice { start: Some(start), stop: Some(stop), step: Some(step) }
}

fn numbers(array: &Array) -> Vec<f64> {
    array
        .to_scalars()
        .unwrap()
        .into_iter()
        .map(|s| match s {
            Scalar::Bool(b) => f64::from(u8::from(b)),
            Scalar::Int(i) => i as f64,
            Scalar::Float(x) => x,
            Scalar::Complex(..) => unreachable!(),
        })
        .collect()
}

/// Runs a plan over arrays and checks that its peak is what the ledger saw.
fn run(outputs: &[Expr], limit: Option<usize>) -> Vec<Array> {
    let memory = Memory::current();
    memory.reset_peak();
    let before = memory.stats().current_bytes;
    let plan = Plan::new(outputs.iter().cloned().map(Output::Array).collect(), limit).unwrap();
    let predicted = plan.peak_bytes();
    let results = plan.run(&mut |_, _| Ok(())).unwrap().into_iter().map(Option::unwrap).collect();
    assert_eq!(memory.stats().peak_bytes - before, predicted);
    results
}

fn alone(body: impl FnOnce()) {
    let memory = Memory::new();
    memory.enter(body);
    assert_eq!(memory.stats().current_bytes, 0, "the plan leaves nothing behind");
}

#[test]
fn several_results_need_one_pass() {
    alone(|| {
        let counter = Counter::new(&[1000, 64]);
        let x = Expr::source(counter.clone());
        let total = fold("sum", &x, None);
        let rows = fold("mean", &x, Some(&[1]));
        let columns = fold("max", &x, Some(&[0]));
        let results = run(&[total, rows, columns], Some(100_000));
        assert_eq!(numbers(&results[0]), [(64_000.0 * 63_999.0) / 2.0]);
        assert_eq!(numbers(&results[1])[..2], [31.5, 95.5]);
        assert_eq!(numbers(&results[2])[0], 63_936.0);
        assert_eq!(counter.opened.load(Ordering::Relaxed), 1);
    });
}

#[test]
fn blocks_of_a_reshaped_source_are_averaged() {
    alone(|| {
        let x = Expr::source(Counter::new(&[40, 30]));
        let blocks = x.reshape(&[10, 4, 6, 5]).unwrap();
        let results = run(&[fold("mean", &blocks, Some(&[1, 3]))], Some(30_000));
        assert_eq!(results[0].shape(), [10, 6]);
        assert_eq!(numbers(&results[0])[..2], [47.0, 52.0]);
    });
}

#[test]
fn a_value_and_its_own_reduction_take_two_passes() {
    alone(|| {
        let counter = Counter::new(&[500, 8]);
        let x = Expr::source(counter.clone());
        let mean = fold("mean", &x, Some(&[0]));
        let centred = ufunc("subtract", &[&x, &mean]);
        let results = run(&[fold("sum", &centred, None), fold("max", &centred, None)], Some(60_000));
        assert_eq!(numbers(&results[0]), [0.0]);
        assert_eq!(numbers(&results[1]), [1996.0]);
        assert_eq!(counter.opened.load(Ordering::Relaxed), 2);
    });
}

#[test]
fn slices_and_picked_rows_follow_the_file() {
    alone(|| {
        let x = Expr::source(Counter::new(&[100, 10]));
        let some = x.index(&[slice(5, 95, 7), slice(0, 10, 3)]).unwrap();
        let row = x.index(&[Index::At(-1)]).unwrap();
        let corner = x.index(&[Index::At(3), Index::At(4)]).unwrap();
        let results = run(&[some.clone(), row, corner], Some(52_000));
        let expected: Vec<f64> =
            (5..95).step_by(7).flat_map(|r| (0..10).step_by(3).map(move |c| f64::from(r * 10 + c))).collect();
        assert_eq!(numbers(&results[0]), expected);
        assert_eq!(results[0].shape(), [13, 4]);
        assert_eq!(numbers(&results[1])[..2], [990.0, 991.0]);
        assert_eq!(numbers(&results[2]), [34.0]);
    });
}

#[test]
fn a_transposed_source_is_reduced_along_either_axis() {
    alone(|| {
        let x = Expr::source(Counter::new(&[64, 5])).transpose(None).unwrap();
        let results = run(&[fold("sum", &x, Some(&[1])), fold("sum", &x, Some(&[0])), x], Some(60_000));
        assert_eq!(numbers(&results[0])[0], (0..64).map(|r| f64::from(r * 5)).sum::<f64>());
        assert_eq!(numbers(&results[1])[1], 35.0);
        assert_eq!(results[2].shape(), [5, 64]);
        assert_eq!(numbers(&results[2])[..3], [0.0, 5.0, 10.0]);
    });
}

#[test]
fn results_do_not_depend_on_the_parts() {
    alone(|| {
        let sum = |limit| {
            let x = Expr::source(Counter::new(&[700, 33])).cast(DType::of(Kind::F64)).unwrap();
            let y = ufunc("sqrt", &[&x]);
            let results = run(&[fold("sum", &y, None), fold("sum", &y, Some(&[0])), fold("var", &y, None)], limit);
            results.iter().flat_map(numbers).map(f64::to_bits).collect::<Vec<_>>()
        };
        let whole = sum(None);
        assert_eq!(whole, sum(Some(62_000)));
        assert_eq!(whole, sum(Some(90_000)));
    });
}

#[test]
fn weights_in_memory_are_cut_with_the_rows() {
    alone(|| {
        let weights = Array::from_slice(&[6, 1], &[1.0, 0.0, 2.0, 0.0, 0.0, 1.0f64]).unwrap();
        let x = Expr::source(Counter::new(&[6, 2]));
        let weighted = ufunc("multiply", &[&x, &Expr::array(weights)]);
        let results = run(&[fold("sum", &weighted, None)], Some(26_700));
        assert_eq!(numbers(&results[0]), [1.0 + 2.0 * 9.0 + 21.0]);
    });
}

struct Rows(Arc<Mutex<Vec<u8>>>);

impl ChunkSink for Rows {
    fn write(&mut self, rows: &[u8]) -> Result<()> {
        self.0.lock().unwrap().extend_from_slice(rows);
        Ok(())
    }
    fn finish(&mut self) -> Result<()> {
        Ok(())
    }
}

#[test]
fn rows_are_handed_on_without_holding_the_result() {
    alone(|| {
        let x = Expr::source(Counter::new(&[1000, 16]));
        let doubled = ufunc("add", &[&x, &x]);
        let bytes = Arc::new(Mutex::new(Vec::new()));
        let memory = Memory::current();
        memory.reset_peak();
        let plan = Plan::new(vec![Output::Sink(doubled, Box::new(Rows(bytes.clone())))], Some(20_000)).unwrap();
        let predicted = plan.peak_bytes();
        assert!(predicted <= 20_000);
        plan.run(&mut |_, _| Ok(())).unwrap();
        assert_eq!(memory.stats().peak_bytes, predicted);
        let bytes = bytes.lock().unwrap();
        assert_eq!(bytes.len(), 128_000);
        assert_eq!(bytes[8 * 15_999..], 31_998i64.to_ne_bytes());
    });
}

#[test]
fn a_limit_too_small_for_one_block_is_refused_with_numbers() {
    alone(|| {
        let x = Expr::source(Counter::new(&[10, 10_000]));
        let error = Plan::new(vec![Output::Array(fold("sum", &x, None))], Some(50_000)).err().unwrap();
        assert_eq!(error.kind(), ErrorKind::Memory);
        assert!(error.message().contains("counter") && error.message().contains("50000"), "{error}");
    });
}

#[test]
fn a_failing_reader_and_a_cancelled_plan_leave_nothing() {
    alone(|| {
        let broken = Arc::new(Counter { shape: vec![100, 10], opened: AtomicUsize::new(0), broken_at: Some(50) });
        let plan = Plan::new(vec![Output::Array(fold("sum", &Expr::source(broken), None))], Some(22_000)).unwrap();
        let error = plan.run(&mut |_, _| Ok(())).err().unwrap();
        assert!(error.message().contains("ends before"), "{error}");

        let whole = Expr::source(Counter::new(&[100, 10]));
        let plan = Plan::new(vec![Output::Array(fold("sum", &whole, None))], Some(22_000)).unwrap();
        let stop = || Error::new(ErrorKind::Value, "stopped by the user");
        let error = plan.run(&mut |done, _| if done > 3000 { Err(stop()) } else { Ok(()) }).err().unwrap();
        assert_eq!(error.message(), "stopped by the user");
    });
}

#[test]
fn what_cannot_be_streamed_says_so() {
    let x = Expr::source(Counter::new(&[100, 10]));
    let backwards = x.index(&[Index::Slice { start: None, stop: None, step: Some(-1) }]).err().unwrap();
    assert_eq!(backwards.kind(), ErrorKind::Unsupported);
    let mixed = x.transpose(None).unwrap().reshape(&[500, 2]).err().unwrap();
    assert_eq!(mixed.kind(), ErrorKind::Unsupported);
    let (a, b) = (x.index(&[slice(1, 100, 1)]).unwrap(), x.index(&[slice(0, 99, 1)]).unwrap());
    let shifted = Expr::ufunc(metes_kernels::ufunc("subtract").unwrap(), &[a, b]).err().unwrap();
    assert_eq!(shifted.kind(), ErrorKind::Unsupported);
}

#[test]
fn an_empty_source_reduces_to_the_identity() {
    alone(|| {
        let x = Expr::source(Counter::new(&[0, 4]));
        let results = run(&[fold("sum", &x, None), fold("sum", &x, Some(&[0]))], None);
        assert_eq!(numbers(&results[0]), [0.0]);
        assert_eq!(numbers(&results[1]), [0.0; 4]);
    });
}
