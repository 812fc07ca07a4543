//! Which grippers the training data had: a hand is known exactly, so another one is no matter of degree.
//!
//! Owns [`Tools`]: for cups and for jaws apart the range of their size and of what they hold; a jaw's strength
//! is that on its box, whose friction is part of it. In columns that cups and jaws share, and that are 0 where no
//! hand acts, a cup half as wide as any that was learned from lies within the range ([`super::normaliser`]), and
//! of the grasps with such hands 3 % that were judged safe went wrong. What else a hand has (shear, moment,
//! opening, reach of the fingers) is left to the shares that are asked of it.

use serde::{Deserialize, Serialize};

use super::features::GRIP_AT;
use super::grip::{CUP, JAW, LOG_STRENGTH, SIZE};
use super::samples::Sample;

/// So much wider, or narrower, or stronger is the same hand.
const SAME: f32 = 0.1;

/// Least and most of what describes a kind of gripper.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ToolRange {
    /// Radius of the cup, or width of the fingers, m.
    pub size: [f32; 2],
    /// ln of what it pulls or holds by friction at most, N.
    pub log_strength: [f32; 2],
}

impl ToolRange {
    /// The least range that holds both.
    fn with(self, other: Self) -> Self {
        let both = |a: [f32; 2], b: [f32; 2]| [a[0].min(b[0]), a[1].max(b[1])];
        Self {
            size: both(self.size, other.size),
            log_strength: both(self.log_strength, other.log_strength),
        }
    }
}

/// The grippers that were learned from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tools {
    /// Suction cups; `None` where there were none.
    pub cup: Option<ToolRange>,
    /// Parallel jaws.
    pub jaw: Option<ToolRange>,
}

impl Tools {
    /// Takes in the gripper of one more sample, if a hand acts there.
    pub fn add(&mut self, sample: &Sample) {
        let numbers = sample.action_numbers();
        let at = |k: usize| numbers[GRIP_AT + k].to_f32();
        let range = match (at(CUP) > 0.5, at(JAW) > 0.5) {
            (true, _) => &mut self.cup,
            (_, true) => &mut self.jaw,
            _ => return,
        };
        let this = ToolRange {
            size: [at(SIZE); 2],
            log_strength: [at(LOG_STRENGTH); 2],
        };
        *range = Some(range.map_or(this, |before| before.with(this)));
    }

    /// The grippers of both.
    pub fn widened(&self, other: &Self) -> Self {
        let either = |a: Option<ToolRange>, b: Option<ToolRange>| match (a, b) {
            (Some(a), Some(b)) => Some(a.with(b)),
            (one, other) => one.or(other),
        };
        Self {
            cup: either(self.cup, other.cup),
            jaw: either(self.jaw, other.jaw),
        }
    }

    /// Whether the hand that acts is like one that was learned from; `action` is `[ACTION_FEATURES]`. Also where
    /// none acts.
    pub fn hold(&self, action: &[f32]) -> bool {
        let at = |k: usize| action[GRIP_AT + k];
        let range = match (at(CUP) > 0.5, at(JAW) > 0.5) {
            (true, _) => self.cup,
            (_, true) => self.jaw,
            _ => return true,
        };
        range.is_some_and(|range| {
            let [least, most] = range.size;
            let size = least * (1.0 - SAME)..=most * (1.0 + SAME);
            let [least, most] = range.log_strength;
            let strength = least - SAME..=most + SAME;
            size.contains(&at(SIZE)) && strength.contains(&at(LOG_STRENGTH))
        })
    }

    /// Whether every number is finite and no range is turned round.
    pub fn is_sound(&self) -> bool {
        let ranges = [self.cup, self.jaw].into_iter().flatten();
        let mut ends = ranges.flat_map(|r| [r.size, r.log_strength]);
        ends.all(|[least, most]| least.is_finite() && most.is_finite() && least <= most)
    }
}

#[cfg(test)]
mod tests {
    use super::super::features::ACTION_FEATURES;
    use super::*;

    #[test]
    fn a_hand_is_known_by_its_kind_its_size_and_its_strength() {
        let tools = Tools {
            cup: Some(ToolRange {
                size: [0.02, 0.06],
                log_strength: [3.4, 6.6],
            }),
            jaw: None,
        };
        let action = |kind: Option<usize>, size: f32, newton: f32| {
            let mut numbers = vec![0.0; ACTION_FEATURES];
            if let Some(kind) = kind {
                numbers[GRIP_AT + kind] = 1.0;
                numbers[GRIP_AT + SIZE] = size;
                numbers[GRIP_AT + LOG_STRENGTH] = newton.ln();
            }
            numbers
        };
        let holds = |kind, size, newton| tools.hold(&action(kind, size, newton));
        assert!(holds(Some(CUP), 0.02, 250.0));
        assert!(holds(Some(CUP), 0.064, 250.0));
        for (size, newton) in [(0.015, 250.0), (0.07, 250.0), (0.04, 900.0), (0.04, 20.0)] {
            assert!(!holds(Some(CUP), size, newton), "{size} {newton}");
        }
        assert!(!holds(Some(JAW), 0.04, 250.0));
        assert!(holds(None, 0.0, 1.0));
    }

    #[test]
    fn the_hands_of_two_models_together_are_those_of_either() {
        let range = |size, log_strength| ToolRange { size, log_strength };
        let cups = Tools {
            cup: Some(range([0.02, 0.04], [3.0, 5.0])),
            jaw: None,
        };
        let both = Tools {
            cup: Some(range([0.03, 0.06], [2.0, 4.0])),
            jaw: Some(range([0.04, 0.08], [3.0, 6.0])),
        };
        let of_both = Tools {
            cup: Some(range([0.02, 0.06], [2.0, 5.0])),
            jaw: both.jaw,
        };
        assert_eq!(cups.widened(&both), of_both);
        assert_eq!(both.widened(&cups), of_both);
        assert_eq!(cups.widened(&Tools::default()), cups);
    }
}
