//! The cross-entropy method (Rubinstein, 1999): a normal without correlations, fitted to the elites.

use rand_chacha::ChaCha8Rng;

use super::{Sampler, cheapest, normal, refit, shifted};

/// Share of the old mean and spread that a refit keeps: against settling too soon.
const KEEP: f64 = 0.1;
/// The least spread along an axis.
const STD_FLOOR: f64 = 0.02;

/// See the module.
#[derive(Clone, Debug)]
pub struct Cem {
    mean: Vec<f64>,
    std: Vec<f64>,
    elites: usize,
}

impl Cem {
    /// Around `mean` with standard deviation `std`, refitted to the `elites` cheapest samples.
    pub fn new(mean: Vec<f64>, std: f64, elites: usize) -> Self {
        Self {
            std: vec![std; mean.len()],
            mean,
            elites: elites.max(1),
        }
    }
}

impl Sampler for Cem {
    /// The first sample is the mean itself.
    fn ask(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        (0..count)
            .map(|i| {
                let scale = if i == 0 { 0.0 } else { 1.0 };
                let noise: Vec<f64> = self.mean.iter().map(|_| scale * normal(rng)).collect();
                shifted(&self.mean, &self.std, noise)
            })
            .collect()
    }

    fn tell(&mut self, samples: &[Vec<f64>], costs: &[f64]) {
        let best: Vec<&[f64]> = cheapest(costs, self.elites)
            .into_iter()
            .map(|i| samples[i].as_slice())
            .collect();
        refit(&mut self.mean, &mut self.std, &best, KEEP, STD_FLOOR);
    }

    fn mean(&self) -> &[f64] {
        &self.mean
    }
}
