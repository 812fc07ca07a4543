//! What the grip has to hold beside what it can: the statics of the hand, as hints to the network.
//!
//! Owns [`grip_features`]: where and how the hand grips, and what that asks of it in shares of its
//! limits. The hand's shape is [`crate::grasp::hand_shape`]'s, the limits are [`super::demand`]'s.

use crate::grasp::{GraspCandidate, compliance};
use crate::gravity::GRAVITY;
use crate::pose::{Pose, Vec3};
use crate::rollout::Motion;
use crate::scene::geometry::Obb;
use crate::scene::{Gripper, Robot};

use super::contacts::{Body, SceneGraph};
use super::demand::{Demand, Shares};
use super::frame::ActionFrame;
use super::loads::Loads;
use super::takeup::take_up;

/// The names of [`grip_features`], in order.
pub const GRIP_FEATURES: [&str; 40] = [
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
    "hanging_share",
    "hanging_share_high",
    "motion_share",
    "motion_share_high",
    "loaded_share",
    "stuck_share",
    "pull_share",
    "shear_share",
    "motion_margin",
    "room_on_face",
    "room_on_face_fine",
    "hand_share",
    "jaw_room",
    "jaw_room_fine",
    "squeeze_share",
    "depth",
    "pad_or_cup_size",
    "log_weight",
    "log_strength",
    "load_above_share",
    "faces_down",
    "log_max_force",
    "squeeze_or_weight_on_me",
    "take_up_share",
    "take_up_share_high",
    "take_up_margin",
];

/// Where in [`GRIP_FEATURES`] stand the kinds of gripper, and what describes one of either.
pub(super) const CUP: usize = 0;
pub(super) const JAW: usize = 1;
pub(super) const SIZE: usize = 30;
pub(super) const LOG_STRENGTH: usize = 32;

/// What is gripped, how, and with what.
pub struct Gripped<'a> {
    /// The belief.
    pub graph: &'a SceneGraph,
    /// Its statics as it stands.
    pub loads: &'a Loads,
    /// The hand.
    pub robot: &'a Robot,
    /// The grasp.
    pub grasp: &'a GraspCandidate,
    /// The hand's motion.
    pub motion: &'a Motion,
    /// Direction of the first leg, unit.
    pub pull: Vec3,
}

/// How wide the target is along the jaw's closing axis, m.
pub fn grip_width(target: &Obb, hand: &Pose) -> f64 {
    2.0 * target.support(&(hand.rotation * Vec3::x()))
}

/// What a grasp asks of the hand; a gripper that the robot does not have gives zeros.
pub fn grip_features(gripped: &Gripped<'_>, frame: &ActionFrame) -> [f32; GRIP_FEATURES.len()] {
    let mut out = [0.0; GRIP_FEATURES.len()];
    let Some(gripper) = gripped.robot.grippers.get(gripped.grasp.gripper) else {
        return out.map(|x: f64| x as f32);
    };
    let target = gripped.grasp.box_index;
    let body = &gripped.graph.bodies[target];
    let hand = gripped.grasp.hand_in_world(&body.obb.pose);
    let contact = contact_point(gripper, &hand);
    let inward = hand.rotation * Vec3::z();
    let put = |out: &mut [f64], at: usize, v: Vec3| out[at..at + 3].copy_from_slice(v.as_slice());
    put(&mut out, 2, frame.point(&contact));
    put(&mut out, 5, frame.vector(&inward));
    put(
        &mut out,
        8,
        frame.vector(&(hand.rotation * Vec3::x())).abs(),
    );
    put(&mut out, 11, frame.vector(&(body.com - contact)));
    let weight = body.mass_mean * GRAVITY;
    let above = gripped.loads.bodies[target].above;
    demands(gripped, gripper, body, &hand, &mut out);
    out[25] =
        (body.mass_mean + 2.0 * body.mass_std) * GRAVITY / gripped.robot.max_hand_force.max(1.0);
    out[31] = weight.max(1e-3).ln();
    match *gripper {
        Gripper::Suction {
            cup_radius,
            max_pull,
            ..
        } => {
            out[CUP] = 1.0;
            let room = room_on_face(body, gripped.grasp, cup_radius);
            out[23] = room.min(0.2);
            out[24] = room.clamp(-0.01, 0.01);
            out[SIZE] = cup_radius;
            out[LOG_STRENGTH] = max_pull.max(1e-3).ln();
            out[33] = above / max_pull;
        }
        Gripper::ParallelJaw {
            max_opening,
            max_force,
            finger,
            pad_friction,
        } => {
            out[JAW] = 1.0;
            let hold = (pad_friction + body.friction_mean) * max_force;
            let room = max_opening - grip_width(&body.obb, &hand);
            out[26] = room.min(0.3);
            out[27] = room.clamp(-0.01, 0.03);
            out[28] = body.max_force.map_or(0.0, |f| max_force / f);
            out[29] = finger.z.min(body.obb.support(&inward) * 2.0);
            out[SIZE] = finger.y;
            out[LOG_STRENGTH] = hold.max(1e-3).ln();
            out[33] = above / hold;
        }
    }
    out[34] = -inward.z;
    out[35] = body.max_force.map_or(0.0, |f| f.max(1.0).ln());
    out[36] = body.max_force.map_or(0.0, |f| (weight + above) / f);
    // Shares past four limits are all the same to a hand.
    for at in (14..22).chain([25, 28, 33, 36, 37, 38]) {
        out[at] = out[at].clamp(-4.0, 4.0);
    }
    out.map(|x| x as f32)
}

fn demands(
    gripped: &Gripped<'_>,
    gripper: &Gripper,
    body: &Body,
    hand: &Pose,
    out: &mut [f64; GRIP_FEATURES.len()],
) {
    let target = gripped.grasp.box_index;
    let noise = gripped.graph.pose_noise.position_m;
    let demand = Demand::new(gripper, body, hand, noise);
    let down = Vec3::new(0.0, 0.0, -GRAVITY);
    let hanging = demand.shares(&down, &hand.rotation, 0.0);
    let above = gripped.loads.bodies[target].above;
    let onset = gripped.motion.grip_time().unwrap_or(0.0);
    let moving = if gripped.motion.keys.is_empty() {
        hanging
    } else {
        demand.along(gripped.motion, onset)
    };
    let loaded = demand.shares(&down, &hand.rotation, above / GRAVITY);
    let stuck = stuck_force(gripped.graph, gripped.loads, target, &gripped.pull);
    out[14] = hanging.mean;
    out[15] = hanging.high;
    out[16] = moving.mean;
    out[17] = moving.high;
    out[18] = loaded.mean;
    out[19] = demand.of_force(&(-gripped.pull * stuck), &hand.rotation);
    let weight = down * body.mass_mean;
    let inward = hand.rotation * Vec3::z();
    let pull = weight.dot(&inward);
    if let Gripper::Suction {
        max_pull,
        max_shear,
        ..
    } = *gripper
    {
        out[20] = pull / max_pull;
        out[21] = (weight - inward * pull).norm() / max_shear;
    }
    out[22] = margin(&moving);
    let gives = compliance(gripper);
    let taken = take_up(gripped.graph, gripped.grasp, &demand, gives, gripped.motion);
    out[37] = taken.mean;
    out[38] = taken.high;
    out[39] = margin(&taken);
}

/// How many half-ranges of the belief lie between a demand and the limit.
fn margin(shares: &Shares) -> f64 {
    let range = (0.5 * (shares.high - shares.mean)).max(0.02);
    ((1.0 - shares.mean) / range).clamp(-6.0, 6.0)
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
fn room_on_face(body: &Body, grasp: &GraspCandidate, cup_radius: f64) -> f64 {
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
                max_moment: 1.0e6,
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
        let gripped = Gripped {
            graph: &graph,
            loads: &loads,
            robot: &robot,
            grasp: &grasp,
            motion: &Motion::default(),
            pull: Vec3::z(),
        };
        let f = grip_features(&gripped, &frame);
        let named = |name: &str| f[GRIP_FEATURES.iter().position(|n| *n == name).unwrap()];
        assert!((named("hanging_share") - 1.0).abs() < 1e-4);
        assert!((named("room_on_face") - 0.02).abs() < 1e-6);
        assert!(named("shear_share").abs() < 1e-6);
    }
}
