//! The model inside the binary: the one that the documented commands trained.

use candle_core::Device;

use super::{ModelError, WorldModel};

/// `models/default/model.json` as it was when the program was built.
const CARD: &[u8] = include_bytes!("../../models/default/model.json");
/// `models/default/model.safetensors` as it was when the program was built.
const WEIGHTS: &[u8] = include_bytes!("../../models/default/model.safetensors");

impl WorldModel {
    /// The default model, to compute on the CPU.
    ///
    /// # Errors
    /// When the program was built from a damaged `models/default`.
    pub fn builtin() -> Result<Self, ModelError> {
        Self::builtin_on(&Device::Cpu)
    }

    /// The default model, to compute on `device`.
    ///
    /// # Errors
    /// As [`Self::builtin`].
    pub fn builtin_on(device: &Device) -> Result<Self, ModelError> {
        Self::from_bytes_on(CARD, WEIGHTS, device)
    }
}
