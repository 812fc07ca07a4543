//! Files on disk, as every part of the program that keeps something there treats them.
//!
//! Owns [`if_there`]: only a file that is not there is an empty one.

use std::io;

/// What was read, or `None` where the file is not there. Any other error stays one: a file that
/// cannot be read now may still hold what nobody wants to lose.
///
/// # Errors
/// What the system said, unless it is [`io::ErrorKind::NotFound`].
pub fn if_there<T>(read: io::Result<T>) -> io::Result<Option<T>> {
    match read {
        Ok(contents) => Ok(Some(contents)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}
