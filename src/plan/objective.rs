//! What makes one safe action better than another, and what makes an action safe.
//!
//! Owns the constraint (satisfied when at or under 0), the objective (time, travel, graded sums,
//! risk), and the order between actions: constraint first, objective second. Holds no search.

use crate::dynamics::Risk;
use crate::rollout::Motion;
use crate::scene::Safety;

use super::risk::Cvar;

/// How far an action is over the limit: its bound less `max_risk`. Satisfied when at or under 0.
pub fn violation(risk: &Risk, safety: &Safety) -> f64 {
    risk.bound - safety.max_risk
}

/// What an action costs when it is safe: a weighted sum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Objective {
    /// Per second.
    pub time: f64,
    /// Per metre that the hand travels.
    pub travel: f64,
    /// Per metre of path that boxes not held are expected to travel.
    pub path_length: f64,
    /// Per m/s of their summed peak speeds.
    pub peak_speed: f64,
    /// Per unit of risk, as [`Self::measure`] sees it.
    pub risk: f64,
    /// How members and draws come together.
    pub measure: Cvar,
}

impl Default for Objective {
    /// A centimetre that a neighbour travels weighs as much as a second of the robot's time, and
    /// so does a percent of risk.
    fn default() -> Self {
        Self {
            time: 0.1,
            travel: 0.05,
            path_length: 10.0,
            peak_speed: 1.0,
            risk: 10.0,
            measure: Cvar { tail: 0.25 },
        }
    }
}

impl Objective {
    /// The cost of a motion with this risk.
    pub fn cost(&self, motion: &Motion, risk: &Risk) -> f64 {
        self.time * motion.duration()
            + self.travel * travel_m(motion)
            + self.path_length * risk.path_length
            + self.peak_speed * risk.peak_speed
            + self.risk * self.measure.of_risk(risk)
    }
}

/// The length of the hand's path, m.
pub fn travel_m(motion: &Motion) -> f64 {
    let legs = motion.keys.windows(2);
    legs.map(|k| (k[1].pose.translation.vector - k[0].pose.translation.vector).norm())
        .sum()
}

/// Constraint first, objective second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Score {
    /// Over the limit by this much; at or under 0 is safe.
    pub violation: f64,
    /// What it costs where it is safe.
    pub cost: f64,
}

impl Score {
    /// Whether the constraint is satisfied.
    pub fn is_safe(&self) -> bool {
        self.violation <= 0.0
    }

    /// One number in the same order for a sampler: every unsafe score is above every safe one.
    pub fn as_cost(&self) -> f64 {
        // Costs of safe actions are of order 1; 1 - 1/(1 + c) keeps any of them under 1.
        let cost = 1.0 - 1.0 / (1.0 + self.cost.max(0.0));
        if self.is_safe() {
            cost
        } else {
            1.0 + 10.0 * self.violation + 0.01 * cost
        }
    }

    /// The better of two comes first.
    pub fn compare(&self, other: &Self) -> std::cmp::Ordering {
        self.as_cost().total_cmp(&other.as_cost())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dynamics::fixed::disturbing;

    fn score(violation: f64, cost: f64) -> Score {
        Score { violation, cost }
    }

    #[test]
    fn a_slow_safe_action_comes_before_a_fast_unsafe_one() {
        assert!(score(-0.01, 1e6).compare(&score(1e-6, 0.0)).is_lt());
    }

    #[test]
    fn among_safe_actions_the_cheaper_wins_and_among_unsafe_ones_the_less_risky() {
        assert!(score(-0.001, 1.0).compare(&score(-0.02, 2.0)).is_lt());
        assert!(score(0.1, 9.0).compare(&score(0.2, 0.0)).is_lt());
    }

    #[test]
    fn the_constraint_is_about_the_bound_not_the_risk() {
        let risk = disturbing(0.001, 0.05);
        assert!(violation(&risk, &Safety::default()) > 0.0);
    }
}
