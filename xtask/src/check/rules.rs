//! Rules about what files may contain: `unsafe` in a named list, and words that have no place in the repository.

use crate::{Result, files, has_extension, root};
use std::path::Path;

/// The files that may contain `unsafe`; nothing else may.
const UNSAFE: &[&str] = &[
    "crates/metes-array/src/copy.rs",
    "crates/metes-array/src/create.rs",
    "crates/metes-array/src/inplace.rs",
    "crates/metes-array/src/past.rs",
    "crates/metes-array/src/scalar.rs",
    "crates/metes-array/src/spell.rs",
    "crates/metes-array/src/select/along.rs",
    "crates/metes-array/src/select/choose.rs",
    "crates/metes-array/src/select/coordinates.rs",
    "crates/metes-array/src/select/gather.rs",
    "crates/metes-array/src/select/moves.rs",
    "crates/metes-array/src/select/offsets.rs",
    "crates/metes-array/src/select/parts.rs",
    "crates/metes-array/src/select/pick.rs",
    "crates/metes-array/src/select/plain.rs",
    "crates/metes-array/src/select/reader.rs",
    "crates/metes-array/src/select/trues.rs",
    "crates/metes-array/src/select/truths.rs",
    "crates/metes-array/src/typed.rs",
    "crates/metes-eval/src/along.rs",
    "crates/metes-eval/src/direct.rs",
    "crates/metes-eval/src/loose.rs",
    "crates/metes-eval/src/put.rs",
    "crates/metes-eval/src/elements.rs",
    "crates/metes-eval/src/exec.rs",
    "crates/metes-eval/src/domain.rs",
    "crates/metes-eval/src/meeting.rs",
    "crates/metes-eval/src/fold/run.rs",
    "crates/metes-eval/src/folding.rs",
    "crates/metes-eval/src/past.rs",
    "crates/metes-eval/src/program.rs",
    "crates/metes-eval/src/quick.rs",
    "crates/metes-eval/src/reducer.rs",
    "crates/metes-eval/src/runs.rs",
    "crates/metes-eval/src/sorting/hashed.rs",
    "crates/metes-eval/src/sorting/lanes.rs",
    "crates/metes-eval/src/sorting/lexsort.rs",
    "crates/metes-eval/src/sorting/members.rs",
    "crates/metes-eval/src/sorting/unique.rs",
    "crates/metes-eval/src/sorting/others.rs",
    "crates/metes-eval/src/sorting/whole.rs",
    "crates/metes-eval/src/sorting/search.rs",
    "crates/metes-eval/src/sorting/words_of.rs",
    "crates/metes-eval/src/words.rs",
    "crates/metes-eval/src/spelling.rs",
    "crates/metes-eval/src/split.rs",
    "crates/metes-eval/src/status.rs",
    "crates/metes-eval/src/stream.rs",
    "crates/metes-eval/src/strips.rs",
    "crates/metes-eval/src/tree.rs",
    "crates/metes-eval/src/walk.rs",
    "crates/metes-eval/src/whole.rs",
    "crates/metes-factor/src/backend.rs",
    "crates/metes-factor/src/dense.rs",
    "crates/metes-factor/src/factor.rs",
    "crates/metes-factor/src/product.rs",
    "crates/metes-gemm/src/job.rs",
    "crates/metes-gemm/src/kernel.rs",
    "crates/metes-gemm/src/lanes.rs",
    "crates/metes-gemm/src/lent.rs",
    "crates/metes-gemm/src/pack.rs",
    "crates/metes-gemm/src/tile.rs",
    "crates/metes-kernels/src/blocks.rs",
    "crates/metes-kernels/src/cast.rs",
    "crates/metes-kernels/src/curves/loops.rs",
    "crates/metes-kernels/src/elem.rs",
    "crates/metes-kernels/src/lib.rs",
    "crates/metes-kernels/src/loops.rs",
    "crates/metes-kernels/src/reduce/mod.rs",
    "crates/metes-kernels/src/rows.rs",
    "crates/metes-kernels/src/sort/avx2.rs",
    "crates/metes-kernels/src/sort/key.rs",
    "crates/metes-kernels/src/sort/mod.rs",
    "crates/metes-kernels/src/sort/network.rs",
    "crates/metes-kernels/src/sort/places.rs",
    "crates/metes-kernels/src/sort/quick.rs",
    "crates/metes-kernels/src/sort/search.rs",
    "crates/metes-kernels/src/sort/values.rs",
    "crates/metes-kernels/src/sort/vector.rs",
    "crates/metes-kernels/src/table/pairs.rs",
    "crates/metes-linalg/src/blocks.rs",
    "crates/metes-linalg/src/decompose/eigen.rs",
    "crates/metes-linalg/src/decompose/little.rs",
    "crates/metes-linalg/src/decompose/mod.rs",
    "crates/metes-linalg/src/decompose/orthogonal.rs",
    "crates/metes-linalg/src/decompose/small.rs",
    "crates/metes-linalg/src/decompose/square.rs",
    "crates/metes-linalg/src/fft/lines.rs",
    "crates/metes-linalg/src/fft/long.rs",
    "crates/metes-linalg/src/fft/roots.rs",
    "crates/metes-linalg/src/ring.rs",
    "crates/metes-linalg/src/short.rs",
    "crates/metes-memory/src/budget.rs",
    "crates/metes-memory/src/buffer.rs",
    "crates/metes-memory/src/failing.rs",
    "crates/metes-memory/src/fork.rs",
    "crates/metes-memory/src/ledger.rs",
    "crates/metes-memory/src/map.rs",
    "crates/metes-memory/src/memory.rs",
    "crates/metes-memory/src/pool.rs",
    "crates/metes-memory/src/raw/mod.rs",
    "crates/metes-memory/src/raw/range.rs",
    "crates/metes-memory/src/raw/shard.rs",
    "crates/metes-memory/src/raw/sites.rs",
    "crates/metes-memory/src/raw/spare.rs",
    "crates/metes-memory/src/raw/thread.rs",
    "crates/metes-memory/src/shelf.rs",
    "crates/metes-memory/src/slab.rs",
    "crates/metes-memory/src/source.rs",
    "crates/metes-memory/src/system.rs",
    "crates/metes-memory/src/testing.rs",
    "crates/metes-memory/src/thread_cache.rs",
    "crates/metes-memory/src/turn.rs",
    "crates/metes-py/src/arrow/abi.rs",
    "crates/metes-py/src/arrow/export.rs",
    "crates/metes-py/src/arrow/import.rs",
    "crates/metes/src/ndarray.rs",
    "crates/metes-py/src/attributes.rs",
    "crates/metes-py/src/buffer/export.rs",
    "crates/metes-py/src/buffer/import.rs",
    "crates/metes-py/src/dlpack/export.rs",
    "crates/metes-py/src/dlpack/import.rs",
    "crates/metes-py/src/dlpack/tensor.rs",
    "crates/metes-py/src/element.rs",
    "crates/metes-py/src/fastcall.rs",
    "crates/metes-py/src/foreign.rs",
    "crates/metes-py/src/frames.rs",
    "crates/metes-py/src/index.rs",
    "crates/metes-py/src/interface.rs",
    "crates/metes-py/src/interface_struct.rs",
    "crates/metes-py/src/items.rs",
    "crates/metes-py/src/iterate.rs",
    "crates/metes-py/src/number.rs",
    "crates/metes-py/src/numpy/handler.rs",
    "crates/metes-py/src/numpy/hooks.rs",
    "crates/metes-py/src/numpy/mod.rs",
    "crates/metes-py/src/object.rs",
    "crates/metes-py/src/objects.rs",
    "crates/metes-py/src/rows.rs",
    "crates/metes-py/src/site.rs",
    "crates/metes-py/src/transparency.rs",
    "crates/metes-py/src/turn.rs",
    "crates/metes-py/src/functions/texts.rs",
    "crates/metes-store/src/decode.rs",
    "crates/metes-store/src/npy.rs",
    "crates/metes-store/src/write.rs",
    "crates/metes-threads/src/job.rs",
    "crates/metes-threads/src/pool.rs",
    "crates/private-gemm-x86/src/lib.rs",
];

/// Words that have no place here. Those of places where packages are kept are put together from halves, since this
/// file is searched too.
const WORDS: &[&str] = &[
    concat!("to", "do!("),
    concat!("unimple", "mented!("),
    concat!("db", "g!("),
    concat!("FIX", "ME"),
    concat!("XX", "X"),
    concat!("HA", "CK"),
    concat!("crates", ".io"),
    concat!("pypi", ".org"),
    concat!("pythonhosted", ".org"),
    concat!("/ho", "me/"),
    concat!("/ro", "ot/"),
];

/// Every file with the word `unsafe` in its code is in the list, and every file of the list still has one.
pub fn unsafe_files() -> Result<String> {
    let sources = files(&root().join("crates"), &is_library_code);
    let with: Vec<String> = sources.iter().filter(|path| has_unsafe(path)).map(|path| relative(path)).collect();
    let listed = |path: &str| UNSAFE.contains(&path);
    let mut wrong: Vec<String> = with
        .iter()
        .filter(|path| !listed(path))
        .map(|path| format!("{path}: contains unsafe code, and is not in the list of xtask/src/check/rules.rs"))
        .collect();
    let stale = UNSAFE.iter().filter(|entry| !with.iter().any(|path| path == *entry));
    wrong.extend(
        stale.map(|entry| format!("{entry}: is in the list of xtask/src/check/rules.rs, and has no unsafe code")),
    );
    if wrong.is_empty() { Ok(format!("{} of {} files", with.len(), sources.len())) } else { Err(wrong.join("\n")) }
}

/// What users run; tests may look at bytes as they like.
fn is_library_code(path: &Path) -> bool {
    has_extension(path, &["rs"]) && path.components().any(|part| part.as_os_str() == "src")
}

/// No file of the repository contains one of the words.
pub fn words() -> Result<String> {
    let kinds = ["rs", "py", "md", "toml", "html", "js", "pyi", "typed", "yml", "yaml", "sh"];
    let texts = files(&root(), &|path| has_extension(path, &kinds) || path.ends_with(".ci/run"));
    let mut wrong = Vec::new();
    for path in &texts {
        let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}", path.display()))?;
        for (number, line) in text.lines().enumerate() {
            let found = WORDS.iter().filter(|word| line.contains(**word));
            wrong.extend(found.map(|word| format!("{}:{}: contains `{word}`", relative(path), number + 1)));
        }
    }
    if wrong.is_empty() { Ok(format!("{} files", texts.len())) } else { Err(wrong.join("\n")) }
}

/// Whether code, outside comments and lint names, says `unsafe`.
fn has_unsafe(path: &Path) -> bool {
    let text = std::fs::read_to_string(path).unwrap_or_default();
    text.lines().map(|line| line.split("//").next().unwrap_or_default()).any(says_unsafe)
}

fn says_unsafe(code: &str) -> bool {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    code.match_indices("unsafe").any(|(at, found)| {
        let (before, after) = (&code[..at], &code[at + found.len()..]);
        !before.ends_with(word) && after.starts_with([' ', '(']) || (after.is_empty() && !before.ends_with(word))
    })
}

fn relative(path: &Path) -> String {
    path.strip_prefix(root()).unwrap_or(path).to_string_lossy().replace('\\', "/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unsafe_is_a_word_of_code() {
        for code in ["unsafe { x }", "    unsafe fn f() {}", "#[unsafe(no_mangle)]", "pub unsafe"] {
            assert!(says_unsafe(code), "{code}");
        }
        for code in ["#![forbid(unsafe_code)]", "let not_unsafe = 1;", "fn unsafely()"] {
            assert!(!says_unsafe(code), "{code}");
        }
    }
}
