//! A file larger than the limit, reduced in one pass: `cargo run -p metes --example stream`.

use metes::Result;
use metes::prelude::*;
use metes::store::{NpzFile, savez_compressed};

fn main() -> Result<()> {
    let path = std::env::temp_dir().join(format!("metes-stream-{}.npz", std::process::id()));
    savez_compressed(&path, &[("x".to_owned(), Array::ones(&[4000, 1000], Kind::F64.into())?)])?;

    let memory = Memory::with_limit(Some(4 << 20));
    let result = memory.enter(|| -> Result<()> {
        let x = Expr::source(NpzFile::open(&path)?.member("x")?.source()?);
        let squares = lazy::square(x)?;
        let total = lazy::sum(&squares, ..)?;
        let columns = lazy::sum(&squares, 0)?;

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
