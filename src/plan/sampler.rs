//! Where samples come from: one small interface, three distributions.
//!
//! Owns [`Sampler`]: ask for samples, tell their costs. Samples are vectors in the box
//! `[-1, 1]^d`; what they mean is [`crate::plan::lift_space`]'s business, and evaluating them is
//! the caller's. A cost that is not finite never takes part.

mod cem;
mod icem;
mod mppi;

use rand_chacha::ChaCha8Rng;

pub use cem::Cem;
pub use icem::Icem;
pub use mppi::Mppi;

use crate::scene::task::PlannerKind;

/// A distribution that is drawn from and refitted.
pub trait Sampler {
    /// At most `count` samples, `[count][d]`, each within `[-1, 1]`.
    fn ask(&mut self, count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>>;

    /// Refits to what the samples cost; lower is better, and what is not finite is left out.
    fn tell(&mut self, samples: &[Vec<f64>], costs: &[f64]);

    /// The middle of the distribution, `[d]`.
    fn mean(&self) -> &[f64];
}

/// The sampler that `kind` names, around `mean` with standard deviation `std` along each axis.
pub fn sampler(kind: PlannerKind, mean: Vec<f64>, std: f64, elites: usize) -> Box<dyn Sampler> {
    match kind {
        PlannerKind::Cem => Box::new(Cem::new(mean, std, elites)),
        PlannerKind::Icem => Box::new(Icem::new(mean, std, elites)),
        PlannerKind::Mppi => Box::new(Mppi::new(mean, std)),
    }
}

/// One standard normal; Box and Muller, so that the bits do not depend on a library's tables.
fn normal(rng: &mut ChaCha8Rng) -> f64 {
    use rand::Rng;
    let radius = (-2.0 * (1.0 - rng.random::<f64>()).ln()).sqrt();
    radius * (std::f64::consts::TAU * rng.random::<f64>()).cos()
}

/// `count` samples of a normal without correlations, the first the mean itself.
fn around(mean: &[f64], std: &[f64], count: usize, rng: &mut ChaCha8Rng) -> Vec<Vec<f64>> {
    (0..count)
        .map(|i| {
            let scale = if i == 0 { 0.0 } else { 1.0 };
            let noise: Vec<f64> = mean.iter().map(|_| scale * normal(rng)).collect();
            shifted(mean, std, noise)
        })
        .collect()
}

/// `mean + std · noise`, kept in the box.
fn shifted(mean: &[f64], std: &[f64], noise: impl IntoIterator<Item = f64>) -> Vec<f64> {
    mean.iter()
        .zip(std)
        .zip(noise)
        .map(|((m, s), n)| (m + s * n).clamp(-1.0, 1.0))
        .collect()
}

/// The indices of the `count` cheapest finite costs, cheapest first; ties in order.
fn cheapest(costs: &[f64], count: usize) -> Vec<usize> {
    let mut order: Vec<usize> = (0..costs.len()).filter(|i| costs[*i].is_finite()).collect();
    order.sort_by(|a, b| costs[*a].total_cmp(&costs[*b]));
    order.truncate(count);
    order
}

/// Moves `mean` and `std` towards the elites by `1 - keep`, `std` not under `floor`.
fn refit(mean: &mut [f64], std: &mut [f64], elites: &[&[f64]], keep: f64, floor: f64) {
    if elites.is_empty() {
        return;
    }
    let n = elites.len() as f64;
    for k in 0..mean.len() {
        let centre = elites.iter().map(|e| e[k]).sum::<f64>() / n;
        let variance = elites.iter().map(|e| (e[k] - centre).powi(2)).sum::<f64>() / n;
        mean[k] = keep * mean[k] + (1.0 - keep) * centre;
        std[k] = (keep * std[k] + (1.0 - keep) * variance.sqrt()).max(floor);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    const KINDS: [PlannerKind; 3] = [PlannerKind::Cem, PlannerKind::Icem, PlannerKind::Mppi];
    const GOAL: [f64; 4] = [0.4, -0.3, 0.7, 0.0];

    fn quadratic(x: &[f64]) -> f64 {
        x.iter().zip(GOAL).map(|(a, b)| (a - b).powi(2)).sum()
    }

    fn solve(kind: PlannerKind, seed: u64, cost: impl Fn(&[f64]) -> f64) -> Vec<f64> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut sampler = sampler(kind, vec![0.0; 4], 0.5, 8);
        for _ in 0..20 {
            let samples = sampler.ask(64, &mut rng);
            let costs: Vec<f64> = samples.iter().map(|s| cost(s)).collect();
            sampler.tell(&samples, &costs);
        }
        sampler.mean().to_vec()
    }

    #[test]
    fn every_sampler_finds_the_bottom_of_a_quadratic() {
        for kind in KINDS {
            let found = solve(kind, 3, quadratic);
            assert!(quadratic(&found) < 0.01, "{kind:?}: {found:?}");
        }
    }

    #[test]
    fn icem_draws_fewer_from_round_to_round_but_no_fewer_than_two_for_each_elite() {
        let mut rng = ChaCha8Rng::seed_from_u64(1);
        let mut icem = sampler(PlannerKind::Icem, vec![0.0; 4], 0.5, 8);
        let mut drawn = Vec::new();
        for _ in 0..8 {
            let samples = icem.ask(50, &mut rng);
            let costs: Vec<f64> = samples.iter().map(|s| quadratic(s)).collect();
            icem.tell(&samples, &costs);
            drawn.push(samples.len());
        }
        assert_eq!(drawn, [50, 40, 32, 25, 20, 16, 16, 16]);
        // Whoever grants less than that gets no more than was granted.
        assert_eq!(icem.ask(5, &mut rng).len(), 5);
    }

    #[test]
    fn costs_that_are_not_finite_never_win() {
        for kind in KINDS {
            let found = solve(
                kind,
                5,
                |x| if x[0] > 0.5 { f64::NAN } else { quadratic(x) },
            );
            assert!(found.iter().all(|v| v.is_finite()));
            assert!(quadratic(&found) < 0.02, "{kind:?}: {found:?}");
            let lost = solve(kind, 5, |_| f64::NAN);
            assert!(lost.iter().all(|v| v.is_finite()));
        }
    }

    #[test]
    fn the_same_seed_draws_the_same_samples_within_the_box() {
        for kind in KINDS {
            let draw = |seed| {
                let mut rng = ChaCha8Rng::seed_from_u64(seed);
                sampler(kind, vec![0.9; 6], 0.8, 8).ask(32, &mut rng)
            };
            assert_eq!(draw(1), draw(1));
            assert_ne!(draw(1), draw(2));
            assert!(draw(1).iter().flatten().all(|v| v.abs() <= 1.0));
        }
    }
}
