//! What a reference keeps on disk: JSON that took hours, read and written in one way.
//!
//! Owns that only a file that is not there is computed without a word. Refuses to take one that cannot be read for none:
//! it would be replaced, and whoever wants that can move it away.

use std::path::Path;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use super::reference::ReferenceError;
use crate::files::{folder_of, if_there, write_whole};

/// What is stored at `path`; `None` where nothing is, or something of other `versions`, whose keys may be others too.
///
/// # Errors
/// When what is there cannot be read, or is something else.
pub(super) fn read_json<T: DeserializeOwned>(
    path: &Path,
    versions: &[(&str, u32)],
) -> Result<Option<T>, ReferenceError> {
    let unreadable = |reason: String| ReferenceError::Read {
        path: path.to_owned(),
        reason,
    };
    let read = if_there(std::fs::read(path)).map_err(|e| unreadable(e.to_string()))?;
    let Some(bytes) = read else {
        return Ok(None);
    };
    let whole: Value = serde_json::from_slice(&bytes).map_err(|e| unreadable(e.to_string()))?;
    // What has no version at all is none of an older program either.
    let has_any = versions.iter().any(|(key, _)| whole.get(key).is_some());
    let is_ours = |(key, ours): &(&str, u32)| whole.get(key) == Some(&Value::from(*ours));
    if has_any && !versions.iter().all(is_ours) {
        return Ok(None);
    }
    let stored = serde_json::from_value(whole);
    stored.map(Some).map_err(|e| unreadable(e.to_string()))
}

/// Writes `value` whole or not at all, in a folder that is made where it is not there.
///
/// # Errors
/// When the system refuses.
pub(super) fn write_json(path: &Path, value: &impl Serialize) -> Result<(), ReferenceError> {
    let write = || {
        std::fs::create_dir_all(folder_of(path))?;
        write_whole(path, &serde_json::to_vec(value)?)
    };
    write().map_err(|error: std::io::Error| ReferenceError::Write {
        path: path.to_owned(),
        error,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_nothing_and_what_cannot_be_read_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept/numbers.json");
        assert!(read_json::<Vec<u32>>(&path, &[]).unwrap().is_none());
        write_json(&path, &[1, 2]).unwrap();
        assert_eq!(read_json::<Vec<u32>>(&path, &[]).unwrap(), Some(vec![1, 2]));
        let refused = |path: &Path| {
            let error = read_json::<Vec<u32>>(path, &[("version", 2)]).unwrap_err();
            assert!(matches!(error, ReferenceError::Read { .. }), "{error}");
            error.to_string()
        };
        // Cut short, something else, and a folder of its name.
        for text in ["[1, 2", "{\"hours\": 3}"] {
            std::fs::write(&path, text).unwrap();
            assert!(refused(&path).contains("numbers.json"));
        }
        assert!(refused(dir.path()).contains(dir.path().to_str().unwrap()));
    }

    #[test]
    fn what_another_version_stored_is_nothing_whatever_its_keys_are() {
        #[derive(Debug, PartialEq, serde::Deserialize)]
        #[serde(deny_unknown_fields)]
        struct Kept {
            version: u32,
            hours: u32,
        }
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept.json");
        let read = |text: &str| {
            std::fs::write(&path, text).unwrap();
            read_json::<Kept>(&path, &[("version", 2)])
        };
        assert_eq!(read("{\"version\": 1, \"days\": 3}").unwrap(), None);
        let ours = read("{\"version\": 2, \"hours\": 3}").unwrap();
        assert_eq!(ours.map(|kept| kept.hours), Some(3));
        assert!(read("{\"version\": 2, \"days\": 3}").is_err());
    }
}
