//! From an ensemble's logits to a risk that can be believed, and to a bound that keeps a promise.
//!
//! Owns [`Calibration`]. The *score* joins the members' mean logit and their disagreement by a
//! logistic regression (fitted on the validation split); the *risk* is an isotonic regression of
//! accidents on the score (Zadrozny and Elkan, KDD 2002), and the *bound* comes from Learn then
//! Test ([`super::certify`]), both on the calibration split. The bound is never below the risk. It promises something at
//! the certified levels alone: of what is bounded by one of them, no larger share goes wrong. Between two it only ranks.

use serde::{Deserialize, Serialize};

use super::certify::{Rung, certify, design_effect};
use super::regression::{FEWEST_ROWS, Knot, isotonic, logistic, logit, sigmoid};

/// What the ensemble said of one episode, and what came of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Logit of any accident, the mean over members.
    pub logit: f64,
    /// Standard deviation of that logit over members.
    pub spread: f64,
    /// Logit of each kind, the mean over members.
    pub kinds: [f64; 5],
    /// What happened, by kind.
    pub accidents: [bool; 5],
    /// The stack it belongs to.
    pub stack: u64,
}

impl Scored {
    /// Whether anything went wrong.
    pub fn accident(&self) -> bool {
        self.accidents.iter().any(|&a| a)
    }
}

/// All that turns logits into risks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Calibration {
    /// Weights of 1, logit, spread, logit · spread in the score.
    pub score: [f64; 4],
    /// Ascending in both.
    pub knots: Vec<Knot>,
    /// For each kind: offset and slope of its logit.
    pub kinds: [[f64; 2]; 5],
    /// Certified thresholds on the score, ascending.
    pub ladder: Vec<Rung>,
    /// Spreads above this hardly ever occurred (a quarter more than 99.9 % of those that did): the bound is 1 there.
    pub spread_limit: f64,
    /// How much less an episode counts because stacks are alike; 1 where they are not.
    pub design_effect: f64,
    /// Episodes that the risk and the bound come from.
    pub episodes: usize,
    /// Their stacks, or packings where many stacks are of one.
    pub stacks: usize,
}

/// A calibrated answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Calibrated {
    /// P(any accident).
    pub risk: f64,
    /// What is held against the limit.
    pub bound: f64,
}

/// Fewest episodes that a calibration is fitted on.
pub const MIN_EPISODES: usize = FEWEST_ROWS;
/// Fewest stacks (of given scenes, packings) that limits are certified by: how alike the episodes of one are
/// ([`design_effect`]) cannot be told from a handful.
pub const MIN_STACKS: usize = 30;

impl Calibration {
    /// Fitted on two splits that training did not see.
    ///
    /// With fewer than [`MIN_EPISODES`] in the second, or of fewer than [`MIN_STACKS`] there, nothing is certified and
    /// every bound is 1. The first only shapes the score; what limits promise rests on the second alone.
    pub fn fit(validation: &[Scored], calibration: &[Scored]) -> Self {
        let rows: Vec<[f64; 4]> = validation.iter().map(columns).collect();
        let labels: Vec<bool> = validation.iter().map(Scored::accident).collect();
        let score = logistic(&rows, &labels, [0.0, 1.0, 0.0, 0.0]);
        let kinds = std::array::from_fn(|k| {
            let rows: Vec<[f64; 2]> = validation.iter().map(|s| [1.0, s.kinds[k]]).collect();
            let labels: Vec<bool> = validation.iter().map(|s| s.accidents[k]).collect();
            logistic(&rows, &labels, [0.0, 1.0])
        });
        let mut out = Self {
            score,
            knots: Vec::new(),
            kinds,
            ladder: Vec::new(),
            spread_limit: 0.0,
            design_effect: 1.0,
            episodes: calibration.len(),
            stacks: 0,
        };
        out.fit_risk(calibration);
        out
    }

    fn fit_risk(&mut self, calibration: &[Scored]) {
        let mut rows: Vec<(f64, bool, u64)> = calibration
            .iter()
            .map(|s| (self.score_of(s.logit, s.spread), s.accident(), s.stack))
            .collect();
        rows.sort_by(|a, b| a.0.total_cmp(&b.0));
        self.knots = isotonic(&rows);
        let stacks: std::collections::BTreeSet<u64> = rows.iter().map(|r| r.2).collect();
        self.stacks = stacks.len();
        if rows.len() < MIN_EPISODES || self.stacks < MIN_STACKS {
            return;
        }
        let mut spreads: Vec<f64> = calibration.iter().map(|s| s.spread).collect();
        spreads.sort_by(f64::total_cmp);
        self.spread_limit = 1.25 * spreads[(spreads.len() - 1) * 999 / 1000];
        let residuals: Vec<(u64, f64)> = rows
            .iter()
            .map(|&(score, accident, stack)| {
                (
                    stack,
                    f64::from(u8::from(accident)) - self.risk_of_score(score),
                )
            })
            .collect();
        self.design_effect = design_effect(&residuals);
        let ranked: Vec<(f64, bool)> = rows.iter().map(|r| (r.0, r.1)).collect();
        self.ladder = certify(&ranked, self.design_effect);
    }

    /// The score of a mean logit and its spread.
    pub fn score_of(&self, logit: f64, spread: f64) -> f64 {
        let x = [1.0, logit, spread, logit * spread];
        x.iter().zip(&self.score).map(|(a, b)| a * b).sum()
    }

    fn risk_of_score(&self, score: f64) -> f64 {
        let Some((first, last)) = self.knots.first().zip(self.knots.last()) else {
            return sigmoid(score);
        };
        if score <= first.score {
            return first.risk;
        }
        if score >= last.score {
            return last.risk;
        }
        let next = self.knots.partition_point(|k| k.score <= score);
        let (a, b) = (self.knots[next - 1], self.knots[next]);
        let s = (score - a.score) / (b.score - a.score).max(1e-12);
        sigmoid(logit(a.risk) + s * (logit(b.risk) - logit(a.risk)))
    }

    /// Risk and bound of a mean logit and its spread.
    pub fn apply(&self, logit: f64, spread: f64) -> Calibrated {
        let score = self.score_of(logit, spread);
        let risk = self.risk_of_score(score);
        let bound = if spread > self.spread_limit {
            1.0
        } else {
            self.bound_of_score(score).max(risk)
        };
        Calibrated { risk, bound }
    }

    /// The level of the rung that the score lies under; between rungs as far up as between their
    /// thresholds, so that it never falls, and is at most a level exactly where that is certified.
    ///
    /// A bound between two levels certifies nothing: what a limit of 2.5 % lets pass is more than was tested at 2 %, and
    /// only known to be a part of what was tested at 3 %.
    fn bound_of_score(&self, score: f64) -> f64 {
        let next = self.ladder.partition_point(|r| r.threshold < score);
        let Some(upper) = self.ladder.get(next) else {
            return 1.0;
        };
        let Some(lower) = next.checked_sub(1).map(|k| self.ladder[k]) else {
            // Under the first rung nothing finer is certified.
            return upper.level;
        };
        let s = (score - lower.threshold) / (upper.threshold - lower.threshold).max(1e-12);
        lower.level + s * (upper.level - lower.level)
    }

    /// P of each kind, given that of any: none is likelier than that, and together they come to it.
    ///
    /// They are calibrated apart, so what each says of the whole is only made to fit afterwards.
    pub fn by_accident(&self, kinds: &[f64; 5], risk: f64) -> [f64; 5] {
        let of = |k: usize| sigmoid(self.kinds[k][0] + self.kinds[k][1] * kinds[k]).min(risk);
        let all: [f64; 5] = std::array::from_fn(of);
        let sum: f64 = all.iter().sum();
        let short = (risk / sum.max(1e-12)).max(1.0);
        all.map(|p| (p * short).min(risk))
    }

    /// Whether every number is finite, and both curves ascend.
    pub fn is_sound(&self) -> bool {
        let numbers = self.score.iter().chain(self.kinds.iter().flatten());
        let ascending = |v: Vec<f64>| v.windows(2).all(|w| w[0] <= w[1]);
        numbers.chain([&self.spread_limit]).all(|x| x.is_finite())
            && ascending(self.knots.iter().map(|k| k.score).collect())
            && ascending(self.knots.iter().map(|k| k.risk).collect())
            && self
                .knots
                .iter()
                .all(|k| k.risk > 0.0 && k.risk < 1.0 && k.score.is_finite())
            && ascending(self.ladder.iter().map(|r| r.threshold).collect())
            && ascending(self.ladder.iter().map(|r| r.level).collect())
            && self.ladder.iter().all(|r| (0.0..=1.0).contains(&r.level))
    }
}

fn columns(s: &Scored) -> [f64; 4] {
    [1.0, s.logit, s.spread, s.logit * s.spread]
}

#[cfg(test)]
mod tests;
