//! A file that is written must not be the one that was read.
//!
//! Owns the refusal: a task, a plan, a data set or a model is somebody's work, what is made of it can be made again. Owns as well
//! what else is told of a name before anything is written there: that it can't be a file's, or is stdout's
//! ([`is_stdout`]).

use std::fs;
use std::path::Path;

use super::Failure;
use crate::files::folder_of;
use crate::scene::task::{SceneSource, TaskFile};

/// Refuses to write to `out` what is made from `input`, where both are the same file, by whatever name, or it lies in
/// the data set that `input` is.
///
/// # Errors
/// When they are.
pub(super) fn refuse_input(out: &Path, flag: &str, input: &Path) -> Result<(), Failure> {
    let whole = |path: &Path| fs::canonicalize(path).ok();
    let (Some(written), Some(read)) = (whole(out), whole(input)) else {
        return Ok(());
    };
    let what = match written == read {
        true => "the file that it is made from",
        false if written.starts_with(&read) => "a file of the data set that it is made from",
        false => return Ok(()),
    };
    Err(Failure::input_message(
        format!("{flag} {} would replace {what}", out.display()),
        format!("name another file with {flag}"),
    ))
}

/// The same for a task, the file that it has its scene from, and those that lead there.
///
/// # Errors
/// When `out` is one of them.
pub(super) fn refuse_task(out: &Path, flag: &str, task: &TaskFile) -> Result<(), Failure> {
    refuse_input(out, flag, &task.path)?;
    for between in &task.scene_through {
        refuse_input(out, flag, between)?;
    }
    match &task.scene_source {
        SceneSource::File(scene) => refuse_input(out, flag, scene),
        SceneSource::Inline => Ok(()),
    }
}

/// The same for a file of the model that is asked, where one was named.
///
/// # Errors
/// When `out` is its card, its weights or how its training went.
pub(super) fn refuse_model(out: &Path, flag: &str, model: Option<&Path>) -> Result<(), Failure> {
    const FILES: [&str; 3] = ["model.json", "model.safetensors", "train.jsonl"];
    let is_of = |model: &Path| FILES.iter().any(|f| is_same_place(out, &model.join(f)));
    if !model.is_some_and(is_of) {
        return Ok(());
    }
    Err(Failure::input_message(
        format!("{flag} {} would replace a file of the model", out.display()),
        format!("name another file with {flag}"),
    ))
}

/// Whether two names are of one file, there already or not.
pub(super) fn is_same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| {
        fs::canonicalize(path).ok().or_else(|| {
            let folder = fs::canonicalize(folder_of(path)).ok()?;
            Some(folder.join(path.file_name()?))
        })
    };
    one == other || place(one).is_some_and(|at| Some(at) == place(other))
}

/// Whether what is written to `out` comes out of stdout, by whatever name: `/dev/stdout`, `/dev/fd/1`, that of the pipe or
/// the file which stdout was turned to.
#[cfg(unix)]
pub(super) fn is_stdout(out: &Path) -> bool {
    use std::os::fd::AsFd;
    use std::os::unix::fs::MetadataExt;
    // Whatever goes there goes nowhere.
    if is_same_place(out, Path::new("/dev/null")) {
        return false;
    }
    let node = |found: fs::Metadata| (found.dev(), found.ino());
    // A pipe has no name that could be compared, but a place of its own.
    let stdout = std::io::stdout().as_fd().try_clone_to_owned();
    let stdout = stdout.and_then(|handle| fs::File::from(handle).metadata());
    match (stdout, fs::metadata(out)) {
        (Ok(stdout), Ok(out)) => node(stdout) == node(out),
        _ => false,
    }
}

/// Here stdout has no name.
#[cfg(not(unix))]
pub(super) fn is_stdout(_: &Path) -> bool {
    false
}

/// Refuses to write to stdout what --json, where it is `asked`, would be printed after.
///
/// # Errors
/// When `out` is stdout.
pub(super) fn refuse_beside_json(out: &Path, flag: &str, asked: bool) -> Result<(), Failure> {
    if !asked || !is_stdout(out) {
        return Ok(());
    }
    Err(Failure::input_message(
        format!("{flag} {} and --json both go to stdout", out.display()),
        format!("name another file with {flag}, or leave --json out"),
    ))
}

/// Refuses what can't be a file to write, before the work that is to be written there.
///
/// # Errors
/// When `out` is a folder, or in none.
pub(super) fn refuse_no_place(out: &Path, flag: &str) -> Result<(), Failure> {
    let folder = folder_of(out);
    let what = if out.is_dir() {
        format!("{flag} {} is a folder", out.display())
    } else if !folder.is_dir() {
        format!(
            "{flag} {}: there is no folder {}",
            out.display(),
            folder.display()
        )
    } else {
        return Ok(());
    };
    Err(Failure::input_message(
        what,
        format!("name a file in a folder that is there with {flag}"),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_the_data_set_that_was_read_is_not_replaced_and_a_new_one_beside_it_is_written() {
        let folder = tempfile::tempdir().unwrap();
        let set = folder.path().join("set");
        fs::create_dir_all(set.join("meta")).unwrap();
        let info = set.join("meta/info.json");
        fs::write(&info, "{}").unwrap();
        let Err(Failure::Input(report)) = refuse_input(&info, "--html", &set) else {
            panic!("it would have been replaced");
        };
        assert!(report.to_string().contains("a file of the data set"));
        assert!(refuse_input(&set.join("new.html"), "--html", &set).is_ok());
        assert!(refuse_input(&folder.path().join("set.html"), "--html", &set).is_ok());
    }

    #[test]
    fn a_file_of_the_model_that_is_asked_is_not_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let model = folder.path().join("model");
        fs::create_dir(&model).unwrap();
        let weights = model.join("model.safetensors");
        fs::write(&weights, "").unwrap();
        let refused = |out: &Path| refuse_model(out, "--moveit", Some(&model)).is_err();
        assert!(refused(&weights));
        fs::write(model.join("grasps.yaml"), "").unwrap();
        assert!(!refused(&model.join("grasps.yaml")));
        assert!(!refused(&folder.path().join("grasps.yaml")));
        assert!(refuse_model(&weights, "--moveit", None).is_ok());
    }

    #[test]
    fn no_file_that_a_scene_is_reached_through_is_replaced() {
        let folder = tempfile::tempdir().unwrap();
        let path = |name: &str| folder.path().join(name);
        let boxes = "{boxes: [{id: a, size: [0.2, 0.2, 0.2], position: [0, 0, 0.1], mass: 1}]}";
        let scenes = [
            ("boxes.yaml", boxes),
            ("second.yaml", "boxes.yaml"),
            ("first.yaml", "second.yaml"),
            ("task.yaml", "first.yaml"),
        ];
        for (name, scene) in scenes {
            let text = format!("version: 1\nname: one\nscene: {scene}\n");
            fs::write(path(name), text).unwrap();
        }
        let task = crate::scene::task::load(&path("task.yaml")).unwrap();
        assert_eq!(
            task.scene_through,
            [path("first.yaml"), path("second.yaml")]
        );
        for (name, _) in scenes {
            let refused = refuse_task(&path(name), "--html", &task);
            assert!(refused.is_err(), "{name} would have been replaced");
        }
        assert!(refuse_task(&path("new.html"), "--html", &task).is_ok());
    }
}
