//! Task files as stacks to make episodes from: what `generate --scenes` names.
//!
//! Owns finding them, and the check before anything is written that each stands. What becomes of them is
//! [`crate::dataset::given`]'s.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use rayon::prelude::*;

use super::interrupt::Interrupt;
use super::{Failure, print};
use crate::dataset::Split;
use crate::dataset::given::GivenScene;
use crate::model::calibration::MIN_STACKS;
use crate::scene::task;

/// Scenes that a message names before it only counts them.
const NAMED: usize = 5;

/// The scenes of `paths`, each once, in an order that does not depend on how they are named; with `for_training_only`
/// those whose episodes train.
///
/// # Errors
/// When a path is not there, a folder holds no task file, a file is wrong, or a scene does not stand.
pub(super) fn read(
    paths: &[PathBuf],
    for_training_only: bool,
    interrupt: &Interrupt,
) -> Result<Arc<[GivenScene]>, Failure> {
    let mut files = Vec::new();
    for path in paths {
        files.extend(task_files(path)?);
    }
    let scenes: Result<Vec<GivenScene>, Failure> = files
        .iter()
        .map(|path| {
            let file = task::load(path).map_err(Failure::input)?;
            Ok(GivenScene::new(file.name, folder_of(path), file.workcell))
        })
        .collect();
    let mut scenes = scenes?;
    scenes.sort_by(|a, b| a.key().cmp(&b.key()));
    scenes.dedup_by(|a, b| a.key() == b.key());
    if for_training_only {
        // What a model chooses is trained on whole, so no other packing may be among it.
        let all = scenes.len();
        scenes.retain(|scene| scene.split() == Split::Train);
        let others = all - scenes.len();
        if others > 0 {
            print::note(format!(
                "{others} of {all} scenes are left out: they validate or calibrate"
            ));
        }
        if scenes.is_empty() {
            return Err(Failure::input_message(
                "none of the scenes is for training: by what they hold they validate or calibrate",
                "give more of them to --scenes",
            ));
        }
    }
    refuse_what_falls(&scenes, interrupt)?;
    if !for_training_only {
        let of = |split| scenes.iter().filter(|s| s.split() == split).count();
        let (validate, calibrate) = (of(Split::Validation), of(Split::Calibration));
        print::note(format!(
            "{} scenes: {} train, {validate} validate, {calibrate} calibrate",
            scenes.len(),
            of(Split::Train)
        ));
        if validate == 0 || calibrate < MIN_STACKS {
            print::note(format!(
                "too few to train on alone (limits are certified by {MIN_STACKS} and more): give more to --scenes, or a made-up set beside this one to `topple train`"
            ));
        }
    }
    Ok(scenes.into())
}

/// The file itself, or the task files in the folder.
fn task_files(path: &Path) -> Result<Vec<PathBuf>, Failure> {
    if !path.is_dir() {
        return Ok(vec![path.to_owned()]);
    }
    let cannot = |e: std::io::Error| {
        let what = format!("cannot read the folder {}: {e}", path.display());
        Failure::input_message(what, "give --scenes task files, or folders of them")
    };
    let mut files = Vec::new();
    for entry in std::fs::read_dir(path).map_err(cannot)? {
        let file = entry.map_err(cannot)?.path();
        let is_yaml = file.extension().is_some_and(|e| e == "yaml" || e == "yml");
        if is_yaml && file.is_file() {
            files.push(file);
        }
    }
    if files.is_empty() {
        return Err(Failure::input_message(
            format!("{} holds no task file (*.yaml)", path.display()),
            "give --scenes task files, or folders of them; folders in folders are not looked through",
        ));
    }
    Ok(files)
}

/// The name of the folder that a file lies in.
fn folder_of(path: &Path) -> String {
    let whole = path.canonicalize().unwrap_or_else(|_| path.to_owned());
    let folder = whole.parent().and_then(Path::file_name);
    folder.map_or_else(|| "scenes".to_owned(), |f| f.to_string_lossy().into_owned())
}

fn refuse_what_falls(scenes: &[GivenScene], interrupt: &Interrupt) -> Result<(), Failure> {
    let checked: Vec<Result<Option<String>, Failure>> = scenes
        .par_iter()
        .map(|scene| {
            interrupt.check()?;
            let fault = scene.stands().err();
            Ok(fault.map(|e| format!("{}: {e}", scene.name())))
        })
        .collect();
    let checked = checked.into_iter().collect::<Result<Vec<_>, _>>()?;
    let faults: Vec<String> = checked.into_iter().flatten().collect();
    if faults.is_empty() {
        return Ok(());
    }
    let more = match faults.len().saturating_sub(NAMED) {
        0 => String::new(),
        n => format!("\n  and {n} more"),
    };
    let named = &faults[..faults.len().min(NAMED)];
    Err(Failure::input_message(
        format!(
            "{} of {} scenes do not stand:\n  {}{more}",
            faults.len(),
            scenes.len(),
            named.join("\n  ")
        ),
        "look at them with `topple replay`, and mend them or leave them out",
    ))
}
