//! The model inside the binary: the one that the documented commands trained.

use super::{ModelError, WorldModel};

/// `models/default/model.json` as it was when the program was built.
const CARD: &[u8] = include_bytes!("../../models/default/model.json");
/// `models/default/model.safetensors` as it was when the program was built.
const WEIGHTS: &[u8] = include_bytes!("../../models/default/model.safetensors");

impl WorldModel {
    /// The default model.
    ///
    /// # Errors
    /// When the program was built from a damaged `models/default`.
    pub fn builtin() -> Result<Self, ModelError> {
        Self::from_bytes(CARD, WEIGHTS)
    }
}
