//! Which of an evaluation's cases are hard, kept from one run of `topple eval` to the next.
//!
//! Owns where they are kept, and what is said where they cannot be.

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
