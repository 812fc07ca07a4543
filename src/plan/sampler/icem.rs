//! iCEM (Pinneri et al., "Sample-efficient Cross-Entropy Method for Real-time Planning", CoRL 2020).
//!
//! What it adds to CEM: elites are kept from round to round, the population shrinks, and the
//! noise is coloured. A lift has a handful of numbers and no long sequence, so colour here means
//! noise that neighbouring numbers share (the three of a leg move together), which is what
//! coloured noise does along time.

use rand_chacha::ChaCha8Rng;

use super::{Sampler, cheapest, normal, refit, shifted};

const KEEP: f64 = 0.1;
const STD_FLOOR: f64 = 0.02;
/// How much fewer each round draws, as in the paper.
const SHRINK: f64 = 1.25;
/// But no fewer than so many for each elite, as there.
const LEAST_PER_ELITE: usize = 2;
/// Share of the elites that the next round draws again.
const KEPT_SHARE: f64 = 0.3;
/// How strongly a number's noise follows its neighbour's.
const COLOUR: f64 = 0.5;

/// See the module.
#[derive(Clone, Debug)]
pub struct Icem {
    mean: Vec<f64>,
    std: Vec<f64>,
    elites: usize,
    /// Elites of the round before, cheapest first.
    kept: Vec<Vec<f64>>,
    /// Rounds that were told.
    rounds: i32,
}

impl Icem {
    /// Around `mean` with standard deviation `std`, refitted to the `elites` cheapest samples of a
    /// round, those kept from the one before among them.
    pub fn new(mean: Vec<f64>, std: f64, elites: usize) -> Self {
        Self {
            std: vec![std; mean.len()],
            mean,
            elites: elites.max(1),
            kept: Vec::new(),
            rounds: 0,
        }
    }

    fn coloured(&self, rng: &mut ChaCha8Rng) -> Vec<f64> {
        let fresh = (1.0 - COLOUR * COLOUR).sqrt();
        let mut last = normal(rng);
        let mut noise = Vec::with_capacity(self.mean.len());
        for _ in &self.mean {
            noise.push(last);
            last = COLOUR * last + fresh * normal(rng);
        }
        noise
    }
}

impl Sampler for Icem {
    /// The mean first, then the kept elites, then fresh samples.
    fn ask(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
        let shrunk = (count as f64 / SHRINK.powi(self.rounds)) as usize;
        let count = shrunk.max(LEAST_PER_ELITE * self.elites).min(count);
        let mut samples = vec![self.mean.clone()];
        samples.extend(self.kept.iter().cloned());
        samples.truncate(count);
        while samples.len() < count {
            let noise = self.coloured(rng);
            samples.push(shifted(&self.mean, &self.std, noise));
        }
        samples
    }

    fn tell(&mut self, samples: &[Vec<f64>], costs: &[f64]) {
        let order = cheapest(costs, self.elites);
        let best: Vec<&[f64]> = order.iter().map(|i| samples[*i].as_slice()).collect();
        refit(&mut self.mean, &mut self.std, &best, KEEP, STD_FLOOR);
        let keep = (KEPT_SHARE * self.elites as f64).ceil() as usize;
        self.kept = order
            .into_iter()
            .take(keep)
            .map(|i| samples[i].clone())
            .collect();
        self.rounds += 1;
    }

    fn mean(&self) -> &[f64] {
        &self.mean
    }
}
