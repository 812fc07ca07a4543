//! What the grip has to hold beside what it can: the statics of the hand, as hints to the network.
//!
//! Owns the shape that the hand is taken for ([`hand_boxes`]) and the demands of a grasp in
//! shares of the gripper's limits ([`grip_features`]): 1 is at the limit.

use crate::grasp::GraspCandidate;
use crate::pose::{Pose, Vec3};
use crate::scene::geometry::Obb;
use crate::scene::{Gripper, Robot};

use super::contacts::{Body, SceneGraph};
use super::frame::ActionFrame;
use super::loads::Loads;

const GRAVITY: f64 = 9.81;
/// How far the palm's housing reaches back from the contact surface, m.
const HOUSING_M: f64 = 0.1;

/// The names of [`grip_features`], in order.
pub const GRIP_FEATURES: [&str; 34] = [
    "suction",
    "jaw",
    "contact_x",
    "contact_y",
    "contact_z",
    "approach_x",
    "approach_y",
    "approach_z",
    "closing_x",
    "closing_y",
    "closing_z",
    "lever_x",
    "lever_y",
    "lever_z",
    "pull_share",
    "pull_share_high",
    "shear_share",
    "shear_share_high",
    "moment_share",
    "moment_share_high",
    "cup_share",
    "cup_share_high",
    "cup_on_face",
    "hand_share",
    "load_above_share",
    "stuck_share",
    "jaw_room",
    "jaw_hold_share",
    "jaw_hold_share_high",
    "jaw_squeeze_share",
    "jaw_depth",
    "pad_or_cup_size",
    "log_weight",
    "log_strength",
];

/// The boxes that the hand at `hand` is taken for, when it holds something `width_m` wide.
pub fn hand_boxes(gripper: &Gripper, hand: &Pose, width_m: f64) -> Vec<Obb> {
    let part = |half: Vec3, centre: Vec3| Obb {
        half,
        pose: hand * Pose::from_parts(centre.into(), nalgebra::UnitQuaternion::identity()),
    };
    match *gripper {
        Gripper::Suction { cup_radius, .. } => vec![part(
            Vec3::new(cup_radius, cup_radius, 0.5 * HOUSING_M),
            Vec3::new(0.0, 0.0, -0.5 * HOUSING_M),
        )],
        Gripper::ParallelJaw {
            max_opening,
            finger,
            ..
        } => {
            let x = 0.5 * (width_m + finger.x);
            let finger_at = |x: f64| part(finger * 0.5, Vec3::new(x, 0.0, 0.5 * finger.z));
            vec![
                part(
                    Vec3::new(
                        0.5 * max_opening + finger.x,
                        0.5 * finger.y,
                        0.5 * HOUSING_M,
                    ),
                    Vec3::new(0.0, 0.0, -0.5 * HOUSING_M),
                ),
                finger_at(x),
                finger_at(-x),
            ]
        }
    }
}

/// How wide the target is along the jaw's closing axis, m.
pub fn grip_width(target: &Obb, hand: &Pose) -> f64 {
    2.0 * target.support(&(hand.rotation * Vec3::x()))
}

/// What `grasp` asks of the hand. `loads` are those of the standing scene.
///
/// A gripper that the robot does not have gives zeros.
pub fn grip_features(
    graph: &SceneGraph,
    loads: &Loads,
    robot: &Robot,
    grasp: &GraspCandidate,
    frame: &ActionFrame,
    pull: &Vec3,
) -> [f32; GRIP_FEATURES.len()] {
    let mut out = [0.0; GRIP_FEATURES.len()];
    let Some(gripper) = robot.grippers.get(grasp.gripper) else {
        return out.map(|x: f64| x as f32);
    };
    let body = &graph.bodies[grasp.box_index];
    let hand = grasp.hand_in_world(&body.obb.pose);
    let contact = contact_point(gripper, &hand);
    let inward = hand.rotation * Vec3::z();
    let lever = body.com - contact;
    let put = |out: &mut [f64], at: usize, v: Vec3| out[at..at + 3].copy_from_slice(v.as_slice());
    put(&mut out, 2, frame.point(&contact));
    put(&mut out, 5, frame.vector(&inward));
    put(
        &mut out,
        8,
        frame.vector(&(hand.rotation * Vec3::x())).abs(),
    );
    put(&mut out, 11, frame.vector(&lever));
    let weight = body.mass_mean * GRAVITY;
    let high = (body.mass_mean + 2.0 * body.mass_std) * GRAVITY;
    // Where something rests on the target and it is not simply lifted, friction holds it back.
    let stuck = stuck_force(graph, loads, grasp.box_index, pull);
    let demand = Demand::new(weight, &lever, &inward);
    let demand_high = Demand::new(high, &farther(&lever, body), &inward);
    out[23] = high / robot.max_hand_force.max(1.0);
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            max_shear,
            max_moment,
        } => {
            out[0] = 1.0;
            for (at, d) in [(14, demand), (15, demand_high)] {
                out[at] = d.pull / max_pull;
                out[at + 2] = d.shear / max_shear;
                out[at + 4] = d.moment / max_moment;
                out[at + 6] = d.pull.max(0.0) / max_pull + d.moment / max_moment;
            }
            out[22] = face_room(body, grasp, cup_radius);
            out[24] = loads.bodies[grasp.box_index].above / max_pull;
            out[25] = stuck / max_pull.min(max_shear);
            out[31] = cup_radius;
            out[33] = max_pull.max(1e-3).ln();
        }
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            finger,
            pad_friction,
        } => {
            out[1] = 1.0;
            let hold = (pad_friction + body.friction_mean) * max_force;
            let radius = 0.3 * finger.y.min(finger.z);
            for (at, d) in [(27, demand), (28, demand_high)] {
                out[at] = (d.total + d.moment_about(&hand, &lever) / radius.max(1e-3)) / hold;
            }
            out[18] = demand.moment / (hold * radius);
            out[19] = demand_high.moment / (hold * radius);
            out[24] = loads.bodies[grasp.box_index].above / hold;
            out[25] = stuck / hold;
            out[26] = max_opening - grip_width(&body.obb, &hand);
            out[29] = body.max_force.map_or(0.0, |f| max_force / f);
            out[30] = finger.z.min(body.obb.support(&inward) * 2.0);
            out[31] = finger.y;
            out[33] = hold.max(1e-3).ln();
        }
    }
    out[32] = weight.max(1e-3).ln();
    // Shares past four limits are all the same to a hand.
    for at in (14..22).chain([23, 24, 25, 27, 28, 29]) {
        out[at] = out[at].clamp(-4.0, 4.0);
    }
    out.map(|x| x as f32)
}

/// Force and moment that a weight puts on a contact.
#[derive(Clone, Copy)]
struct Demand {
    total: f64,
    pull: f64,
    shear: f64,
    moment: f64,
}

impl Demand {
    fn new(weight: f64, lever: &Vec3, inward: &Vec3) -> Self {
        let force = Vec3::new(0.0, 0.0, -weight);
        let pull = force.dot(inward);
        Self {
            total: weight,
            pull,
            shear: (force - inward * pull).norm(),
            moment: lever.cross(&force).norm(),
        }
    }

    /// The part of the moment that turns the box about the jaw's closing axis.
    fn moment_about(&self, hand: &Pose, lever: &Vec3) -> f64 {
        let axis = hand.rotation * Vec3::x();
        lever
            .cross(&Vec3::new(0.0, 0.0, -self.total))
            .dot(&axis)
            .abs()
    }
}

/// The lever with the centre of mass one standard deviation farther out.
fn farther(lever: &Vec3, body: &Body) -> Vec3 {
    let level = Vec3::new(lever.x, lever.y, 0.0);
    lever + level.try_normalize(1e-6).unwrap_or(Vec3::x()) * (1.5 * body.com_std)
}

/// Where the load meets the hand: the lip of the cup, the middle of the pads.
fn contact_point(gripper: &Gripper, hand: &Pose) -> Vec3 {
    let depth = match gripper {
        Gripper::Suction { .. } => 0.0,
        Gripper::ParallelJaw { finger, .. } => 0.5 * finger.z,
    };
    hand.translation.vector + hand.rotation * Vec3::new(0.0, 0.0, depth)
}

/// How far the cup's rim stays within the face, m.
fn face_room(body: &Body, grasp: &GraspCandidate, cup_radius: f64) -> f64 {
    let at = grasp.hand_in_box.translation.vector;
    (0..3)
        .filter(|&k| k != grasp.face.axis())
        .map(|k| body.obb.half[k] - at[k].abs() - cup_radius)
        .fold(f64::INFINITY, f64::min)
}

/// Friction that holds the target back along `pull`, N: on each of its patches, sliding.
fn stuck_force(graph: &SceneGraph, loads: &Loads, target: usize, pull: &Vec3) -> f64 {
    graph
        .contacts
        .iter()
        .zip(&loads.share)
        .filter(|(c, _)| c.a == target || c.b == target)
        .filter_map(|(c, share)| {
            let (upper, lower) = c.upper_lower()?;
            let force = share * loads.bodies[upper].total;
            let mean = |i: usize| graph.bodies[i].friction_mean;
            let friction = 0.5 * (mean(upper) + mean(lower));
            // What is lifted off from below slides only as far as it is pulled sideways.
            let sideways = (1.0 - pull.z * pull.z).max(0.0).sqrt();
            let held = if lower == target {
                pull.z.max(0.0)
            } else {
                0.0
            };
            Some(force * (friction * sideways + held))
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::fixture_scenes::{box_at, scene_of};
    use crate::pose::rotation_with_z;
    use crate::scene::geometry::Face;

    #[test]
    fn a_box_as_heavy_as_the_cup_pulls_is_at_the_limit() {
        let scene = scene_of(vec![box_at("a", [0.2; 3], [0.0, 0.0, 0.1], 5.0)]);
        let graph = SceneGraph::new(&scene);
        let robot = Robot {
            home: Pose::identity(),
            max_hand_force: 250.0,
            grippers: vec![Gripper::Suction {
                cup_radius: 0.03,
                max_pull: 5.0 * GRAVITY,
                max_shear: 50.0,
                max_moment: 1.0,
            }],
            reach: None,
        };
        let grasp = GraspCandidate {
            box_index: 0,
            gripper: 0,
            face: Face::Top,
            hand_in_box: Pose::from_parts(
                Vec3::new(0.05, 0.0, 0.1).into(),
                rotation_with_z(-Vec3::z(), Vec3::x()),
            ),
        };
        let frame = ActionFrame::new(&scene.boxes[0].pose, &[]);
        let loads = Loads::new(&graph, None);
        let f = grip_features(&graph, &loads, &robot, &grasp, &frame, &Vec3::z());
        let named = |name: &str| f[GRIP_FEATURES.iter().position(|n| *n == name).unwrap()];
        assert!((named("pull_share") - 1.0).abs() < 1e-6);
        assert!((named("moment_share") - 0.05 * 5.0 * 9.81).abs() < 1e-5);
        assert!((named("cup_on_face") - 0.02).abs() < 1e-6);
        assert!(named("shear_share").abs() < 1e-6);
    }
}
