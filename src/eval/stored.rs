//! What a reference keeps on disk: JSON that took hours, read and written in one way.
//!
//! Owns that nothing that took hours is replaced by less: a file that cannot be read is not taken for none, and whoever wants
//! that can move it away; one that another version of the program stored is kept beside the new one.

use std::path::{Path, PathBuf};

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
    if others(&whole, versions).is_some() {
        return Ok(None);
    }
    let stored = serde_json::from_value(whole);
    stored.map(Some).map_err(|e| unreadable(e.to_string()))
}

/// The versions that `whole` is of, where these are not ours; what has no version at all is of none other.
fn others(whole: &Value, versions: &[(&str, u32)]) -> Option<Vec<String>> {
    let theirs = || versions.iter().map(|(key, _)| whole.get(key));
    let is_ours = |(key, ours): &(&str, u32)| whole.get(key) == Some(&Value::from(*ours));
    let is_other = theirs().any(|v| v.is_some()) && !versions.iter().all(is_ours);
    is_other.then(|| theirs().flatten().map(Value::to_string).collect())
}

/// Writes `value` whole or not at all, in a folder that is made where it is not there. What is there of other `versions` is
/// renamed first.
///
/// # Errors
/// When the system refuses.
pub(super) fn write_json(
    path: &Path,
    versions: &[(&str, u32)],
    value: &impl Serialize,
) -> Result<(), ReferenceError> {
    let write = || {
        std::fs::create_dir_all(folder_of(path))?;
        if let Some(kept) = place_of_others(path, versions)? {
            std::fs::rename(path, kept)?;
        }
        write_whole(path, &serde_json::to_vec(value)?)
    };
    write().map_err(|error: std::io::Error| ReferenceError::Write {
        path: path.to_owned(),
        error,
    })
}

/// Where what other versions stored at `path` is to go: `kept.json` of the versions 6 and 4 to `kept.of-6-4.json`, or where
/// such a file is there already to `kept.of-6-4-2.json` and so on.
fn place_of_others(path: &Path, versions: &[(&str, u32)]) -> std::io::Result<Option<PathBuf>> {
    let Some(bytes) = if_there(std::fs::read(path))? else {
        return Ok(None);
    };
    let whole: Value = serde_json::from_slice(&bytes)?;
    let Some(numbers) = others(&whole, versions) else {
        return Ok(None);
    };
    let numbers = numbers.join("-");
    let named = |end: String| path.with_extension(format!("of-{numbers}{end}.json"));
    let more = (2..).map(|n| named(format!("-{n}")));
    let mut places = std::iter::once(named(String::new())).chain(more);
    Ok(places.find(|place| !place.exists()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_nothing_and_what_cannot_be_read_is_an_error_that_names_it() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept/numbers.json");
        assert!(read_json::<Vec<u32>>(&path, &[]).unwrap().is_none());
        write_json(&path, &[], &[1, 2]).unwrap();
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

    #[test]
    fn what_took_another_version_hours_is_kept_beside_what_takes_its_place() {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("kept.json");
        let versions = [("version", 2), ("suite", 5)];
        let old = "{\"version\": 1, \"suite\": 4, \"days\": 3}";
        std::fs::write(&path, old).unwrap();
        let ours = serde_json::json!({"version": 2, "suite": 5});
        for _ in 0..2 {
            write_json(&path, &versions, &ours).unwrap();
            let stored: Option<Value> = read_json(&path, &versions).unwrap();
            assert_eq!(stored, Some(ours.clone()));
        }
        let kept = |name: &str| std::fs::read_to_string(dir.path().join(name)).unwrap();
        assert_eq!(kept("kept.of-1-4.json"), old);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 2);
        // And again, when the other version has stored less since.
        let less = "{\"version\": 1, \"suite\": 4}";
        std::fs::write(&path, less).unwrap();
        write_json(&path, &versions, &ours).unwrap();
        assert_eq!(kept("kept.of-1-4.json"), old);
        assert_eq!(kept("kept.of-1-4-2.json"), less);
    }
}
