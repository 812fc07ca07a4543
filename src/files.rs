//! Files on disk, as every part of the program that keeps something there treats them.
//!
//! Owns the one way of writing, [`write_whole`]: to a temporary file beside the target, to disk, then renamed. A crash
//! leaves the old file or the new one, never half of either; a killed process may leave a temporary file, which
//! [`is_part`] tells. A link stays a link, and what is no plain file (a pipe, a device) or was handed to this program open
//! (`/dev/stdout`) is written to as it stands. Owns as well that a file that is not there is told from one that cannot
//! be read ([`if_there`]), that one process alone writes to a folder ([`lock`]), and how a file is named by what is in it
//! ([`sha256`]). Refuses to make folders: its callers know which are theirs.

use std::fmt::Write as _;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

/// How the names of temporary files begin, and how they end; between them is what no other process uses.
const PART: (&str, &str) = (".topple-", ".part");

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

/// Writes all of `bytes` to `path`, or leaves `path` as it was; what is written to as it stands keeps what got there.
///
/// # Errors
/// When the system refuses; no temporary file is left then. Where it refuses nothing but to make the new name last
/// through a power cut, the new file is there all the same.
pub fn write_whole(path: &Path, bytes: &[u8]) -> io::Result<()> {
    write_whole_by(path, |file| file.write_all(bytes))
}

/// As [`write_whole`], from another file.
///
/// # Errors
/// As [`write_whole`].
pub fn copy_whole(mut from: &File, to: &Path) -> io::Result<()> {
    write_whole_by(to, |file| io::copy(&mut from, file).map(drop))
}

fn write_whole_by(path: &Path, fill: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    if let Some(mut file) = open_as_it_stands(path)? {
        return fill(&mut file);
    }
    let path = pointed_at(path);
    let folder = folder_of(&path);
    let mut builder = tempfile::Builder::new();
    builder.prefix(PART.0).suffix(PART.1);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // What any new file gets, less the umask; a temporary file would be its owner's alone.
        builder.permissions(fs::Permissions::from_mode(0o666));
    }
    let mut file = builder.tempfile_in(folder).map_err(without_path)?;
    // Who may read the old file may read the new one, and nobody else.
    if let Some(old) = if_there(fs::metadata(&path))? {
        file.as_file().set_permissions(old.permissions())?;
    }
    fill(file.as_file_mut())?;
    // A rename may reach the disk before the data does; then a power cut leaves an empty file.
    file.as_file().sync_all()?;
    file.persist(&path).map_err(|e| e.error)?;
    sync_folder(folder)
}

/// Where a file lies; a bare name lies here.
pub(crate) fn folder_of(path: &Path) -> &Path {
    let named = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    named.unwrap_or(Path::new("."))
}

/// What must not be replaced by another file of its name, opened to be written to; `None` where `path` is a plain file,
/// or nothing yet. Looked at under the name that was given: a pipe is found by no other.
fn open_as_it_stands(path: &Path) -> io::Result<Option<File>> {
    if let Some(handed) = hops(path).find_map(|hop| handed_open(&hop)) {
        return handed.map(Some);
    }
    match fs::metadata(path) {
        Ok(found) if !found.is_file() => OpenOptions::new().write(true).open(path).map(Some),
        _ => Ok(None),
    }
}

/// The open file that `path` names by its descriptor (`/dev/fd/3`; `/dev/stdout` is a link to one), to be written on.
/// Others write there as well, so also where it is a plain file nothing before or after may be lost.
#[cfg(unix)]
fn handed_open(path: &Path) -> Option<io::Result<File>> {
    use std::os::fd::AsFd;
    let folder = fs::canonicalize(folder_of(path)).ok()?;
    let ours = format!("/proc/{}/fd", std::process::id());
    let is_ours = folder == Path::new("/dev/fd") || folder == Path::new(&ours);
    let is_another = folder.starts_with("/proc") && folder.ends_with("fd");
    if !is_ours && !is_another {
        return None;
    }
    // A copy of the descriptor goes on where it is; a file that is opened anew would begin at its start.
    let copy = match path.file_name()?.to_str()? {
        "1" if is_ours => io::stdout().as_fd().try_clone_to_owned(),
        "2" if is_ours => io::stderr().as_fd().try_clone_to_owned(),
        // Of any other none can be had by its number alone: at the end nothing is lost.
        _ => return Some(OpenOptions::new().append(true).open(path)),
    };
    Some(copy.map(File::from))
}

/// Nothing here is named by its descriptor.
#[cfg(not(unix))]
fn handed_open(_: &Path) -> Option<io::Result<File>> {
    None
}

/// `path` and what it points at, link by link.
fn hops(path: &Path) -> impl Iterator<Item = PathBuf> {
    let next = |path: &PathBuf| {
        let to = fs::read_link(path).ok()?;
        Some(path.parent().map_or(to.clone(), |folder| folder.join(&to)))
    };
    // As many as Linux follows.
    std::iter::successors(Some(path.to_owned()), next).take(40)
}

/// A link stays a link: what it points at is written, also where that is not there yet.
fn pointed_at(path: &Path) -> PathBuf {
    let whole = hops(path).find_map(|hop| fs::canonicalize(hop).ok());
    let whole = whole.or_else(|| hops(path).last());
    whole.unwrap_or_else(|| path.to_owned())
}

/// Makes a rename in `folder` last through a power cut, where the system can: not every file system syncs folders,
/// and a folder that may be written to need not be one that may be opened.
fn sync_folder(folder: &Path) -> io::Result<()> {
    use io::ErrorKind::{InvalidInput, PermissionDenied, Unsupported};
    if !cfg!(unix) {
        return Ok(());
    }
    match File::open(folder).and_then(|folder| folder.sync_all()) {
        Err(e) if !matches!(e.kind(), InvalidInput | PermissionDenied | Unsupported) => Err(e),
        _ => Ok(()),
    }
}

/// What the system said, without the temporary file's name that `tempfile` adds: nobody gave it.
fn without_path(error: io::Error) -> io::Error {
    let told = error.to_string();
    match told.split_once(" at path ") {
        Some((why, _)) => io::Error::new(error.kind(), why.to_owned()),
        None => error,
    }
}

/// Whether a killed [`write_whole`] may have left `path`: only then may it be removed.
pub fn is_part(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(PART.0) && name.ends_with(PART.1)
}

/// Removes what killed writes left in `folder` itself. Nobody else may be writing there.
///
/// # Errors
/// When the system refuses; a folder that is not there holds nothing.
pub fn remove_parts(folder: &Path) -> io::Result<()> {
    let Some(entries) = if_there(fs::read_dir(folder))? else {
        return Ok(());
    };
    for entry in entries {
        let path = entry?.path();
        if is_part(&path) {
            if_there(fs::remove_file(&path))?;
        }
    }
    Ok(())
}

/// Another process has the folder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Taken;

/// Keeps every other process that asks for `folder` here out of it, as long as what is returned lives; `None` where the system
/// cannot lock a folder.
///
/// # Errors
/// When another process has it.
pub fn lock(folder: &Path) -> Result<Option<File>, Taken> {
    let Ok(handle) = File::open(folder) else {
        return Ok(None);
    };
    match handle.try_lock() {
        Ok(()) => Ok(Some(handle)),
        Err(TryLockError::WouldBlock) => Err(Taken),
        Err(TryLockError::Error(_)) => Ok(None),
    }
}

/// Bytes as lower-case hexadecimal digits.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string cannot fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// SHA-256 of `bytes` in hexadecimal digits.
pub fn sha256(bytes: impl AsRef<[u8]>) -> String {
    hex(&Sha256::digest(bytes))
}

#[cfg(test)]
mod tests;
