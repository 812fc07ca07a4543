//! The network's variables, by name and in order.
//!
//! Owns [`Parameters`]: initialised from `rand_chacha` (candle's CPU generator cannot be seeded),
//! walked in the order in which layers asked for them (candle's `VarMap` is a hash map, and an
//! order that changes changes the sums).

use candle_core::{Device, Result, Tensor, Var};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Named variables.
#[derive(Clone, Debug)]
pub struct Parameters {
    named: Vec<(String, Var)>,
}

/// How a layer's weights begin.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Start {
    /// Uniform within ±√(6 / inputs) · gain: He et al., 2015.
    He {
        /// 1 before a ReLU; small where a branch should begin as nothing.
        gain: f32,
    },
    /// All zero.
    Zero,
}

/// Hands out variables: fresh ones, or those that a file gave.
pub struct Builder {
    parameters: Parameters,
    rng: ChaCha8Rng,
    device: Device,
}

impl Builder {
    /// Fresh variables from `seed` on `device`: the same numbers on each.
    pub fn new(seed: u64, device: &Device) -> Self {
        Self {
            parameters: Parameters { named: Vec::new() },
            rng: ChaCha8Rng::seed_from_u64(seed),
            device: device.clone(),
        }
    }

    /// A variable of `shape` called `name`.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn var(&mut self, name: &str, shape: &[usize], start: Start) -> Result<Tensor> {
        let count: usize = shape.iter().product();
        let data: Vec<f32> = match start {
            Start::Zero => vec![0.0; count],
            Start::He { gain } => {
                let limit = gain * (6.0 / shape[0] as f32).sqrt();
                (0..count)
                    .map(|_| self.rng.random_range(-limit..=limit))
                    .collect()
            }
        };
        let var = Var::from_vec(data, shape, &self.device)?;
        let tensor = var.as_tensor().clone();
        self.parameters.named.push((name.to_owned(), var));
        Ok(tensor)
    }

    /// All variables handed out.
    pub fn finish(self) -> Parameters {
        self.parameters
    }
}

impl Parameters {
    /// Names and variables, in order.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Var)> {
        self.named.iter().map(|(name, var)| (name.as_str(), var))
    }

    /// How many numbers they are.
    pub fn count(&self) -> usize {
        self.named.iter().map(|(_, v)| v.elem_count()).sum()
    }

    /// All numbers, variable after variable.
    ///
    /// # Errors
    /// When the tensor library refuses.
    pub fn numbers(&self) -> Result<Vec<Vec<f32>>> {
        self.named
            .iter()
            .map(|(_, v)| v.flatten_all()?.to_vec1::<f32>())
            .collect()
    }

    /// Replaces all numbers.
    ///
    /// # Errors
    /// When a length does not fit.
    pub fn set(&self, numbers: &[Vec<f32>]) -> Result<()> {
        if numbers.len() != self.named.len() {
            candle_core::bail!(
                "{} tables for {} variables",
                numbers.len(),
                self.named.len()
            );
        }
        for ((_, var), data) in self.named.iter().zip(numbers) {
            var.set(&Tensor::from_slice(data, var.dims(), var.device())?)?;
        }
        Ok(())
    }
}
