//! Why a packing cannot be imported: the file, the line where one is to blame, and the remedy.

use std::fmt;
use std::path::{Path, PathBuf};

/// A file, and a line in it where one is known.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilePlace {
    /// As the user named it.
    pub file: PathBuf,
    /// Counted from one.
    pub line: Option<usize>,
}

impl FilePlace {
    /// A file, of no line.
    pub(super) fn of(file: &Path) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
        }
    }
}

impl fmt::Display for FilePlace {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "{}", self.file.display())?;
        match self.line {
            Some(line) => write!(f, ":{line}"),
            None => Ok(()),
        }
    }
}

/// Why a packing cannot be imported.
#[derive(Clone, Debug, PartialEq, thiserror::Error, miette::Diagnostic)]
pub enum ImportError {
    /// The file ends in the middle.
    #[error("{place}: the file ends too early: {detail}")]
    #[diagnostic(help("it looks truncated: fetch or copy it again"))]
    Truncated {
        /// Where.
        place: FilePlace,
        /// What the parser said.
        detail: String,
    },
    /// A missing key, a wrong type, or no such format at all.
    #[error("{place}: this is no {format} file: {detail}")]
    #[diagnostic(help("{remedy}"))]
    Malformed {
        /// Where.
        place: FilePlace,
        /// What was expected.
        format: &'static str,
        /// What the parser said.
        detail: String,
        /// What to do.
        remedy: String,
    },
    /// A size, a weight or a position that no box has.
    #[error("{place}: piece `{piece}` of `{stack}`: {field} is {value}")]
    #[diagnostic(help("{field} must be {need}"))]
    BadNumber {
        /// Where the piece is told.
        place: FilePlace,
        /// The order or the ULD.
        stack: String,
        /// The piece.
        piece: String,
        /// Its key in the data, or what it comes from.
        field: &'static str,
        /// What it was.
        value: f64,
        /// What it has to be.
        need: Need,
    },
    /// A loaded piece of which the file has no description.
    #[error(
        "{place}: `{stack}` loads piece `{piece}` of shipment `{shipment}`, which is not among the shipments"
    )]
    #[diagnostic(help("use a file that has both the shipments and the built ULDs of its segment"))]
    UnknownPiece {
        /// Where it is loaded.
        place: FilePlace,
        /// The ULD.
        stack: String,
        /// The shipment that is named.
        shipment: String,
        /// The piece that is named.
        piece: String,
    },
    /// Nothing that could be imported, cut or not.
    #[error("{}: there is no stack in this file", file.display())]
    #[diagnostic(help("use a file with placed boxes"))]
    Empty {
        /// The file.
        file: PathBuf,
    },
}

impl ImportError {
    /// Says on which line the number is that no box has; leaves other errors as they are.
    pub(super) fn on_line(mut self, line: Option<usize>) -> Self {
        if let Self::BadNumber { place, .. } = &mut self {
            place.line = line;
        }
        self
    }
}

/// What a number in the data has to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// A finite number above zero.
    Positive,
    /// A finite number.
    Finite,
    /// One of two numbers.
    ZeroOrOne,
}

impl fmt::Display for Need {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Positive => "a finite number above zero",
            Self::Finite => "a finite number",
            Self::ZeroOrOne => "0 or 1",
        })
    }
}

/// Checks a piece's numbers, each by its key in the data, before anything is computed from them.
///
/// # Errors
/// The first that no box has; `piece` of `stack` is whose they are, and `place` where they stand.
pub(super) fn check_numbers(
    (place, stack, piece): (&FilePlace, &str, &str),
    numbers: &[(&'static str, f64, Need)],
) -> Result<(), ImportError> {
    let is_wrong = |&&(_, value, need): &&(&str, f64, Need)| {
        !value.is_finite() || (need == Need::Positive && value <= 0.0)
    };
    match numbers.iter().find(is_wrong) {
        None => Ok(()),
        Some(&(field, value, need)) => Err(ImportError::BadNumber {
            place: place.clone(),
            stack: stack.to_owned(),
            piece: piece.to_owned(),
            field,
            value,
            need,
        }),
    }
}
