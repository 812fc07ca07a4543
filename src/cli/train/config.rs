//! The settings of a training run: from flags, from a YAML file, and from the model that it goes on from.
//!
//! Owns which of them wins. Refuses what does nothing where only the imagination learns.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::de::IgnoredAny;

use super::TrainArgs;
use crate::cli::Failure;
use crate::model::{TrainConfig, WarmStart};

/// The settings; where nothing else is said, a run is of the same kind as the model that it goes on from.
pub(super) fn config(
    args: &TrainArgs,
    warm_start: Option<&WarmStart>,
) -> Result<TrainConfig, Failure> {
    let (mut config, said) = match &args.config {
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
            if !said.contains(name) {
                *size = of_model;
            }
        }
    }
    let set = |to: &mut usize, from: Option<usize>| *to = from.unwrap_or(*to);
    set(&mut config.epochs, args.epochs);
    set(&mut config.width, args.width);
    set(&mut config.rounds, args.rounds);
    set(&mut config.members, args.members);
    set(&mut config.batch, args.batch);
    set(&mut config.tellings, args.tellings);
    set(&mut config.imagine_every, args.imagine_every);
    set(&mut config.threads, args.threads);
    config.keep_judgement |= args.keep_judgement;
    if config.keep_judgement {
        let is_idle = [
            ("imagine_every", args.imagine_every.is_some()),
            ("dropout", args.dropout.is_some()),
            ("calibrate_on", !args.calibrate_on.is_empty()),
        ];
        let idle = is_idle
            .iter()
            .find(|(name, given)| *given || said.contains(*name));
        if let Some((name, _)) = idle {
            return Err(Failure::input_message(
                format!("{name} does nothing where only the imagination learns"),
                "leave it out, or --keep-judgement (in a file: keep_judgement)",
            ));
        }
    }
    config.lr = args.lr.unwrap_or(config.lr);
    config.dropout = args.dropout.unwrap_or(config.dropout);
    config.seed = args.seed.unwrap_or(config.seed);
    config.device = args.device.unwrap_or(config.device);
    Ok(config)
}

/// The settings in a YAML file, and which of them it names.
fn read(path: &Path) -> Result<(TrainConfig, BTreeSet<String>), Failure> {
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
    Ok((config, named.into_keys().collect()))
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
    Some(key.trim())
}

/// File and line of the setting `name`, where it is the file that says it and no flag.
pub(super) fn said_in_file(args: &TrainArgs, name: &str) -> Option<String> {
    let by_flag = [
        ("epochs", args.epochs.is_some()),
        ("width", args.width.is_some()),
        ("rounds", args.rounds.is_some()),
        ("members", args.members.is_some()),
        ("batch", args.batch.is_some()),
        ("tellings", args.tellings.is_some()),
        ("imagine_every", args.imagine_every.is_some()),
        ("lr", args.lr.is_some()),
        ("dropout", args.dropout.is_some()),
    ];
    if by_flag.contains(&(name, true)) {
        return None;
    }
    let path = args.config.as_deref()?;
    let text = std::fs::read_to_string(path).ok()?;
    let lines = 1..=text.lines().count();
    let mut said = lines.filter(|line| key_in(&text, Some(*line)) == Some(name));
    Some(format!("{}:{}", path.display(), said.next()?))
}
