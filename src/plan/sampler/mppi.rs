//! MPPI (Williams et al., "Information theoretic MPC", ICRA 2017): every sample counts, by its cost.

use rand_chacha::ChaCha8Rng;

use super::{Sampler, around};

/// The temperature as a share of the spread between the best and the median cost: a scale that
/// does not depend on the costs' unit.
const TEMPERATURE: f64 = 0.15;
/// How much narrower each round draws.
const SHRINK: f64 = 0.85;
/// The least spread along an axis.
const STD_FLOOR: f64 = 0.02;

/// See the module.
#[derive(Clone, Debug)]
pub struct Mppi {
    mean: Vec<f64>,
    std: Vec<f64>,
}

impl Mppi {
    /// Around `mean` with standard deviation `std`.
    pub fn new(mean: Vec<f64>, std: f64) -> Self {
        Self {
            std: vec![std; mean.len()],
            mean,
        }
    }
}

impl Sampler for Mppi {
    fn ask(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        around(&self.mean, &self.std, count, rng)
    }

    fn tell(&mut self, samples: &[Vec<f64>], costs: &[f64]) {
        let mut finite: Vec<f64> = costs.iter().copied().filter(|c| c.is_finite()).collect();
        if finite.is_empty() {
            return;
        }
        finite.sort_by(f64::total_cmp);
        let best = finite[0];
        let temperature = (TEMPERATURE * (finite[finite.len() / 2] - best)).max(1e-9);
        let weights: Vec<f64> = costs
            .iter()
            .map(|c| {
                if c.is_finite() {
                    (-(c - best) / temperature).exp()
                } else {
                    0.0
                }
            })
            .collect();
        let total: f64 = weights.iter().sum();
        for (k, mean) in self.mean.iter_mut().enumerate() {
            let weighted = samples.iter().zip(&weights).map(|(s, w)| s[k] * w);
            *mean = weighted.sum::<f64>() / total;
        }
        for std in &mut self.std {
            *std = (*std * SHRINK).max(STD_FLOOR);
        }
    }

    fn mean(&self) -> &[f64] {
        &self.mean
    }
}
