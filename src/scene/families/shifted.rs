//! Scenes unlike those that training sees, one thing changed at a time.
//!
//! Owns [`Shift`]. Evaluation asks here whether the model knows what it does not know.

use rand::Rng;
use serde::{Deserialize, Serialize};

use super::draft::{Draft, Part, between};
use super::{BOXES_MAX, Family, Generated, finish, generate, sound_draft};
use crate::pose::{Vec3, level};
use crate::scene::{CenterOfMass, Fixture, Gripper, Quantity, Scene};

/// What is unlike training.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Shift {
    /// 40 to 100 boxes: many stacks of the family close together.
    ManyBoxes,
    /// Every length doubled, masses as they were, the gripper opened to match.
    TwiceTheSize,
    /// Every mass tenfold, and with it what boxes bear and what the hand can lift.
    TenTimesTheMass,
    /// Cups and jaws outside the training ranges.
    OtherGripper,
}

impl Shift {
    /// All four.
    pub const ALL: [Self; 4] = [
        Self::ManyBoxes,
        Self::TwiceTheSize,
        Self::TenTimesTheMass,
        Self::OtherGripper,
    ];

    /// As reports name it, without the `shifted_`.
    pub fn name(self) -> &'static str {
        match self {
            Self::ManyBoxes => "many_boxes",
            Self::TwiceTheSize => "twice_the_size",
            Self::TenTimesTheMass => "ten_times_the_mass",
            Self::OtherGripper => "other_gripper",
        }
    }

    /// The shift called `name`.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|shift| shift.name() == name)
    }
}

/// A scene of `family` with one thing unlike training.
pub fn generate_shifted(shift: Shift, family: Family, rng: &mut impl Rng) -> Generated {
    match shift {
        Shift::ManyBoxes => many_boxes(family, rng),
        Shift::TwiceTheSize => twice_the_size(generate(family, BOXES_MAX, rng)),
        Shift::TenTimesTheMass => ten_times_the_mass(generate(family, BOXES_MAX, rng)),
        Shift::OtherGripper => other_gripper(generate(family, BOXES_MAX, rng), rng),
    }
}

/// A row of stacks ends where it has come so far, m.
const ROW_M: f64 = 2.5;
/// Between the deepest stacks of two rows, m.
const AISLE_M: f64 = 0.3;

/// Stacks of the family in rows, 3 to 20 cm apart in each, until there are enough boxes.
fn many_boxes(family: Family, rng: &mut impl Rng) -> Generated {
    let wanted = rng.random_range(40..=100 - BOXES_MAX);
    let mut all = sound_draft(family, BOXES_MAX, rng);
    let mut boxes = all.parts.len();
    let mut x = half_extent(&all).x;
    // How deep each row is, and the stacks after the first: their row, where along it, and what they are.
    let mut depths = vec![half_extent(&all).y];
    let mut others: Vec<(usize, f64, Draft)> = Vec::new();
    while boxes < wanted {
        let next = sound_draft(family, BOXES_MAX, rng);
        let half = half_extent(&next);
        if x > ROW_M {
            depths.push(0.0);
            x = -half.x;
        }
        let row = depths.len() - 1;
        depths[row] = depths[row].max(half.y);
        x += half.x + between(rng, 0.03, 0.2);
        boxes += next.parts.len();
        others.push((row, x, next));
        x += half.x;
    }
    // A row lies behind the deepest stack of the one before, which is not always that row's first.
    let mut middles = vec![0.0];
    for pair in depths.windows(2) {
        middles.push(middles[middles.len() - 1] + pair[0] + AISLE_M + pair[1]);
    }
    for (copy, (row, x, mut next)) in (1..).zip(others) {
        next.move_by(&level(Vec3::new(x, middles[row], 0.0), 0.0));
        append(&mut all, next, copy);
    }
    finish(all, rng)
}

/// How far a draft reaches from the origin in x and y, m.
fn half_extent(draft: &Draft) -> Vec3 {
    let boxes = draft.parts.iter().map(Part::obb);
    let fixtures = draft.fixtures.iter().map(Fixture::obb);
    boxes.chain(fixtures).fold(Vec3::zeros(), |most, solid| {
        let (low, high) = solid.aabb();
        most.sup(&low.abs()).sup(&high.abs())
    })
}

/// Adds what is in `next` to `all`, fixtures under fresh names.
fn append(all: &mut Draft, next: Draft, copy: usize) {
    let offset = all.parts.len();
    all.parts.extend(next.parts);
    all.targets.extend(next.targets.iter().map(|t| t + offset));
    all.fragile.extend(next.fragile.iter().map(|t| t + offset));
    all.fixtures
        .extend(next.fixtures.into_iter().map(|mut fixture| {
            fixture.id = format!("{}_{copy}", fixture.id);
            fixture
        }));
}

fn twice_the_size(mut generated: Generated) -> Generated {
    let scene = &mut generated.workcell.scene;
    for spec in &mut scene.boxes {
        spec.size *= 2.0;
        spec.pose.translation.vector *= 2.0;
        spec.com = match spec.com {
            CenterOfMass::Known(offset) => CenterOfMass::Known(offset * 2.0),
            CenterOfMass::Normal { std } => CenterOfMass::Normal { std: 2.0 * std },
        };
    }
    for fixture in &mut scene.fixtures {
        fixture.size *= 2.0;
        fixture.pose.translation.vector *= 2.0;
    }
    let robot = &mut generated.workcell.robot;
    robot.home.translation.vector *= 2.0;
    robot.reach = None;
    for gripper in &mut robot.grippers {
        if let Gripper::ParallelJaw { max_opening, .. } = gripper {
            *max_opening *= 2.0;
        }
    }
    generated
}

fn ten_times_the_mass(mut generated: Generated) -> Generated {
    let scale = |scene: &mut Scene| {
        for spec in &mut scene.boxes {
            spec.mass = match spec.mass {
                Quantity::Known(mass) => Quantity::Known(10.0 * mass),
                Quantity::Normal { mean, std } => Quantity::Normal {
                    mean: 10.0 * mean,
                    std: 10.0 * std,
                },
                Quantity::Uniform { min, max } => Quantity::Uniform {
                    min: 10.0 * min,
                    max: 10.0 * max,
                },
            };
            spec.max_force_n = spec.max_force_n.map(|force| 10.0 * force);
        }
    };
    scale(&mut generated.workcell.scene);
    let robot = &mut generated.workcell.robot;
    robot.max_hand_force *= 10.0;
    for gripper in &mut robot.grippers {
        gripper.strengthen(10.0);
    }
    generated
}

fn other_gripper(mut generated: Generated, rng: &mut impl Rng) -> Generated {
    let robot = &mut generated.workcell.robot;
    for gripper in &mut robot.grippers {
        *gripper = match gripper {
            Gripper::Suction { .. } => {
                let cup_radius = between(rng, 0.008, 0.015);
                let max_pull = between(rng, 350.0, 700.0);
                Gripper::Suction {
                    cup_radius,
                    max_pull,
                    max_shear: between(rng, 250.0, 500.0),
                    max_moment: 0.5 * cup_radius * max_pull * between(rng, 0.7, 1.5),
                }
            }
            Gripper::ParallelJaw { max_opening, .. } => Gripper::ParallelJaw {
                max_opening: *max_opening + 0.2,
                max_force: between(rng, 250.0, 500.0),
                finger: Vec3::new(0.035, 0.1, between(rng, 0.18, 0.25)),
                pad_friction: between(rng, 0.15, 0.35),
            },
        };
    }
    generated
}
