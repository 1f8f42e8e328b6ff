//! `metes inspect`: what is in an .npy or .npz file, its values read once, in parts.

use crate::{Answer, Stop};
use clap::Args;
use metes::array::{Scalar, shape_text};
use metes::memory::{Error, parse_size, size_text};
use metes::store::{NpyFile, NpzFile, Survey, is_npz, open_npy, survey};
use serde::Serialize;
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Show dtype, shape, order and range of .npy and .npz files, and the narrowest dtype that holds their values
#[derive(Args)]
pub(crate) struct Inspect {
    /// .npy and .npz files
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Read headers only: no range, no narrowest dtype
    #[arg(long)]
    header: bool,
    /// Write one JSON array of objects instead of text
    #[arg(long)]
    json: bool,
    /// Most memory for values, as "64 MiB" or "10%"; by default some MiB
    #[arg(long, value_name = "SIZE", value_parser = limit)]
    limit: Option<usize>,
}

/// An array of a file, or why it cannot be read.
#[derive(Serialize)]
struct Entry {
    name: String,
    #[serde(flatten)]
    content: Content,
}

#[derive(Serialize)]
#[serde(untagged)]
enum Content {
    Array(Facts),
    Failure { error: String },
}

/// What is said of an array.
#[derive(Serialize)]
struct Facts {
    dtype: &'static str,
    shape: Vec<usize>,
    fortran_order: bool,
    version: String,
    compressed: bool,
    /// Bytes in the file and in memory.
    stored_bytes: u64,
    nbytes: u64,
    #[serde(flatten)]
    values: Option<Values>,
}

#[derive(Serialize)]
struct Values {
    min: Value,
    max: Value,
    nan_count: u64,
    narrowest: &'static str,
    narrowest_nbytes: u64,
}

impl Inspect {
    pub(crate) fn run(self, answer: &mut Answer) -> Result<(), Stop> {
        let mut entries = Vec::new();
        for path in &self.files {
            self.file(path, &mut |entry| {
                if let Content::Failure { error } = &entry.content {
                    answer.fail(error);
                } else if !self.json {
                    write!(answer.out, "{}", text(&entry))?;
                }
                entries.push(entry);
                Ok(())
            })?;
        }
        if self.json {
            let json = serde_json::to_string_pretty(&entries).map_err(std::io::Error::other)?;
            writeln!(answer.out, "{json}")?;
        }
        Ok(())
    }

    /// Tells every array of a file.
    fn file(&self, path: &Path, tell: &mut dyn FnMut(Entry) -> Result<(), Stop>) -> Result<(), Stop> {
        let name = path.display().to_string();
        let archive = is_npz(path).and_then(|zipped| if zipped { NpzFile::open(path).map(Some) } else { Ok(None) });
        match archive {
            Err(error) => tell(failure(name, &error)),
            Ok(None) => tell(self.entry(name, open_npy(path))),
            Ok(Some(archive)) => archive
                .names()
                .try_for_each(|member| tell(self.entry(format!("{name}[{member}]"), archive.member(member)))),
        }
    }

    fn entry(&self, name: String, file: Result<NpyFile, Error>) -> Entry {
        match file.and_then(|file| self.facts(&file)) {
            Ok(facts) => Entry { name, content: Content::Array(facts) },
            Err(error) => failure(name, &error),
        }
    }

    fn facts(&self, file: &NpyFile) -> Result<Facts, Error> {
        let header = file.header();
        let count = header.shape.iter().product::<usize>() as u64;
        let of = |survey: Survey| Values {
            min: json(survey.min),
            max: json(survey.max),
            nan_count: survey.nans,
            narrowest: survey.narrowest.name(),
            narrowest_nbytes: count * survey.narrowest.size() as u64,
        };
        Ok(Facts {
            dtype: header.dtype.name(),
            shape: header.shape.to_vec(),
            fortran_order: header.fortran,
            version: format!("{}.{}", header.version.0, header.version.1),
            compressed: !file.is_mappable(),
            stored_bytes: file.stored_bytes(),
            nbytes: count * header.dtype.size() as u64,
            values: if self.header { None } else { Some(of(survey(&file.lazy()?, self.limit)?)) },
        })
    }
}

fn limit(text: &str) -> Result<usize, String> {
    parse_size(text).map_err(|e| e.message().to_owned())
}

fn failure(name: String, error: &Error) -> Entry {
    Entry { name, content: Content::Failure { error: error.message().to_owned() } }
}

/// A value for JSON, which has no infinities: those become text.
fn json(value: Option<Scalar>) -> Value {
    match value {
        None => Value::Null,
        Some(Scalar::Bool(value)) => value.into(),
        Some(Scalar::Int(value)) => i64::try_from(value).map_or_else(|_| (value as u64).into(), Value::from),
        Some(Scalar::Float(value)) if value.is_finite() => value.into(),
        Some(other) => other.to_string().into(),
    }
}

/// An entry for people.
fn text(entry: &Entry) -> String {
    let Content::Array(facts) = &entry.content else { return String::new() };
    let order = if facts.fortran_order { "Fortran" } else { "C" };
    let packed = if facts.compressed { ", compressed" } else { "" };
    let mut lines = vec![
        entry.name.clone(),
        format!("  dtype      {}", facts.dtype),
        format!("  shape      {}", shape_text(&facts.shape)),
        format!("  order      {order}"),
        format!("  format     .npy version {}{packed}", facts.version),
        format!("  on disk    {}", bytes(facts.stored_bytes)),
        format!("  in memory  {}", bytes(facts.nbytes)),
    ];
    if let Some(values) = &facts.values {
        if !values.min.is_null() {
            lines.push(format!("  range      {} to {}", plain(&values.min), plain(&values.max)));
        }
        if values.nan_count > 0 {
            lines.push(format!("  NaN        {}", values.nan_count));
        }
        let saved = match facts.nbytes.saturating_sub(values.narrowest_nbytes) {
            0 => String::new(),
            saved => format!(", which saves {}", bytes(saved)),
        };
        lines.push(format!("  narrowest  {}{saved}", values.narrowest));
    }
    lines.join("\n") + "\n"
}

fn plain(value: &Value) -> String {
    match value {
        Value::Bool(true) => "True".to_owned(),
        Value::Bool(false) => "False".to_owned(),
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn bytes(count: u64) -> String {
    size_text(usize::try_from(count).unwrap_or(usize::MAX))
}
