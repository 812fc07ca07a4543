//! What a file of packings comes to: its stacks, and the names of those that the cut leaves nothing of.
//!
//! Owns [`Imported`], and that each stack has a name of its own.

use std::path::Path;

use super::error::ImportError;
use super::name::number_namesakes;
use super::stack::{Base, Cut, ImportedStack, Piece, assemble};

/// The stacks of a file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Imported {
    /// Those of which the cut leaves something.
    pub stacks: Vec<ImportedStack>,
    /// The names of the others.
    pub emptied: Vec<String>,
}

impl Imported {
    /// Adds the stack of `pieces` on `base`.
    pub(super) fn add(
        &mut self,
        name: String,
        base: &Base,
        pieces: Vec<Piece>,
        cut: &Cut,
        origin: &str,
    ) {
        match assemble(name.clone(), base, pieces, cut, origin) {
            Some(stack) => self.stacks.push(stack),
            None => self.emptied.push(name),
        }
    }

    /// All of a file, each under a name of its own.
    ///
    /// # Errors
    /// When there was none.
    pub(super) fn of(mut self, file: &Path) -> Result<Self, ImportError> {
        if self.stacks.is_empty() && self.emptied.is_empty() {
            return Err(ImportError::Empty {
                file: file.to_owned(),
            });
        }
        number_namesakes(&mut self.stacks);
        Ok(self)
    }
}
