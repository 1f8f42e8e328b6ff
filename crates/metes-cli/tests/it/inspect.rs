//! `metes inspect`

use crate::{metes, path};
use metes::array::{Array, Element};
use metes_cli::{DONE, FAILED};
use serde_json::{Value, json};
use std::path::Path;

pub fn save<T: Element>(file: &Path, shape: &[usize], values: &[T]) {
    metes::store::save(file, &Array::from_slice(shape, values).unwrap()).unwrap();
}

fn inspect(args: &[&str], file: &Path) -> (i32, String, String) {
    metes(
        std::iter::once("inspect")
            .chain(args.iter().copied())
            .map(Into::into)
            .chain([file.into()] as [std::ffi::OsString; 1]),
    )
}

fn parsed(args: &[&str], file: &Path) -> Vec<Value> {
    let (code, out, err) = inspect(&[&["--json"], args].concat(), file);
    assert_eq!((code, err.as_str()), (DONE, ""));
    serde_json::from_str(&out).unwrap()
}

#[test]
fn text_says_what_people_ask() {
    let file = path("text.npy");
    save(&file, &[2, 3], &[0.5f64, f64::NAN, -2.0, 1.0, f64::INFINITY, 4.0]);
    let (code, out, err) = inspect(&[], &file);
    assert_eq!((code, err.as_str()), (DONE, ""));
    let expected = format!(
        "{}\n  dtype      float64\n  shape      (2, 3)\n  order      C\n  format     .npy version 1.0\n  on disk    176 bytes\n  \
         in memory  48 bytes\n  range      -2.0 to inf\n  NaN        1\n  narrowest  float16, which saves 36 bytes\n",
        file.display()
    );
    assert_eq!(out, expected);
}

#[test]
fn json_has_numbers_where_numbers_can_be() {
    let file = path("json.npy");
    save(&file, &[4], &[u64::MAX, 0, 1, 2]);
    assert_eq!(
        parsed(&[], &file),
        [json!({
            "name": file.display().to_string(), "dtype": "uint64", "shape": [4], "fortran_order": false,
            "version": "1.0", "compressed": false, "stored_bytes": 160, "nbytes": 32,
            "min": 0, "max": u64::MAX, "nan_count": 0, "narrowest": "uint64", "narrowest_nbytes": 32,
        })]
    );
    save(&file, &[2], &[f64::NEG_INFINITY, 0.1]);
    let found = &parsed(&[], &file)[0];
    assert_eq!((&found["min"], &found["max"]), (&json!("-inf"), &json!(0.1)));
    let header = &parsed(&["--header"], &file)[0];
    assert_eq!((&header["dtype"], &header["min"]), (&json!("float64"), &Value::Null));
}

#[test]
fn archives_list_their_members_and_go_on_past_bad_ones() {
    let file = path("members.npz");
    let arrays = [
        ("mask".to_owned(), Array::from_slice(&[3], &[true, false, true]).unwrap()),
        ("one".to_owned(), Array::from_slice(&[], &[7i32]).unwrap()),
        ("none".to_owned(), Array::from_slice::<f32>(&[0, 3], &[]).unwrap()),
    ];
    metes::store::savez_compressed(&file, &arrays).unwrap();
    let found = parsed(&[], &file);
    let column = |key: &str| found.iter().map(|entry| entry[key].clone()).collect::<Vec<_>>();
    assert_eq!(column("max"), [json!(true), json!(7), Value::Null]);
    assert_eq!(column("narrowest"), ["bool", "int8", "float32"]);
    assert_eq!(found[0]["name"], format!("{}[mask]", file.display()));

    let mut bytes = std::fs::read(&file).unwrap();
    let second = bytes.windows(4).enumerate().filter(|(_, b)| b == b"PK\x03\x04").nth(1).unwrap().0;
    bytes[second..second + 4].copy_from_slice(b"gone");
    std::fs::write(&file, &bytes).unwrap();
    let (code, out, err) = inspect(&[], &file);
    assert_eq!(code, FAILED);
    assert!(err.starts_with("metes: ") && err.contains("[one]") && err.lines().count() == 1, "{err}");
    assert!(!out.contains("[one]") && out.contains("[mask]") && out.contains("[none]"), "{out}");
}

#[test]
fn a_limit_is_kept_or_refused_with_its_numbers() {
    let file = path("limit.npy");
    save(&file, &[1000, 100], &vec![1.5f64; 100_000]);
    let memory = metes::memory::Memory::new();
    let (code, _, err) = memory.enter(|| inspect(&["--limit", "200 KiB"], &file));
    assert_eq!((code, err.as_str()), (DONE, ""));
    assert!(memory.stats().peak_bytes <= 200 << 10, "{}", memory.stats().peak_bytes);
    let (code, out, err) = inspect(&["--limit", "10"], &file);
    assert_eq!((code, out.as_str()), (FAILED, ""));
    assert!(err.contains("10"), "{err}");
}

#[test]
fn what_cannot_be_read_is_named() {
    let missing = path("missing.npy");
    let (code, out, err) = inspect(&["--json"], &missing);
    assert_eq!(code, FAILED);
    assert!(err.contains("missing.npy"), "{err}");
    let told: Vec<Value> = serde_json::from_str(&out).unwrap();
    assert!(told[0]["error"].as_str().unwrap().contains("missing.npy"));
}
