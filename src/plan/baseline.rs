//! What the planner is measured against: policies that look at geometry and not at physics.
//!
//! Owns the three baselines of design, section 7. They use the same grasps, motions and types as
//! the planner, so that a difference is a difference in judgement.

use rand::Rng;

use crate::grasp::{GraspCandidate, propose};
use crate::motion::Lift;
use crate::pose::Vec3;
use crate::rollout::Action;
use crate::scene::Workcell;

use super::candidates::Wish;
use super::goal::Goal;
use super::wanted::from_the_top;

/// A policy without physics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Baseline {
    /// The required box at its best-margin feasible grasp, straight up at 0.2 m/s.
    StraightLift,
    /// The same, taking what is topmost first until the goal is reached.
    TopFirst,
    /// Any feasible grasp of the required box.
    Random,
}

impl Baseline {
    /// All three, in the order of reports.
    pub const ALL: [Self; 3] = [Self::StraightLift, Self::TopFirst, Self::Random];

    /// As reports name it.
    pub fn name(self) -> &'static str {
        match self {
            Self::StraightLift => "straight_lift",
            Self::TopFirst => "top_first",
            Self::Random => "random",
        }
    }

    /// What it does next in a scene in which the goal is not yet reached: the box's id and the
    /// action; `None` when it finds nothing that geometry allows.
    pub fn next_action(
        self,
        workcell: &Workcell,
        goal: &Goal,
        rng: &mut impl Rng,
    ) -> Option<(String, Action)> {
        self.wishes(workcell, goal, rng)
            .into_iter()
            .find_map(|wish| {
                let action = self.straight_up(workcell, &wish, rng)?;
                Some((workcell.scene.boxes[wish.box_index].id.clone(), action))
            })
    }

    /// What it would do, in order of preference.
    fn wishes(self, workcell: &Workcell, goal: &Goal, rng: &mut impl Rng) -> Vec<Wish> {
        let mut required = required(workcell, goal);
        match self {
            Self::StraightLift => required,
            Self::Random => {
                for i in (1..required.len()).rev() {
                    required.swap(i, rng.random_range(0..=i));
                }
                required
            }
            Self::TopFirst => {
                let all = from_the_top(workcell, 0..workcell.scene.boxes.len());
                let wish = |i| match required.iter().find(|w| w.box_index == i) {
                    Some(wish) => wish.clone(),
                    None => Wish::remove(i),
                };
                all.into_iter().map(wish).collect()
            }
        }
    }

    /// A feasible grasp of the wish's box, straight up.
    fn straight_up(self, workcell: &Workcell, wish: &Wish, rng: &mut impl Rng) -> Option<Action> {
        let mut grasps: Vec<GraspCandidate> = propose(workcell, wish.box_index).candidates;
        if self == Self::Random {
            for i in (1..grasps.len()).rev() {
                grasps.swap(i, rng.random_range(0..=i));
            }
        }
        let up = straight_up_lift();
        grasps
            .iter()
            .find_map(|grasp| wish.action(workcell, grasp, &up).ok())
    }
}

/// Straight up at 0.2 m/s.
fn straight_up_lift() -> Lift {
    Lift {
        first: 0.15 * Vec3::z(),
        then: 0.05 * Vec3::z(),
        tilt: [0.0; 2],
        speed: 0.2,
    }
}

/// The boxes that the goal names and that are still there, in its order.
fn required(workcell: &Workcell, goal: &Goal) -> Vec<Wish> {
    let wish = |id: &&str| {
        let index = workcell.scene.box_index(id)?;
        Some(match goal {
            Goal::Move { target, .. } => Wish::place(index, *target),
            _ => Wish::remove(index),
        })
    };
    goal.box_ids().iter().filter_map(wish).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::grasp::fixtures_for_tests::{a_box, workcell};
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    fn stack() -> (Workcell, Goal) {
        let cell = workcell(
            vec![
                a_box("low", [0.3, 0.3, 0.2], [0.0, 0.0, 0.1], 0.5),
                a_box("high", [0.3, 0.3, 0.2], [0.0, 0.0, 0.3], 0.5),
                a_box("aside", [0.3, 0.3, 0.1], [1.0, 0.0, 0.05], 0.5),
            ],
            vec![],
        );
        let goal = Goal::Retrieve {
            box_id: "low".into(),
        };
        (cell, goal)
    }

    #[test]
    fn straight_lift_pulls_at_what_it_is_told_and_top_first_at_the_top() {
        let (cell, goal) = stack();
        let mut rng = ChaCha8Rng::seed_from_u64(0);
        let next = |b: Baseline, rng: &mut ChaCha8Rng| b.next_action(&cell, &goal, rng).unwrap().0;
        assert_eq!(next(Baseline::StraightLift, &mut rng), "low");
        assert_eq!(next(Baseline::TopFirst, &mut rng), "high");
        assert_eq!(next(Baseline::Random, &mut rng), "low");
    }
}
