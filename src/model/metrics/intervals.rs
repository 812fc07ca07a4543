//! How sure we can be of a rate, of a difference or of any figure: their 95 % intervals.
//!
//! Owns Wilson's interval ([`wilson`]), that of a difference between paired rates ([`Paired`]) and the bootstrap by
//! stack ([`bootstrap`]). Knows nothing of forecasts.

use rand::Rng;

/// Wilson's 95 % interval of a rate; `(0, 1)` of nothing.
pub fn wilson(hits: usize, n: usize) -> (f64, f64) {
    if n == 0 {
        return (0.0, 1.0);
    }
    let z = 1.959_964;
    let (n, p) = (n as f64, hits as f64 / n as f64);
    let centre = (p + z * z / (2.0 * n)) / (1.0 + z * z / n);
    let half = z / (1.0 + z * z / n) * (p * (1.0 - p) / n + z * z / (4.0 * n * n)).sqrt();
    ((centre - half).max(0.0), (centre + half).min(1.0))
}

/// How two yes-or-no answers to the same cases go together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Paired {
    /// Yes by both.
    pub both: usize,
    /// By the first alone.
    pub first: usize,
    /// By the second alone.
    pub second: usize,
    /// By neither.
    pub neither: usize,
}

impl Paired {
    /// Counts pairs of (first, second).
    pub fn count(pairs: impl Iterator<Item = (bool, bool)>) -> Self {
        let mut out = Self::default();
        for pair in pairs {
            *match pair {
                (true, true) => &mut out.both,
                (true, false) => &mut out.first,
                (false, true) => &mut out.second,
                (false, false) => &mut out.neither,
            } += 1;
        }
        out
    }

    /// The 95 % interval of the first's rate less the second's: the square and add of two Wilson intervals, less what
    /// the answers have in common (R. G. Newcombe, Statistics in Medicine 17, 1998, 2635, method 10).
    pub fn difference(self) -> (f64, f64) {
        let [a, b, c, d] = [self.both, self.first, self.second, self.neither];
        let n = a + b + c + d;
        let rate = |hits: usize| hits as f64 / n.max(1) as f64;
        let (p, q) = (rate(a + b), rate(a + c));
        let ((p_low, p_high), (q_low, q_high)) = (wilson(a + b, n), wilson(a + c, n));
        let phi = self.correlation();
        let apart = |x: f64, y: f64| (x * x - 2.0 * phi * x * y + y * y).max(0.0).sqrt();
        (
            p - q - apart(p - p_low, q_high - q),
            p - q + apart(p_high - p, q - q_low),
        )
    }

    /// The phi coefficient, what is positive of it corrected for continuity; 0 where one always says the same.
    fn correlation(self) -> f64 {
        let [a, b, c, d] = [self.both, self.first, self.second, self.neither].map(|n| n as f64);
        let product = a * d - b * c;
        let corrected = match product > 0.0 {
            true => (product - 0.5 * (a + b + c + d)).max(0.0),
            false => product,
        };
        let scale = ((a + b) * (c + d) * (a + c) * (b + d)).sqrt();
        if scale > 0.0 { corrected / scale } else { 0.0 }
    }
}

/// The 95 % interval of `statistic` over `rounds` resamplings of whole stacks.
///
/// Rounds in which it is `None` are left out; `None` where all are.
pub fn bootstrap(
    stacks: &[u64],
    rounds: usize,
    rng: &mut impl Rng,
    statistic: impl Fn(&[usize]) -> Option<f64>,
) -> Option<(f64, f64)> {
    let mut groups: std::collections::BTreeMap<u64, Vec<usize>> = Default::default();
    for (i, &stack) in stacks.iter().enumerate() {
        groups.entry(stack).or_default().push(i);
    }
    let groups: Vec<Vec<usize>> = groups.into_values().collect();
    if groups.is_empty() {
        return None;
    }
    let mut values: Vec<f64> = (0..rounds)
        .filter_map(|_| {
            let drawn: Vec<usize> = (0..groups.len())
                .flat_map(|_| groups[rng.random_range(0..groups.len())].iter().copied())
                .collect();
            statistic(&drawn)
        })
        .collect();
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values[((values.len() - 1) as f64 * q).round() as usize];
    (!values.is_empty()).then(|| (at(0.025), at(0.975)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_paired_interval_shrinks_by_what_both_have_in_common() {
        let of = |both, first, second, neither| {
            let pairs = Paired {
                both,
                first,
                second,
                neither,
            };
            pairs.difference()
        };
        // Of answers with nothing in common, it is Newcombe's of two samples: 56/100 less 48/100.
        let (low, high) = of(27, 29, 21, 23);
        let ((p_low, p_high), (q_low, q_high)) = (wilson(56, 100), wilson(48, 100));
        assert!((low - (0.08 - (0.56 - p_low).hypot(q_high - 0.48))).abs() < 1e-9);
        assert!((high - (0.08 + (p_high - 0.56).hypot(0.48 - q_low))).abs() < 1e-9);
        // The same rates, mostly of the same cases.
        let (near_low, near_high) = of(46, 10, 2, 42);
        assert!(near_low > low && near_high < high, "{near_low} {near_high}");
        // The other way round it is the same with the other sign.
        let (other_low, other_high) = of(46, 2, 10, 42);
        assert!((other_low + near_high).abs() < 1e-12 && (other_high + near_low).abs() < 1e-12);
        // One beside itself differs by little, and by none on average.
        let (low, high) = of(4, 0, 0, 600);
        assert!(
            low < 0.0 && (low + high).abs() < 1e-12 && high < 0.0075,
            "{low} {high}"
        );
        assert_eq!(of(0, 0, 0, 0).0, -of(0, 0, 0, 0).1);
    }

    #[test]
    fn wilson_matches_the_textbook() {
        let (low, high) = wilson(5, 100);
        assert!((low - 0.0215).abs() < 1e-3 && (high - 0.1118).abs() < 1e-3);
    }

    #[test]
    fn the_bootstrap_is_wider_when_episodes_come_in_stacks() {
        let labels: Vec<bool> = (0..400).map(|i| (i / 20) % 2 == 0).collect();
        let rate = |drawn: &[usize]| {
            Some(drawn.iter().filter(|&&i| labels[i]).count() as f64 / drawn.len() as f64)
        };
        let width = |stacks: Vec<u64>| {
            let mut rng = rand_chacha::ChaCha8Rng::seed_from_u64(2);
            let (low, high) = bootstrap(&stacks, 300, &mut rng, rate).unwrap();
            high - low
        };
        assert!(width((0..400).map(|i| i / 20).collect()) > 2.0 * width((0..400).collect()));
    }
}
