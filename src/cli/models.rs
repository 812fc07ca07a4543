//! Models for the commands that ask one, show one or go on from one.
//!
//! Owns what is said of a folder that holds none, and of a device that cannot be had.

use std::path::Path;

use super::Failure;
use crate::model::train::is_under_way;
use crate::model::{DeviceChoice, ModelCard, ModelError, WarmStart, WorldModel};

/// What to do about a device that cannot be had.
pub const DEVICE_REMEDY: &str =
    "Leave --device out, or build the program with `--features cuda` for a machine with a GPU.";

/// The world model in `folder`, or the one inside the binary, on `device`.
///
/// # Errors
/// When the folder holds no model that this program reads, or the device cannot be had.
pub fn world_model(folder: Option<&Path>, device: DeviceChoice) -> Result<WorldModel, Failure> {
    let device = device
        .open()
        .map_err(|e| Failure::input_message(e, DEVICE_REMEDY))?;
    match folder {
        Some(folder) => {
            WorldModel::load_on(folder, &device).map_err(|error| unusable(folder, &error))
        }
        None => WorldModel::builtin_on(&device).map_err(|error| {
            Failure::failed_message(
                format!("the model inside this program cannot be used: {error}"),
                "Name another with --model DIR, or ask for the sandbox with --dynamics sandbox.",
            )
        }),
    }
}

/// Refuses flags that are about a model (`folder`, `device`) where `who` asks for none.
///
/// # Errors
/// When one of them is given.
pub fn refuse_idle(
    who: &str,
    folder: Option<&Path>,
    device: Option<DeviceChoice>,
) -> Result<(), Failure> {
    let what = match (folder, device) {
        (Some(_), _) => "--model names a world model",
        (None, Some(_)) => "--device is a world model's",
        (None, None) => return Ok(()),
    };
    Err(Failure::input_message(
        format!("{what}, but {who} asks for none"),
        "Leave one of the two out.",
    ))
}

/// What is known of the model in `folder`, also of one that can only be gone on from.
///
/// # Errors
/// When the folder holds no model.
pub fn card(folder: &Path) -> Result<ModelCard, Failure> {
    let model = WarmStart::load(folder);
    Ok(model.map_err(|error| unusable(folder, &error))?.card)
}

/// A finished model to go on from.
pub fn warm_start(folder: &Path) -> Result<WarmStart, Failure> {
    WarmStart::load(folder).map_err(|error| {
        Failure::input_message(
            format!(
                "the model `{}` cannot be gone on from: {error}",
                folder.display()
            ),
            "give --from a folder that `topple train` made, or leave it out to begin anew",
        )
    })
}

/// That a run in `folder` has to end before there is a model.
pub fn not_finished(folder: &Path) -> Failure {
    Failure::input_message(
        format!("the training in `{}` is not finished", folder.display()),
        "Go on with `topple train`, the same data sets and settings, and --resume.",
    )
}

fn unusable(folder: &Path, error: &ModelError) -> Failure {
    if is_under_way(folder) {
        return not_finished(folder);
    }
    let here = folder.display();
    let remedy = match error {
        ModelError::Imagination { .. } => format!(
            "Let it learn another, its judgement stays: `topple train DATA.. --from {here} --keep-judgement --out NEW`."
        ),
        _ => "Give a folder that `topple train` made; where a model is optional, leave it out."
            .to_owned(),
    };
    Failure::input_message(
        format!("the model `{here}` cannot be used: {error}"),
        remedy,
    )
}
