#!/bin/sh
# run.sh TARGET [libFuzzer options or inputs]: builds a target with coverage and AddressSanitizer and runs it.
set -eu
cd "$(dirname "$0")"
target=$1
shift
# The switches are unstable by name only; the stable compiler has them.
export RUSTC_BOOTSTRAP=1
export RUSTFLAGS="--cfg fuzzing -Zsanitizer=address -Ccodegen-units=1 -Cpasses=sancov-module \
-Cllvm-args=-sanitizer-coverage-level=4 -Cllvm-args=-sanitizer-coverage-inline-8bit-counters \
-Cllvm-args=-sanitizer-coverage-pc-table -Cllvm-args=-sanitizer-coverage-trace-compares"
host=$(rustc -vV | sed -n 's/^host: //p')
cargo build --quiet --release --target "$host" --bin "$target"
mkdir -p "corpus/$target" "artifacts/$target"
for input in "$@"; do
    # Inputs to run alone, in place of a search.
    case $input in -*) ;; *) exec "target/$host/release/$target" "$@" ;; esac
done
case $target in npy_header) seeds=.npy ;; *) seeds=.npz ;; esac
cp ../crates/metes-store/tests/data/*$seeds "corpus/$target/"
exec "target/$host/release/$target" "-artifact_prefix=artifacts/$target/" "$@" "corpus/$target"
