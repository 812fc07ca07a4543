//! Where the network computes: the CPU, or a GPU where the program was built for one.
//!
//! Owns [`DeviceChoice`], the only place that opens a device. A GPU adds up in another order than
//! the CPU, so the same seed gives the same weights on the same kind of device only, and a run is
//! resumed where it began. Refuses a GPU that is not there when it was asked for by name.

use candle_core::Device;
use serde::{Deserialize, Serialize};

/// What was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeviceChoice {
    /// The GPU where the program was built with `cuda` and finds one; otherwise the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// The first CUDA device.
    Cuda,
}

/// Why a device cannot be had.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DeviceError {
    /// The program knows the CPU only.
    #[error("this program was built without the feature `cuda`")]
    NotBuilt,
    /// The driver finds none, or refuses it.
    #[error("no CUDA device can be used: {0}")]
    NotThere(String),
}

/// Not a name of a device.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("there is no device `{0}`; choose from auto, cpu, cuda")]
pub struct UnknownDevice(String);

impl std::str::FromStr for DeviceChoice {
    type Err = UnknownDevice;

    fn from_str(name: &str) -> Result<Self, UnknownDevice> {
        match name {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda),
            other => Err(UnknownDevice(other.to_owned())),
        }
    }
}

impl DeviceChoice {
    /// Opens it. Once a command: tensors of two openings of one GPU do not go together.
    ///
    /// # Errors
    /// When a GPU was asked for by name and cannot be had.
    pub fn open(self) -> Result<Device, DeviceError> {
        match self {
            Self::Cpu => Ok(Device::Cpu),
            Self::Cuda => gpu(),
            Self::Auto => Ok(gpu().unwrap_or_else(|error| {
                tracing::debug!("computing on the CPU: {error}");
                Device::Cpu
            })),
        }
    }

    /// The choice that names `device`.
    pub fn naming(device: &Device) -> Self {
        if device.is_cpu() {
            Self::Cpu
        } else {
            Self::Cuda
        }
    }
}

#[cfg(feature = "cuda")]
fn gpu() -> Result<Device, DeviceError> {
    Device::new_cuda(0).map_err(|e| DeviceError::NotThere(e.to_string()))
}

#[cfg(not(feature = "cuda"))]
fn gpu() -> Result<Device, DeviceError> {
    Err(DeviceError::NotBuilt)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_without_a_name_is_always_there() {
        assert!(DeviceChoice::Auto.open().is_ok());
        assert!(DeviceChoice::Cpu.open().unwrap().is_cpu());
        assert!("gpu".parse::<DeviceChoice>().is_err());
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_gpu_asked_for_by_name_is_never_replaced() {
        let choice: DeviceChoice = "cuda".parse().unwrap();
        assert_eq!(choice.open().unwrap_err(), DeviceError::NotBuilt);
    }
}
