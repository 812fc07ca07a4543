//! The settings of a training run: from flags, from a YAML file, and from the model that it goes on from.
//!
//! Owns which of them wins. Refuses what does nothing where only the imagination learns.

use std::collections::BTreeMap;
use std::path::Path;

use serde::de::IgnoredAny;

use super::TrainArgs;
use crate::cli::Failure;
use crate::model::{TrainConfig, WarmStart};

/// What a settings file says that no flag says otherwise: the place of each setting, by its name.
pub(super) type Said = BTreeMap<String, String>;

/// The settings, and which of them the file says; where nothing else is said, a run is of the same kind as the model that it
/// goes on from.
pub(super) fn config(
    args: &TrainArgs,
    warm_start: Option<&WarmStart>,
) -> Result<(TrainConfig, Said), Failure> {
    let (mut config, mut said) = match &args.config {
        None => Default::default(),
        Some(path) => read(path)?,
    };
    if let Some(WarmStart { card, .. }) = warm_start {
        let sizes = [
            ("width", &mut config.width, card.config.width),
            ("rounds", &mut config.rounds, card.config.rounds),
            ("members", &mut config.members, card.config.members),
        ];
        for (name, size, of_model) in sizes {
            if !said.contains_key(name) {
                *size = of_model;
            }
        }
    }
    let counts = [
        ("epochs", &mut config.epochs, args.epochs),
        ("width", &mut config.width, args.width),
        ("rounds", &mut config.rounds, args.rounds),
        ("members", &mut config.members, args.members),
        ("batch", &mut config.batch, args.batch),
        ("tellings", &mut config.tellings, args.tellings),
        (
            "imagine_every",
            &mut config.imagine_every,
            args.imagine_every,
        ),
        ("threads", &mut config.threads, args.threads),
    ];
    for (name, count, flag) in counts {
        set(name, count, flag, &mut said);
    }
    set("lr", &mut config.lr, args.lr, &mut said);
    set("dropout", &mut config.dropout, args.dropout, &mut said);
    set("seed", &mut config.seed, args.seed, &mut said);
    set("device", &mut config.device, args.device, &mut said);
    config.keep_judgement |= args.keep_judgement;
    if config.keep_judgement {
        let is_idle = [
            ("imagine_every", args.imagine_every.is_some()),
            ("dropout", args.dropout.is_some()),
        ];
        let idle = is_idle
            .iter()
            .find(|(name, given)| *given || said.contains_key(*name));
        if let Some((name, _)) = idle {
            return Err(Failure::input_message(
                format!("{name} does nothing where only the imagination learns"),
                "leave it out, or --keep-judgement (in a file: keep_judgement)",
            ));
        }
    }
    Ok((config, said))
}

/// A flag wins over what a file says.
fn set<T>(name: &str, setting: &mut T, flag: Option<T>, said: &mut Said) {
    if let Some(flag) = flag {
        *setting = flag;
        said.remove(name);
    }
}

/// The settings in a YAML file, and where it names which.
fn read(path: &Path) -> Result<(TrainConfig, Said), Failure> {
    let text = std::fs::read_to_string(path).map_err(|e| {
        let what = format!("cannot read {}: {e}", path.display());
        Failure::input_message(what, "give --config a YAML file of training settings")
    })?;
    let wrong = |e: serde_saphyr::Error| {
        let line = e.location().map(|at| at.line() as usize);
        let place = line.map_or_else(String::new, |line| format!(":{line}"));
        let why = in_words(&e, key_in(&text, line));
        Failure::input_message(
            format!("{}{place}: {why}", path.display()),
            "one setting a line, with the names of the flags, with _ for -, such as `epochs: 6` or `keep_judgement: true`",
        )
    };
    let config = serde_saphyr::from_str(&text).map_err(wrong)?;
    let named: BTreeMap<String, IgnoredAny> = serde_saphyr::from_str(&text).map_err(wrong)?;
    let place = |name: String| {
        let lines = 1..=text.lines().count();
        let line = lines
            .into_iter()
            .find(|line| key_in(&text, Some(*line)) == Some(&name));
        let place = line.map_or_else(String::new, |line| format!(":{line}"));
        let place = format!("{}{place}", path.display());
        (name, place)
    };
    Ok((config, named.into_keys().map(place).collect()))
}

/// What the reader says of a setting, without its advice to programmers.
fn in_words(error: &serde_saphyr::Error, key: Option<&str>) -> String {
    use serde_saphyr::Error;
    let error = error.without_snippet();
    let told = error.to_string();
    let told = told.split(" at line ").next().unwrap_or(&told);
    match (error, key) {
        (Error::DuplicateMappingKey { .. }, Some(key)) => format!("`{key}` is there twice"),
        (Error::MultipleDocuments { .. }, _) => "more than one document".to_owned(),
        // Of an unknown name the reader names it itself.
        (_, Some(key)) if !told.contains(key) => format!("{key}: {told}"),
        _ => told.to_owned(),
    }
}

/// The name that is set on a line, from 1.
fn key_in(text: &str, line: Option<usize>) -> Option<&str> {
    let line = text.lines().nth(line?.checked_sub(1)?)?;
    let (key, _) = line.split_once(':')?;
    // As YAML has it in braces or in quotes too.
    Some(key.trim_matches([' ', '{', '"', '\'']))
}
