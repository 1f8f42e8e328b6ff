//! A file larger than the limit, reduced in one pass: `cargo run -p metes --example stream`.

use metes::array::Array;
use metes::dtype::Kind;
use metes::eval::{Expr, Output, Plan};
use metes::kernels::{reduction, ufunc};
use metes::memory::{Memory, Result};
use metes::store::{NpzFile, savez_compressed};

fn main() -> Result<()> {
    let path = std::env::temp_dir().join(format!("metes-stream-{}.npz", std::process::id()));
    savez_compressed(&path, &[("x".to_owned(), Array::ones(&[4000, 1000], Kind::F64.into())?)])?;

    let memory = Memory::with_limit(Some(4 << 20));
    let result = memory.enter(|| -> Result<()> {
        let x = Expr::source(NpzFile::open(&path)?.member("x")?.source()?);
        let squares = Expr::ufunc(ufunc("multiply").expect("a row of the table"), &[x.clone(), x])?;
        let sum = reduction("sum").expect("a row of the table");
        let total = squares.reduce(sum, None, false, None, 0.0)?;
        let columns = squares.reduce(sum, Some(&[0]), false, None, 0.0)?;

        let plan = Plan::new(vec![Output::Array(total), Output::Array(columns)], None)?;
        println!("{plan}");
        let predicted = plan.peak_bytes();
        let results = plan.run(&mut |_, _| Ok(()))?;
        println!("measured peak {} bytes, predicted {predicted}", memory.stats().peak_bytes);
        let total = results[0].as_ref().expect("an array was asked for");
        println!("sum of squares {}", total.item(&[])?);
        Ok(())
    });
    std::fs::remove_file(&path)?;
    result
}
