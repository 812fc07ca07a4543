//! What stands before the robot and what it knows of it: plain values, validated where they are read.
//!
//! Owns [`Scene`] (which is also the belief: observed poses with their noise, and a number or a
//! distribution for what cannot be seen), [`Robot`], [`Safety`], and the [`Workcell`] that binds
//! them. Refuses engine types and devices: the sandbox and the model each build their own from
//! these. Words and defaults: design, sections 2 and 4.
//!
//! - [`belief`]: what is not known, and draws of it; [`geometry`]: boxes that touch and overlap;
//! - [`task`]: YAML files, their keys, checks, errors with lines, and schema;
//! - [`families`]: stacks that are made up; [`import`]: real ones.

pub mod belief;
pub mod families;
pub mod geometry;
pub mod import;
pub mod task;

use crate::pose::{Pose, Vec3};
pub use belief::{CenterOfMass, Draw, DrawnBox, Quantity};
use geometry::Obb;

/// Boxes, what they stand on, and how well each is known.
#[derive(Clone, Debug, PartialEq)]
pub struct Scene {
    /// Friction coefficient of the ground plane z = 0.
    pub ground_friction: f64,
    /// How far an observed pose may lie from the true one.
    pub pose_noise: PoseNoise,
    /// What never moves: pallets, shelves, walls.
    pub fixtures: Vec<Fixture>,
    /// What can be grasped, and what can fall.
    pub boxes: Vec<BoxSpec>,
}

/// Standard deviations of an observed pose, cut at 3σ when drawn. Of heights and of which face is up a scene is sure: what
/// stands on something stands at its height.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PoseNoise {
    /// m, along x and along y.
    pub position_m: f64,
    /// rad, about z.
    pub rotation_rad: f64,
}

impl Default for PoseNoise {
    /// 2 mm and 1°, what a good depth camera leaves (design, section 2).
    fn default() -> Self {
        Self {
            position_m: 0.002,
            rotation_rad: 1f64.to_radians(),
        }
    }
}

/// A box that never moves.
#[derive(Clone, Debug, PartialEq)]
pub struct Fixture {
    /// Unique among fixtures and boxes.
    pub id: String,
    /// Full edge lengths, m.
    pub size: Vec3,
    /// Pose of the centre in the world.
    pub pose: Pose,
    /// Friction coefficient.
    pub friction: f64,
}

/// A box as the robot knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct BoxSpec {
    /// Unique among fixtures and boxes.
    pub id: String,
    /// Full edge lengths, m.
    pub size: Vec3,
    /// Observed pose of the geometric centre in the world.
    pub pose: Pose,
    /// kg.
    pub mass: Quantity,
    /// Friction coefficient.
    pub friction: Quantity,
    /// Centre of mass from the geometric centre, in the box's frame, m.
    pub com: CenterOfMass,
    /// The most normal force that one face bears, N; `None` cannot be crushed.
    pub max_force_n: Option<f64>,
}

impl Fixture {
    /// Its volume in space.
    pub fn obb(&self) -> Obb {
        Obb::new(self.size, self.pose)
    }
}

impl BoxSpec {
    /// Its volume in space where it was observed.
    pub fn obb(&self) -> Obb {
        Obb::new(self.size, self.pose)
    }
}

/// A hand's end effector.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gripper {
    /// One round vacuum cup; the hand frame is at the middle of its lip.
    Suction {
        /// m.
        cup_radius: f64,
        /// Pull along the palm's normal at which it lets go, N.
        max_pull: f64,
        /// Shear at which it lets go, N.
        max_shear: f64,
        /// Moment at which it lets go when nothing pulls, N·m.
        max_moment: f64,
    },
    /// Two parallel fingers; the hand frame is on the palm, between them, closing along x.
    ParallelJaw {
        /// Widest gap between the pads, m.
        max_opening: f64,
        /// Squeeze, N.
        max_force: f64,
        /// A finger's size: thickness along x, width along y, length along z, m.
        finger: Vec3,
        /// Friction coefficient of the pads.
        pad_friction: f64,
    },
}

impl Gripper {
    /// Makes every limit on what it holds `times` as high.
    pub fn strengthen(&mut self, times: f64) {
        match self {
            Self::Suction {
                max_pull,
                max_shear,
                max_moment,
                ..
            } => {
                for limit in [max_pull, max_shear, max_moment] {
                    *limit *= times;
                }
            }
            Self::ParallelJaw { max_force, .. } => *max_force *= times,
        }
    }
}

/// The hand and where it can be.
#[derive(Clone, Debug, PartialEq)]
pub struct Robot {
    /// Where the hand starts each step, palm down unless the file says otherwise.
    pub home: Pose,
    /// N: the hand's motors give up there.
    pub max_hand_force: f64,
    /// One or more.
    pub grippers: Vec<Gripper>,
    /// `None` reaches everywhere.
    pub reach: Option<Reach>,
}

/// A ball that the hand's origin has to stay in.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Reach {
    /// Its centre, m.
    pub base: Vec3,
    /// Its radius, m.
    pub max: f64,
}

/// What counts as an accident, and how likely one may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Safety {
    /// The most that a step's `risk_bound` may be, probability.
    pub max_risk: f64,
    /// The most that a whole plan's bound may be, where given, probability; what is judged anew while it is carried out
    /// counts.
    pub max_plan_risk: Option<f64>,
    /// m, of the centre of a box that is not held.
    pub max_displacement: f64,
    /// rad, of a box that is not held.
    pub max_tilt: f64,
    /// N, of the hand on anything but its target.
    pub max_strike_force: f64,
}

impl Default for Safety {
    /// The values of design, section 2: 2 %, 0.05 m, 15°, 30 N.
    fn default() -> Self {
        Self {
            max_risk: 0.02,
            max_plan_risk: None,
            max_displacement: 0.05,
            max_tilt: 15f64.to_radians(),
            max_strike_force: 30.0,
        }
    }
}

/// All that a question about a grasp depends on: the belief, the robot and the limits.
#[derive(Clone, Debug, PartialEq)]
pub struct Workcell {
    /// The belief.
    pub scene: Scene,
    /// The hand.
    pub robot: Robot,
    /// The limits.
    pub safety: Safety,
}

impl Scene {
    /// The index of the box called `id`.
    pub fn box_index(&self, id: &str) -> Option<usize> {
        self.boxes.iter().position(|b| b.id == id)
    }

    /// The same scene without box `index`, as it is once that box has been carried away.
    pub fn without_box(&self, index: usize) -> Self {
        let mut scene = self.clone();
        scene.boxes.remove(index);
        scene
    }

    /// The height of the highest corner of any box or fixture, m; 0 for an empty floor.
    pub fn top_m(&self) -> f64 {
        let boxes = self.boxes.iter().map(BoxSpec::obb);
        boxes
            .chain(self.fixtures.iter().map(Fixture::obb))
            .map(|solid| solid.aabb().1.z)
            .fold(0.0, f64::max)
    }
}
