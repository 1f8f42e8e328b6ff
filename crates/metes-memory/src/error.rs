//! The one error of the workspace.

use std::fmt;

/// Shorthand for results of the workspace.
pub type Result<T> = std::result::Result<T, Error>;

/// What sort of thing went wrong; the doors map each kind to one exception type or exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// A value or shape that the operation cannot take.
    Value,
    /// A dtype that the operation cannot take.
    Type,
    /// A cast that the casting level forbids.
    Casting,
    /// An index out of range or of the wrong sort.
    Index,
    /// An axis that the array does not have.
    Axis,
    /// A number that does not fit its dtype or the address space.
    Overflow,
    /// Memory refused by a limit or by the operating system.
    Memory,
    /// A write to something read-only.
    ReadOnly,
    /// Bytes in use by somebody else in a conflicting way.
    Busy,
    /// A matrix that the operation cannot take: singular, not definite, without convergence, of another shape.
    LinAlg,
    /// The exact answer costs more work than the caller allowed.
    TooHard,
    /// The operating system reports a failure of input or output.
    Io,
    /// A file whose contents are not what they must be.
    Format,
    /// Something Metes does not do; the message says what to do instead.
    Unsupported,
}

/// Why memory is short.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Shortage {
    /// What lives and what was asked for is more than somebody allowed.
    #[default]
    Budget,
    /// It is more than the container or the machine has.
    True,
    /// It would fit, but what is free lies between what lives.
    Fragmented,
    /// It would fit without blocks that are kept alive for a small part of them.
    Pinned,
    /// The system refuses though it would fit: others hold the rest.
    Foreign,
}

impl Shortage {
    /// All of them.
    pub const ALL: &'static [Shortage] =
        &[Shortage::Budget, Shortage::True, Shortage::Fragmented, Shortage::Pinned, Shortage::Foreign];

    /// Its name: `"budget"`.
    pub fn name(self) -> &'static str {
        match self {
            Shortage::Budget => "budget",
            Shortage::True => "true",
            Shortage::Fragmented => "fragmented",
            Shortage::Pinned => "pinned",
            Shortage::Foreign => "foreign",
        }
    }

    /// What helps.
    fn remedy(self) -> &'static str {
        match self {
            Shortage::Budget => "free some of them, raise the limit, or compute lazily in parts",
            Shortage::True => "free some of them, use a narrower dtype, or compute lazily in parts",
            Shortage::Fragmented => "free what lies between, or make short- and long-lived arrays apart",
            Shortage::Pinned => "copy the small views, so that their blocks can go",
            Shortage::Foreign => "memory outside arrays is what is full: look at other libraries and processes",
        }
    }

    /// What it is, and what helps, in a sentence.
    pub fn text(self) -> String {
        format!("cause: {}; {}", self.name(), self.remedy())
    }
}

/// The numbers behind a refusal of memory.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct Refusal {
    /// Bytes asked for.
    pub requested: usize,
    /// The limit that refused, in bytes; `None` where the operating system refused.
    pub limit: Option<usize>,
    /// Bytes charged to that limit at the time.
    pub live: usize,
    /// The largest holders: where made, and bytes.
    pub holders: Vec<(String, usize)>,
    /// Why memory is short.
    pub shortage: Shortage,
}

/// What went wrong: a kind, and a message that names the operation, the dtypes, the shapes and the numbers.
#[derive(Clone)]
pub struct Error(Box<Inner>);

#[derive(Clone)]
struct Inner {
    kind: ErrorKind,
    message: String,
    refusal: Option<Refusal>,
}

impl Error {
    /// An error of `kind` saying `message`.
    pub fn new(kind: ErrorKind, message: impl Into<String>) -> Error {
        Error(Box::new(Inner { kind, message: message.into(), refusal: None }))
    }

    /// A refusal of memory with its numbers.
    pub fn refused(message: impl Into<String>, refusal: Refusal) -> Error {
        Error(Box::new(Inner { kind: ErrorKind::Memory, message: message.into(), refusal: Some(refusal) }))
    }

    /// The kind.
    pub fn kind(&self) -> ErrorKind {
        self.0.kind
    }

    /// The message.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The numbers, where memory was refused.
    pub fn refusal(&self) -> Option<&Refusal> {
        self.0.refusal.as_ref()
    }

    /// The same error, its message led by `what`: `"land.npz, member mask: …"`.
    #[must_use]
    pub fn context(mut self, what: impl fmt::Display) -> Error {
        self.0.message = format!("{what}: {}", self.0.message);
        self
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.message)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}: {}", self.0.kind, self.0.message)
    }
}

impl std::error::Error for Error {}

impl From<std::io::Error> for Error {
    fn from(error: std::io::Error) -> Error {
        Error::new(ErrorKind::Io, error.to_string())
    }
}
