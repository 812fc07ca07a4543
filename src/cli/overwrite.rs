//! A file that is written must not be the one that was read.
//!
//! Owns the refusal: a task, a plan or a data set is somebody's work, what is made of it can be made again.

use std::fs;
use std::path::Path;

use super::Failure;

/// Refuses to write to `out` what is made from `input`, where both are the same file, by whatever name.
///
/// # Errors
/// When they are.
pub(super) fn refuse_input(out: &Path, flag: &str, input: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| fs::canonicalize(path).ok();
    match (whole(out), whole(input)) {
        (Some(out_file), Some(read)) if out_file == read => Err(Failure::input_message(
            format!(
                "{flag} {} would replace the file that it is made from",
                out.display()
            ),
            format!("name another file with {flag}"),
        )),
        _ => Ok(()),
    }
}
