//! Columns brought to mean 0 and spread 1, and the ranges that the training data covered.
//!
//! Owns [`Normaliser`]: measured on the training split, kept with the model. Values more than six spreads from the mean
//! are cut for the network's sake, wherever the range ends; how far one lies outside its range is told for the bound's
//! ("refused, not guessed").

use serde::{Deserialize, Serialize};

use super::features::{ACTION_FEATURES, EDGE_FEATURES, GraphInput, NODE_FEATURES};
use super::samples::Sample;
use super::tools::Tools;

/// Normalised values are cut here, spreads from the mean.
const CUT: f32 = 6.0;

/// Mean, spread and range of each column of a table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Columns {
    /// Mean of each column.
    pub mean: Vec<f32>,
    /// Standard deviation; 1 where the column is constant.
    pub std: Vec<f32>,
    /// Least value seen.
    pub min: Vec<f32>,
    /// Greatest value seen.
    pub max: Vec<f32>,
}

/// The columns of every table.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Normaliser {
    /// Of nodes.
    pub nodes: Columns,
    /// Of edges.
    pub edges: Columns,
    /// Of actions.
    pub action: Columns,
    /// The grippers.
    pub tools: Tools,
}

/// Sums over the rows of one table.
struct Tally {
    count: f64,
    sum: Vec<f64>,
    squares: Vec<f64>,
    min: Vec<f32>,
    max: Vec<f32>,
}

impl Tally {
    fn new(width: usize) -> Self {
        Self {
            count: 0.0,
            sum: vec![0.0; width],
            squares: vec![0.0; width],
            min: vec![f32::INFINITY; width],
            max: vec![f32::NEG_INFINITY; width],
        }
    }

    fn add(&mut self, table: &[half::f16]) {
        for row in table.chunks_exact(self.sum.len()) {
            self.count += 1.0;
            for (k, x) in row.iter().enumerate() {
                let x = x.to_f32();
                self.sum[k] += f64::from(x);
                self.squares[k] += f64::from(x) * f64::from(x);
                self.min[k] = self.min[k].min(x);
                self.max[k] = self.max[k].max(x);
            }
        }
    }

    fn finish(self) -> Columns {
        let n = self.count.max(1.0);
        let mean: Vec<f64> = self.sum.iter().map(|s| s / n).collect();
        let std = self
            .squares
            .iter()
            .zip(&mean)
            .map(|(s, m)| (s / n - m * m).max(0.0).sqrt())
            .map(|s| if s < 1e-6 { 1.0 } else { s as f32 })
            .collect();
        let seen = |v: f32| if v.is_finite() { v } else { 0.0 };
        Columns {
            mean: mean.iter().map(|&m| m as f32).collect(),
            std,
            min: self.min.into_iter().map(seen).collect(),
            max: self.max.into_iter().map(seen).collect(),
        }
    }
}

impl Columns {
    /// Appends the normalised rows of `table` to `out`.
    pub fn apply<T: Copy>(&self, table: &[T], to_f32: impl Fn(T) -> f32, out: &mut Vec<f32>) {
        for row in table.chunks_exact(self.mean.len()) {
            out.extend(
                row.iter()
                    .zip(&self.mean)
                    .zip(&self.std)
                    .map(|((&x, m), s)| ((to_f32(x) - m) / s).clamp(-CUT, CUT)),
            );
        }
    }

    /// The farthest that any value lies outside its column's range, in spreads of the column.
    fn beyond(&self, table: &[f32]) -> f32 {
        let mut worst = 0f32;
        for row in table.chunks_exact(self.mean.len()) {
            for (k, &x) in row.iter().enumerate() {
                // Half precision in the training data: a thousandth of the value is no excess.
                let slack = 2e-3 * x.abs() + 1e-4;
                let over = (x - self.max[k] - slack).max(self.min[k] - slack - x);
                worst = worst.max(over / self.std[k].max(1e-3));
            }
        }
        worst
    }

    fn widened(&self, other: &Self) -> Self {
        let each = |a: &[f32], b: &[f32], of: fn(f32, f32) -> f32| {
            a.iter().zip(b).map(|(&a, &b)| of(a, b)).collect()
        };
        Self {
            min: each(&self.min, &other.min, f32::min),
            max: each(&self.max, &other.max, f32::max),
            ..self.clone()
        }
    }

    fn is_sound(&self, width: usize) -> bool {
        let all = [&self.mean, &self.std, &self.min, &self.max];
        all.iter()
            .all(|v| v.len() == width && v.iter().all(|x| x.is_finite()))
            && self.std.iter().all(|&s| s > 0.0)
            && self
                .min
                .iter()
                .zip(&self.max)
                .all(|(least, most)| least <= most)
    }
}

impl Normaliser {
    /// Measured on `samples`.
    pub fn measure<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        let mut nodes = Tally::new(NODE_FEATURES);
        let mut edges = Tally::new(EDGE_FEATURES);
        let mut action = Tally::new(ACTION_FEATURES);
        let mut tools = Tools::default();
        for sample in samples {
            tools.add(sample);
            nodes.add(sample.node_numbers());
            edges.add(sample.edge_numbers());
            action.add(sample.action_numbers());
        }
        Self {
            nodes: nodes.finish(),
            edges: edges.finish(),
            action: action.finish(),
            tools,
        }
    }

    /// The same scale, as weights know it, with ranges that hold what `other` saw too.
    pub fn widened(&self, other: &Self) -> Self {
        Self {
            nodes: self.nodes.widened(&other.nodes),
            edges: self.edges.widened(&other.edges),
            action: self.action.widened(&other.action),
            tools: self.tools.widened(&other.tools),
        }
    }

    /// How far `input` lies outside what was trained on, in spreads of the worst column; 0 inside.
    pub fn beyond(&self, input: &GraphInput) -> f64 {
        let worst = self
            .nodes
            .beyond(&input.nodes)
            .max(self.edges.beyond(&input.edges))
            .max(self.action.beyond(&input.action));
        f64::from(worst)
    }

    /// Whether every number is finite and every width is this program's.
    pub fn is_sound(&self) -> bool {
        self.nodes.is_sound(NODE_FEATURES)
            && self.edges.is_sound(EDGE_FEATURES)
            && self.action.is_sound(ACTION_FEATURES)
            && self.tools.is_sound()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_lies_outside_a_columns_range_is_told_in_its_spreads() {
        let columns = Columns {
            mean: vec![0.0, 10.0],
            std: vec![0.5, 2.0],
            min: vec![-1.0, 4.0],
            max: vec![1.0, 16.0],
        };
        assert_eq!(columns.beyond(&[0.0, 10.0, 1.0, 4.0]), 0.0);
        // Of two rows and either side the worst counts: 1 over is two spreads of 0.5, 6 under three of 2.
        let over = columns.beyond(&[2.0, 10.0]);
        assert!((over - 2.0).abs() < 0.02, "{over}");
        let under = columns.beyond(&[2.0, 10.0, 0.0, -2.0]);
        assert!((under - 3.0).abs() < 0.02, "{under}");
    }
}
