//! `meta/stats.json`: least, greatest, mean and spread of what the frames hold.
//!
//! Owns [`Moments`], gathered file by file and joined in the files' order, so that the sums come
//! out bit for bit the same however the work was shared (Chan, Golub, LeVeque, 1979: no
//! cancellation as in sums of squares).

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::{Episode, flat};

/// Of one number.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Moments {
    count: u64,
    min: f64,
    max: f64,
    mean: f64,
    /// Sum of squared differences from the mean.
    m2: f64,
}

impl Moments {
    fn of(x: f64) -> Self {
        Self {
            count: 1,
            min: x,
            max: x,
            mean: x,
            m2: 0.0,
        }
    }

    fn join(self, other: Self) -> Self {
        let count = self.count + other.count;
        let share = other.count as f64 / count as f64;
        let step = other.mean - self.mean;
        Self {
            count,
            min: self.min.min(other.min),
            max: self.max.max(other.max),
            mean: self.mean + step * share,
            m2: self.m2 + other.m2 + step * step * self.count as f64 * share,
        }
    }

    fn std(&self) -> f64 {
        (self.m2 / self.count as f64).sqrt()
    }
}

/// For each feature its axes' moments, over all boxes of all frames.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Stats(BTreeMap<String, Vec<Option<Moments>>>);

impl Stats {
    /// Of the frames of `episodes`.
    pub fn of(episodes: &[Episode]) -> Self {
        let mut stats = Self::default();
        for frame in episodes.iter().flat_map(|e| &e.rollout.frames) {
            stats.add("timestamp", &[frame.t]);
            stats.add("grip_margin", &[frame.grip_margin]);
            if let Some(hand) = &frame.hand {
                stats.add("hand", &flat::pose(hand));
            }
            for body in &frame.boxes {
                let pose = flat::pose(&body.pose);
                stats.add("position", &pose[..3]);
                stats.add("rotation", &pose[3..]);
                stats.add("linear", body.linear.as_slice());
                stats.add("angular", body.angular.as_slice());
                stats.add("force", &[body.force]);
            }
        }
        stats
    }

    fn add(&mut self, feature: &str, values: &[f64]) {
        if !self.0.contains_key(feature) {
            self.0.insert(feature.to_owned(), vec![None; values.len()]);
        }
        for (axis, &x) in self.0.get_mut(feature).into_iter().flatten().zip(values) {
            *axis = join(*axis, Some(Moments::of(x)));
        }
    }

    /// These and those of the frames that come after.
    pub fn join(mut self, other: Self) -> Self {
        for (feature, axes) in other.0 {
            let mine = self
                .0
                .entry(feature)
                .or_insert_with(|| vec![None; axes.len()]);
            for (a, b) in mine.iter_mut().zip(axes) {
                *a = join(*a, b);
            }
        }
        self
    }

    /// In LeRobot's form.
    pub fn to_json(&self) -> Value {
        let feature = |axes: &Vec<Option<Moments>>| {
            let each =
                |of: fn(&Moments) -> f64| -> Vec<f64> { axes.iter().flatten().map(of).collect() };
            let count = axes.iter().flatten().map(|m| m.count).max().unwrap_or(0);
            json!({
                "min": each(|m| m.min),
                "max": each(|m| m.max),
                "mean": each(|m| m.mean),
                "std": each(Moments::std),
                "count": [count],
            })
        };
        let features = self
            .0
            .iter()
            .map(|(name, axes)| (name.clone(), feature(axes)));
        Value::Object(features.collect())
    }
}

fn join(a: Option<Moments>, b: Option<Moments>) -> Option<Moments> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.join(b)),
        (a, b) => a.or(b),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn joined_moments_are_those_of_all_numbers_together() {
        let numbers: Vec<f64> = (0..50).map(|i| 1e6 + f64::from(i * i % 17)).collect();
        let of = |part: &[f64]| part.iter().map(|&x| Some(Moments::of(x))).fold(None, join);
        let joined = join(of(&numbers[..13]), of(&numbers[13..])).unwrap();
        let mean = numbers.iter().sum::<f64>() / 50.0;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / 50.0;
        assert!((joined.mean - mean).abs() < 1e-6);
        assert!((joined.std() - variance.sqrt()).abs() < 1e-6);
        assert_eq!(
            (joined.count, joined.min, joined.max),
            (50, 1e6, 1e6 + 16.0)
        );
    }
}
