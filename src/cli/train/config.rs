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
        let line = e
            .location()
            .map_or_else(String::new, |at| format!(":{}", at.line()));
        let why = e.without_snippet().to_string();
        let why = why.split(" at line ").next().unwrap_or(&why);
        let what = format!("{}{line}: {why}", path.display());
        Failure::input_message(
            what,
            "settings have the names of the flags, with _ for -, such as `epochs: 6` or `keep_judgement: true`",
        )
    };
    let config = serde_saphyr::from_str(&text).map_err(wrong)?;
    let named: BTreeMap<String, IgnoredAny> = serde_saphyr::from_str(&text).map_err(wrong)?;
    Ok((config, named.into_keys().collect()))
}
