//! All that explains a model's weights: `model.json`.
//!
//! Owns [`ModelCard`] and what it says of where a model came from. Refuses cards of other programs and of future
//! versions, and numbers that no training leaves.

use serde::{Deserialize, Serialize};

use super::calibration::Calibration;
use super::config::TrainConfig;
use super::course::STRIDES;
use super::ensemble::Price;
use super::folder::ModelError;
use super::network::Architecture;
use super::normaliser::Normaliser;
use super::promise::Promise;
use super::report::ValidationReport;
use crate::rollout::STRIDE_S;

/// The version that this program writes: 8 tells a model's ancestors, 9 what each of its data sets was for; since 11
/// the imagination is led by what tumbles in short steps, since 12 its risk is weighed by that too, since 13
/// in rounds of messages, by steps that are nearer to the sandbox's.
pub const MODEL_VERSION: u32 = 13;
/// The oldest whose judgement it can go on from.
pub const OLDEST_VERSION: u32 = 7;
/// The oldest whose imagination it can go on from.
pub const LED_VERSION: u32 = 11;
/// The oldest that it reads whole.
pub const WHOLE_VERSION: u32 = 13;
/// The card's file, beside the weights'.
pub const CARD_FILE: &str = "model.json";

/// What a run takes a data set for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Purpose {
    /// Each of its stacks for what its split says: most train, some validate and some calibrate.
    #[default]
    Splits,
    /// All of it to fit risks and bounds by, nothing to learn from.
    Calibration,
}

impl Purpose {
    /// Whether it is what a set is for where nothing is said.
    fn is_splits(&self) -> bool {
        *self == Purpose::Splits
    }
}

/// What one data set was made from: with the program's version, all that its bytes depend on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SetSource {
    /// Its own hash.
    pub hash: String,
    /// The program that made it.
    pub topple_version: String,
    /// `generate --seed`.
    pub seed: u64,
    /// What its other flags came to.
    pub config: serde_json::Value,
    /// Stacks of it that were read.
    pub stacks: u64,
    /// Whether it was whole.
    pub complete: bool,
    /// What it was taken for.
    #[serde(default, skip_serializing_if = "Purpose::is_splits")]
    pub purpose: Purpose,
}

/// Where a model's data came from.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSource {
    /// Hash of the data set, or of the hashes of all of them.
    pub hash: String,
    /// What each data set was made from.
    pub sets: Vec<SetSource>,
    /// Episodes in them.
    pub episodes: usize,
    /// Episodes trained on.
    pub train: usize,
    /// Episodes that chose the epoch and shaped the score.
    pub validation: usize,
    /// Episodes that the risk and its bound come from, unless those of another model were kept.
    pub calibration: usize,
    /// Episodes of each generator family or import.
    pub families: std::collections::BTreeMap<String, usize>,
}

impl DataSource {
    /// Episodes of these that weights of epoch `epoch` followed: none where a run kept what it went on from.
    pub fn followed(&self, epoch: usize) -> usize {
        if epoch > 0 { self.train } else { 0 }
    }
}

/// A model whose weights another one's training went on from: what it was trained on counts for both.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Ancestor {
    /// Hash of its `model.safetensors`.
    pub weights_hash: String,
    /// What it was trained on, by itself.
    pub data: DataSource,
    /// How.
    pub config: TrainConfig,
    /// The epoch whose weights they were, from 1; 0: those of its own ancestor.
    pub epoch: usize,
}

/// How what is imagined is judged.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighed {
    /// From logits to risk and bound.
    pub calibration: Calibration,
    /// Whether the bound keeps its promise.
    pub promise: Option<Promise>,
}

/// What `model.json` holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelCard {
    /// [`MODEL_VERSION`].
    pub version: u32,
    /// The program that made it.
    pub program: String,
    /// Sizes of each member.
    pub architecture: Architecture,
    /// How many members there are.
    pub members: usize,
    /// s: the imagination's time step.
    pub stride_s: f64,
    /// Strides that it unrolls.
    pub strides: usize,
    /// Hash of `model.safetensors`.
    pub weights_hash: String,
    /// What it was trained on.
    pub data: DataSource,
    /// The models whose weights it went on from, the oldest first; none where it began anew.
    #[serde(default)]
    pub ancestors: Vec<Ancestor>,
    /// How it was trained.
    pub config: TrainConfig,
    /// The epoch whose weights these are, from 1; 0 where no epoch was better than what it went on from.
    pub epoch: usize,
    /// How good it is on the validation split.
    pub validation: ValidationReport,
    /// From logits to risk and bound, of what is screened.
    pub calibration: Calibration,
    /// Whether that bound keeps its promise on halves of the calibration data; none where those are few.
    pub promise: Option<Promise>,
    /// The same of what is imagined; none before version 12.
    #[serde(default)]
    pub weighed: Option<Weighed>,
    /// Scale and range of the features.
    pub normaliser: Normaliser,
}

impl ModelCard {
    /// A card from the contents of its file.
    ///
    /// # Errors
    /// When it is foreign, damaged or of a version that this program does not know.
    pub fn parse(bytes: &[u8]) -> Result<Self, ModelError> {
        let foreign = |reason: String| ModelError::Foreign {
            file: CARD_FILE.into(),
            reason,
        };
        let value: serde_json::Value =
            serde_json::from_slice(bytes).map_err(|e| foreign(e.to_string()))?;
        match value.get("version").and_then(serde_json::Value::as_u64) {
            Some(v) if (u64::from(OLDEST_VERSION)..=u64::from(MODEL_VERSION)).contains(&v) => {}
            Some(version) => return Err(ModelError::Version { version }),
            None => return Err(foreign("it has no version".into())),
        }
        let card: Self = serde_json::from_value(value).map_err(|e| foreign(e.to_string()))?;
        if card.config.validate().is_err() || card.architecture != card.config.architecture() {
            return Err(foreign("its sizes are out of range".into()));
        }
        if card.members != card.config.members {
            return Err(foreign(
                "its number of members is not its configuration's".into(),
            ));
        }
        if (card.strides, card.stride_s) != (STRIDES, STRIDE_S) {
            return Err(foreign(format!(
                "it imagines {} strides of {} s, this program {STRIDES} of {STRIDE_S} s",
                card.strides, card.stride_s
            )));
        }
        if !card.normaliser.is_sound() {
            return Err(foreign("its features are not this program's".into()));
        }
        let weighed = card.weighed.as_ref().map(|w| &w.calibration);
        if !weighed
            .into_iter()
            .chain([&card.calibration])
            .all(Calibration::is_sound)
        {
            return Err(foreign("its calibration is damaged".into()));
        }
        if card.version >= WHOLE_VERSION && card.weighed.is_none() {
            return Err(foreign("nothing calibrates what it imagines".into()));
        }
        Ok(card)
    }

    /// From logits to risk and bound, of opinions at a price.
    pub fn calibration_at(&self, price: Price) -> &Calibration {
        match (price, &self.weighed) {
            (Price::Imagining, Some(weighed)) => &weighed.calibration,
            (Price::Imagining, None) | (Price::Screening, _) => &self.calibration,
        }
    }

    /// This model as the ancestor of another, after its own.
    pub fn line(&self) -> Vec<Ancestor> {
        let this = Ancestor {
            weights_hash: self.weights_hash.clone(),
            data: self.data.clone(),
            config: self.config.clone(),
            epoch: self.epoch,
        };
        self.ancestors.iter().cloned().chain([this]).collect()
    }

    /// Episodes that the judgement's weights followed, its ancestors' among them; what was learned from twice counts
    /// twice.
    pub fn trained_on(&self) -> usize {
        let followed = |config: &TrainConfig, data: &DataSource, epoch| match config.keep_judgement
        {
            true => 0,
            false => data.followed(epoch),
        };
        let of = |a: &Ancestor| followed(&a.config, &a.data, a.epoch);
        let before = self.ancestors.iter().map(of);
        before.sum::<usize>() + followed(&self.config, &self.data, self.epoch)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_card_of_other_strides_than_this_program_imagines_is_refused() {
        let text = include_str!("../../models/default/model.json");
        assert!(ModelCard::parse(text.as_bytes()).is_ok());
        for (field, other) in [("strides", json!(12)), ("stride_s", json!(0.2))] {
            let mut card: serde_json::Value = serde_json::from_str(text).unwrap();
            card[field] = other;
            let refused = ModelCard::parse(card.to_string().as_bytes()).unwrap_err();
            let told = refused.to_string();
            assert!(told.contains("this program 10 of 0.25 s"), "{told}");
        }
    }
}
