//! The cross-entropy method (Rubinstein, 1999): a normal without correlations, fitted to the elites.

use rand_chacha::ChaCha8Rng;

use super::{Sampler, around, cheapest, refit};

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
    fn ask(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        around(&self.mean, &self.std, count, rng)
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
