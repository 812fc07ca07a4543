//! The hand's collision shape: a few boxes relative to the hand frame.
//!
//! Owns the one definition that grasp pruning, motions and the sandbox's bodies share. Refuses
//! anything that moves: how the fingers close is the sandbox's business.

use crate::pose::{Pose, Vec3};
use crate::scene::geometry::Obb;
use crate::scene::{Gripper, Workcell};

use super::GraspCandidate;

/// Length of the cup and its stem behind the contact surface, m.
const STEM_M: f64 = 0.10;
/// Size of the palm and wrist behind the stem, m.
const PALM_M: [f64; 3] = [0.10, 0.10, 0.08];
/// Thickness of a jaw's palm bar along the hand's z, m.
const BAR_M: f64 = 0.06;
/// How much wider than the box a jaw opens on its way in, m: 1 cm on each side.
const OPENING_SLACK_M: f64 = 0.02;
/// How much wider than the box a jaw has to open at least, m: half of what is wished for.
pub(super) const JAW_PLAY_M: f64 = 0.01;

/// The boxes that make up the hand, in the hand frame, with the jaw `opening` metres wide.
///
/// Suction: `[stem, palm]`, and `opening` means nothing. Jaw: `[palm bar, finger at -x, finger at
/// +x]`, whose pads are `opening` apart.
pub fn hand_shape(gripper: &Gripper, opening: f64) -> Vec<Obb> {
    match *gripper {
        Gripper::Suction { cup_radius, .. } => {
            let side = 2.0 * cup_radius;
            let [px, py, pz] = PALM_M;
            vec![
                block(
                    Vec3::new(side, side, STEM_M),
                    Vec3::new(0.0, 0.0, -0.5 * STEM_M),
                ),
                block(
                    Vec3::new(px, py, pz),
                    Vec3::new(0.0, 0.0, -STEM_M - 0.5 * pz),
                ),
            ]
        }
        Gripper::ParallelJaw {
            max_opening,
            finger,
            ..
        } => {
            let bar = Vec3::new(max_opening + 2.0 * finger.x, finger.y.max(0.06), BAR_M);
            let out = 0.5 * (opening + finger.x);
            vec![
                block(bar, Vec3::new(0.0, 0.0, -0.5 * BAR_M)),
                block(finger, Vec3::new(-out, 0.0, 0.5 * finger.z)),
                block(finger, Vec3::new(out, 0.0, 0.5 * finger.z)),
            ]
        }
    }
}

fn block(size: Vec3, at: Vec3) -> Obb {
    Obb::new(
        size,
        Pose::from_parts(at.into(), nalgebra::UnitQuaternion::identity()),
    )
}

/// The box's width between the pads of a jaw that grips it as `grasp` says, m.
pub fn width_between_pads(workcell: &Workcell, grasp: &GraspCandidate) -> f64 {
    let size = workcell.scene.boxes[grasp.box_index].size;
    let closing = grasp.hand_in_box.rotation * Vec3::x();
    closing.abs().dot(&size)
}

/// How wide the jaw is on the way in: the box's width and 2 cm, at most what it opens; 0 for suction. m.
pub fn approach_opening(workcell: &Workcell, grasp: &GraspCandidate) -> f64 {
    match workcell.robot.grippers[grasp.gripper] {
        Gripper::Suction { .. } => 0.0,
        Gripper::ParallelJaw { max_opening, .. } => {
            (width_between_pads(workcell, grasp) + OPENING_SLACK_M).min(max_opening)
        }
    }
}

/// The hand's boxes in the world when its frame is at `hand`.
pub(crate) fn placed(shape: &[Obb], hand: &Pose) -> Vec<Obb> {
    shape
        .iter()
        .map(|part| Obb {
            half: part.half,
            pose: hand * part.pose,
        })
        .collect()
}

/// The hand's boxes stretched back along its approach by `back` metres: what it sweeps going in.
pub(super) fn swept_in(shape: &[Obb], back: f64) -> Vec<Obb> {
    shape
        .iter()
        .map(|part| Obb {
            half: part.half + Vec3::new(0.0, 0.0, 0.5 * back),
            pose: Pose::translation(0.0, 0.0, -0.5 * back) * part.pose,
        })
        .collect()
}
