//! The candidates for one box: every face, contact point, hand rotation and gripper, pruned.
//!
//! Owns [`propose`] and the order of its answer: best statics margin first, ties in order of
//! gripper, face and contact point. Deterministic: it draws nothing.

use std::f64::consts::FRAC_PI_2;

use crate::pose::{Pose, Quat, Vec3, rotation_with_z};
use crate::scene::geometry::Face;
use crate::scene::{Gripper, Workcell};

use super::GraspCandidate;
use super::access::access_among;
use super::hand::JAW_PLAY_M;
use super::obstacles::Obstacles;
use super::rejection::Rejection;
use super::statics::grip_load;

/// How far the cup stays from the face's edges, m, before pose noise.
const EDGE_M: f64 = 0.004;
/// What a grasp has to hold on top of gravity to be proposed, m/s²: over twice what the first leg of the plain lift
/// takes (0.15 m at 0.2 m/s: 0.44). Lifts may be faster; whether the grip holds in those is for the dynamics to say.
const HELD_ACCELERATION: f64 = 1.0;
/// Contact points nearer to each other than this are one, m.
const SAME_POINT_M: f64 = 0.008;
/// A face whose normal points further down than this is never gripped.
const LOWEST_NORMAL_Z: f64 = -0.35;

/// A candidate that geometry or statics turned down.
#[derive(Clone, Debug, PartialEq)]
pub struct RejectedGrasp {
    /// The grasp, where it got as far as being one.
    pub candidate: Option<GraspCandidate>,
    /// Index into the robot's grippers.
    pub gripper: usize,
    /// The face.
    pub face: Face,
    /// Why.
    pub reason: Rejection,
}

/// What [`propose`] found.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposals {
    /// Feasible, best statics margin first.
    pub candidates: Vec<GraspCandidate>,
    /// Turned down, in the order in which they were looked at.
    pub rejected: Vec<RejectedGrasp>,
}

/// Every grasp of box `box_index` that geometry and statics allow, and why the others fail.
///
/// # Panics
/// When there is no such box.
pub fn propose(workcell: &Workcell, box_index: usize) -> Proposals {
    let obstacles = Obstacles::around(&workcell.scene, box_index);
    let mut rejected = Vec::new();
    let mut kept: Vec<(f64, GraspCandidate)> = Vec::new();
    for (gripper, kind) in workcell.robot.grippers.iter().enumerate() {
        for face in Face::ALL {
            let grasps = match grasps_on(workcell, box_index, gripper, kind, face) {
                Ok(grasps) => grasps,
                Err(reason) => {
                    rejected.push(RejectedGrasp {
                        candidate: None,
                        gripper,
                        face,
                        reason,
                    });
                    continue;
                }
            };
            for grasp in grasps {
                match judge(workcell, &obstacles, &grasp) {
                    Ok(margin) => kept.push((margin, grasp)),
                    Err(reason) => rejected.push(RejectedGrasp {
                        candidate: Some(grasp),
                        gripper,
                        face,
                        reason,
                    }),
                }
            }
        }
    }
    kept.sort_by(|a, b| b.0.total_cmp(&a.0));
    Proposals {
        candidates: kept.into_iter().map(|(_, grasp)| grasp).collect(),
        rejected,
    }
}

/// The statics margin of a grasp that can be reached.
fn judge(
    workcell: &Workcell,
    obstacles: &Obstacles,
    grasp: &GraspCandidate,
) -> Result<f64, Rejection> {
    let hand = grasp.hand_in_world(&workcell.scene.boxes[grasp.box_index].pose);
    let down = hand.rotation.inverse() * -Vec3::z();
    let load = grip_load(workcell, grasp, down, HELD_ACCELERATION);
    if load.used > 1.0 {
        return Err(Rejection::TooHeavy {
            mass_kg: load.mass_kg,
            used: load.used,
            limit: load.limit,
        });
    }
    access_among(workcell, obstacles, grasp)?;
    Ok(1.0 - load.used)
}

/// The unpruned grasps of one face with one gripper.
fn grasps_on(
    workcell: &Workcell,
    box_index: usize,
    gripper: usize,
    kind: &Gripper,
    face: Face,
) -> Result<Vec<GraspCandidate>, Rejection> {
    let spec = &workcell.scene.boxes[box_index];
    if (spec.pose.rotation * face.normal()).z < LOWEST_NORMAL_Z {
        return Err(Rejection::FaceDown);
    }
    let hands = match kind {
        Gripper::Suction { cup_radius, .. } => {
            let edge = EDGE_M + 2.0 * workcell.scene.pose_noise.position_m;
            suction_hands(spec.size, spec.com.mean(), face, *cup_radius, edge)?
        }
        Gripper::ParallelJaw {
            max_opening,
            finger,
            ..
        } => jaw_hands(spec.size, spec.com.mean(), face, *max_opening, *finger)?,
    };
    let grasp = |hand_in_box| GraspCandidate {
        box_index,
        gripper,
        face,
        hand_in_box,
    };
    Ok(hands.into_iter().map(grasp).collect())
}

/// The two axes that span a face.
fn face_axes(face: Face) -> [usize; 2] {
    match face.axis() {
        0 => [1, 2],
        1 => [0, 2],
        _ => [0, 1],
    }
}

/// Hands with a cup on the face: its centre, over the mean centre of mass, and a grid.
fn suction_hands(
    size: Vec3,
    com: Vec3,
    face: Face,
    cup_radius: f64,
    edge: f64,
) -> Result<Vec<Pose>, Rejection> {
    let axes = face_axes(face);
    let room = axes.map(|k| 0.5 * size[k] - cup_radius - edge);
    if room[0] < 0.0 || room[1] < 0.0 {
        return Err(Rejection::CupOffFace {
            cup_radius_m: cup_radius,
            margin_m: edge,
            shortest_edge_m: size[axes[0]].min(size[axes[1]]),
        });
    }
    let clamp = |u: f64, k: usize| u.clamp(-room[k], room[k]);
    let mut offsets = vec![[clamp(com[axes[0]], 0), clamp(com[axes[1]], 1)], [0.0, 0.0]];
    for share in [0.45, 0.95] {
        for (u, v) in [
            (1.0, 0.0),
            (-1.0, 0.0),
            (0.0, 1.0),
            (0.0, -1.0),
            (1.0, 1.0),
            (1.0, -1.0),
            (-1.0, 1.0),
            (-1.0, -1.0),
        ] {
            offsets.push([share * u * room[0], share * v * room[1]]);
        }
    }
    let rotation = rotation_with_z(-face.normal(), axis(axes[0]));
    let hands = distinct(offsets)
        .into_iter()
        .map(|[u, v]| {
            let mut at = face.normal().component_mul(&size) * 0.5;
            at[axes[0]] += u;
            at[axes[1]] += v;
            Pose::from_parts(at.into(), rotation)
        })
        .collect();
    Ok(hands)
}

/// Hands with a jaw over the face, closing along either of its axes.
fn jaw_hands(
    size: Vec3,
    com: Vec3,
    face: Face,
    max_opening: f64,
    finger: Vec3,
) -> Result<Vec<Pose>, Rejection> {
    let axes = face_axes(face);
    let narrowest = size[axes[0]].min(size[axes[1]]);
    if narrowest + JAW_PLAY_M > max_opening {
        return Err(Rejection::JawTooNarrow {
            width_m: narrowest,
            max_opening_m: max_opening,
        });
    }
    let depth = (finger.z - 0.01).min(size[face.axis()] - 0.01).max(0.0);
    let out = finger.z - depth;
    let base = rotation_with_z(-face.normal(), axis(axes[0]));
    let mut hands = Vec::new();
    for (closing, along) in [(axes[0], axes[1]), (axes[1], axes[0])] {
        if size[closing] + JAW_PLAY_M > max_opening {
            continue;
        }
        let turn = if closing == axes[0] { 0.0 } else { FRAC_PI_2 };
        let rotation = base * Quat::from_axis_angle(&Vec3::z_axis(), turn);
        let room = (0.5 * size[along] - 0.5 * finger.y).max(0.0);
        let wished = [com[along].clamp(-room, room), 0.0, 0.6 * room, -0.6 * room];
        for [along_m, _] in distinct(wished.map(|u| [u, 0.0]).to_vec()) {
            let mut at = face.normal().component_mul(&size) * 0.5 + face.normal() * out;
            at[along] += along_m;
            hands.push(Pose::from_parts(at.into(), rotation));
        }
    }
    Ok(hands)
}

fn axis(k: usize) -> Vec3 {
    let mut v = Vec3::zeros();
    v[k] = 1.0;
    v
}

/// The points in order, without those that lie on an earlier one.
fn distinct(points: Vec<[f64; 2]>) -> Vec<[f64; 2]> {
    let mut kept: Vec<[f64; 2]> = Vec::new();
    for p in points {
        let far = |q: &[f64; 2]| (p[0] - q[0]).hypot(p[1] - q[1]) > SAME_POINT_M;
        if kept.iter().all(far) {
            kept.push(p);
        }
    }
    kept
}
