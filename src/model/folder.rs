//! A model as a folder: weights in `model.safetensors`, all that explains them in `model.json`.
//!
//! Owns [`WorldModel`], [`WarmStart`] and their loader; the weights' format is [`tensors`]'s. Refuses truncated,
//! foreign and future files and weights that are not finite, each with its own error. Files are written whole or not
//! at all.

mod tensors;

pub use tensors::{Tables, le_bytes, read_tensors, serialise, weights_bytes};

use std::path::{Path, PathBuf};

use candle_core::Device;

use self::tensors::{fill, fill_those};
use super::adamw::{is_imagining, is_weighing};
use super::card::{
    CARD_FILE, LED_VERSION, MODEL_VERSION, ModelCard, OLDEST_VERSION, WHOLE_VERSION,
};
use super::ensemble::Ensemble;
use super::network::Network;
use super::params::Parameters;
use crate::files;

/// Weights of all members.
pub const WEIGHTS_FILE: &str = "model.safetensors";

/// A model ready to be asked.
#[derive(Clone, Debug)]
pub struct WorldModel {
    /// What is known of it.
    pub card: ModelCard,
    /// Its networks.
    pub ensemble: Ensemble,
}

/// Why a model cannot be loaded or written.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A file is missing or unreadable.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file could not be written.
    #[error("cannot write {path}: {source}")]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not of a model, or was cut short.
    #[error("{file} is not a model of this program, or was cut short: {reason}")]
    Foreign {
        /// Which.
        file: String,
        /// What was wrong.
        reason: String,
    },
    /// The file is of a version that this program does not know.
    #[error(
        "{CARD_FILE} is of version {version}; this program reads versions {WHOLE_VERSION} to {MODEL_VERSION}, and goes on from {OLDEST_VERSION} on"
    )]
    Version {
        /// The file's.
        version: u64,
    },
    /// Its imagination is of another make, or nothing weighs it; its judgement is not.
    #[error("{CARD_FILE} is of version {version}, whose imagination this program cannot use")]
    Imagination {
        /// The file's.
        version: u32,
    },
    /// Weights or tables hold numbers that are not finite.
    #[error("{name} holds numbers that are not finite")]
    NotFinite {
        /// Which.
        name: String,
    },
    /// The two files are not of one model.
    #[error("{WEIGHTS_FILE} is not the one that {CARD_FILE} describes")]
    Mismatch,
    /// The tensor library refused.
    #[error("the tensor library refused: {0}")]
    Tensor(#[from] candle_core::Error),
}

impl WorldModel {
    /// Loads a model's folder, to compute on the CPU.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        Self::load_on(folder, &Device::Cpu)
    }

    /// Loads a model's folder, to compute on `device`.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn load_on(folder: &Path, device: &Device) -> Result<Self, ModelError> {
        let (card, weights) = read_files(folder)?;
        Self::from_bytes_on(&card, &weights, device)
    }

    /// A model from the contents of its two files.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn from_bytes(card: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        Self::from_bytes_on(card, weights, &Device::Cpu)
    }

    /// A model from the contents of its two files, to compute on `device`.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn from_bytes_on(card: &[u8], weights: &[u8], device: &Device) -> Result<Self, ModelError> {
        let model = WarmStart::from_bytes(card, weights)?;
        let (is_whole, WarmStart { card, tables, .. }) = (model.is_whole(), model);
        if !is_whole {
            let version = card.version;
            return Err(ModelError::Imagination { version });
        }
        let members = (0..card.members)
            .map(|m| {
                let (network, parameters) = Network::new(card.architecture, 0, device)?;
                fill(&parameters, m, &tables)?;
                Ok(network)
            })
            .collect::<Result<_, ModelError>>()?;
        let ensemble = Ensemble {
            members,
            normaliser: card.normaliser.clone(),
        };
        Ok(Self { card, ensemble })
    }

    /// Writes both files of a model.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn save(folder: &Path, card: &ModelCard, weights: &[u8]) -> Result<(), ModelError> {
        let text = serde_json::to_string_pretty(card).expect("a card is plain data") + "\n";
        write_whole(&folder.join(WEIGHTS_FILE), weights)?;
        write_whole(&folder.join(CARD_FILE), text.as_bytes())
    }
}

/// A finished model as what another training run goes on from.
#[derive(Clone, Debug)]
pub struct WarmStart {
    /// What is known of it.
    pub card: ModelCard,
    /// Hash of the card, which names the weights by theirs.
    pub hash: String,
    /// Weights of all members.
    tables: Tables,
}

impl WarmStart {
    /// Loads a model's folder.
    ///
    /// # Errors
    /// See [`ModelError`].
    pub fn load(folder: &Path) -> Result<Self, ModelError> {
        let (card, weights) = read_files(folder)?;
        let model = Self::from_bytes(&card, &weights)?;
        // That all members are there is better known now than once the data was read.
        let (_, parameters) = Network::new(model.card.architecture, 0, &Device::Cpu)?;
        for m in 0..model.card.members {
            model.fill(&parameters, m)?;
        }
        Ok(model)
    }

    fn from_bytes(card: &[u8], weights: &[u8]) -> Result<Self, ModelError> {
        let hash_of_card = hash(card);
        let card = ModelCard::parse(card)?;
        // A file that cannot even be parsed was cut short, which is the better thing to say.
        let tables = read_tensors(weights)?;
        if card.weights_hash != hash(weights) {
            return Err(ModelError::Mismatch);
        }
        Ok(Self {
            card,
            hash: hash_of_card,
            tables,
        })
    }

    /// Whether its imagination can be gone on from too.
    pub fn is_led(&self) -> bool {
        self.card.version >= LED_VERSION
    }

    /// Whether it can be used as it is.
    pub fn is_whole(&self) -> bool {
        self.card.version >= WHOLE_VERSION
    }

    /// Sets the weights of member `m`; the imagination, or what weighs it, keeps its own where the model's is of another
    /// make.
    ///
    /// # Errors
    /// When they are of other sizes.
    pub fn fill(&self, parameters: &Parameters, m: usize) -> Result<(), ModelError> {
        let is_told = |name: &str| match self.card.version {
            WHOLE_VERSION.. => true,
            LED_VERSION.. => !is_weighing(name),
            _ => !is_imagining(name),
        };
        fill_those(parameters, m, &self.tables, is_told)
    }
}

/// The bytes of a model's card and of its weights.
fn read_files(folder: &Path) -> Result<(Vec<u8>, Vec<u8>), ModelError> {
    let read = |name: &str| {
        let path = folder.join(name);
        std::fs::read(&path).map_err(|source| ModelError::Unreadable { path, source })
    };
    Ok((read(CARD_FILE)?, read(WEIGHTS_FILE)?))
}

/// SHA-256 in hexadecimal.
pub fn hash(bytes: &[u8]) -> String {
    files::sha256(bytes)
}

/// Writes a file whole, as [`files::write_whole`] does.
///
/// # Errors
/// When the disk refuses; the old file is then still there.
pub fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), ModelError> {
    files::write_whole(path, bytes).map_err(|source| ModelError::Unwritable {
        path: path.to_owned(),
        source,
    })
}
