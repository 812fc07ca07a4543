//! What is kept from one run of `topple eval` to the next, so that it takes no hours again.
//!
//! Owns where it is kept which of the cases are hard, and what is said where that cannot be, or where a reference is not there
//! yet. The references are [`crate::eval`]'s.

use std::path::Path;

use super::eval::{Common, reference_failed};
use super::interrupt::Interrupt;
use super::{Failure, print};
use crate::eval::choices::Choices;

/// What earlier runs chose of `name`, stored beside the references.
///
/// # Errors
/// When what is stored cannot be read.
pub(super) fn choices(
    common: &Common,
    name: &str,
    interrupt: &Interrupt,
) -> Result<Choices, Failure> {
    Choices::stored_in(&common.reference, name, common.seed)
        .map_err(|e| reference_failed(e, interrupt.signal()))
}

/// Stores what was chosen so far. A run goes on without that: nobody's figures hang on it.
pub(super) fn keep(choices: &Choices) {
    if let Err(why) = choices.store() {
        print::note(format!("{why}; the next run has to choose anew"));
    }
}

/// Says that the reference of so many is not there yet: that takes hours rather than seconds.
pub(super) fn note_missing(missing: usize, all: usize, what: &str, dir: &Path) {
    if missing > 0 {
        print::note(format!(
            "{missing} of {all} {what} have no reference of this version in {} (--reference): they are simulated now, which takes \
             long, and stored there",
            dir.display()
        ));
    }
}
