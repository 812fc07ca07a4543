//! A hand that holds a box, and what both must not run into on their way.
//!
//! Owns [`Carried`]: the checks of legs, of a target and of the way out. Which legs there are is for `carry` and its like.

use crate::grasp::{
    GraspCandidate, Moment, Obstacles, Rejection, approach_opening, flight_height,
    flight_height_within, hand_shape, placed, within_reach,
};
use crate::pose::{Pose, Vec3, blend};
use crate::scene::Workcell;
use crate::scene::geometry::{Obb, overlaps};

/// How far a carried box is from everything at the end of its second leg, m: more than the 0.10 at which it counts
/// as out of the scene ([`CLEAR_M`](crate::rollout::CLEAR_M)).
pub const EXIT_CLEAR_M: f64 = 0.12;
/// How far the second leg is followed in search of a clear place, m.
const LONGEST_EXIT_M: f64 = 3.0;
/// Spacing of the samples of a carried box's way, m.
const SAMPLE_M: f64 = 0.03;
/// How deep a carried box may graze a fixture before it counts as running into it, m: it often
/// stood against one, and its observed pose is noisy.
const GRAZE_M: f64 = 0.012;
/// How deep it may be in what it is put down or goes in beside or under, m.
const CLOSE_M: f64 = 0.001;

/// A hand that holds a box, and what both must not run into.
pub(super) struct Carried<'a> {
    workcell: &'a Workcell,
    obstacles: Obstacles,
    hand: Vec<Obb>,
    size: Vec3,
    box_in_hand: Pose,
}

impl<'a> Carried<'a> {
    pub(super) fn new(workcell: &'a Workcell, grasp: &GraspCandidate) -> Self {
        let gripper = &workcell.robot.grippers[grasp.gripper];
        Self {
            workcell,
            obstacles: Obstacles::around(&workcell.scene, grasp.box_index),
            hand: hand_shape(gripper, approach_opening(workcell, grasp)),
            size: workcell.scene.boxes[grasp.box_index].size,
            box_in_hand: grasp.hand_in_box.inverse(),
        }
    }

    pub(super) fn box_at(&self, hand: &Pose) -> Obb {
        Obb::new(self.size, hand * self.box_in_hand)
    }

    /// Reach at its end, since it begins where another leg ended or at the grasp; hand and box against fixtures, the
    /// hand against boxes, all along.
    pub(super) fn check_leg(&self, from: &Pose, to: &Pose) -> Result<(), Rejection> {
        within_reach(&self.workcell.robot, to.translation.vector)?;
        for pose in samples(from, to) {
            let carried = self.box_at(&pose);
            if let Some(by) = self.obstacles.fixture_hit_by_box(&carried, GRAZE_M) {
                return Err(Rejection::BoxBlocked { by });
            }
        }
        self.check_hand(from, to)
    }

    /// The hand alone against everything but the box, all along.
    pub(super) fn check_hand(&self, from: &Pose, to: &Pose) -> Result<(), Rejection> {
        for pose in samples(from, to) {
            let parts = placed(&self.hand, &pose);
            if let Some(by) = self.obstacles.hit_on_the_way_out(&parts) {
                return Err(Rejection::HandBlocked {
                    by,
                    when: Moment::OnTheWayOut,
                });
            }
        }
        Ok(())
    }

    /// The box at its target against everything that stands there.
    pub(super) fn check_target(&self, release: &Pose) -> Result<(), Rejection> {
        within_reach(&self.workcell.robot, release.translation.vector)?;
        self.check_fit(release)?;
        self.check_hand(release, release)
    }

    /// The box against everything but the ground, as closely as it fits.
    fn check_fit(&self, hand: &Pose) -> Result<(), Rejection> {
        let there = self.box_at(hand);
        let mut others = self.obstacles.others();
        match others.find(|o| overlaps(&there, &o.obb, CLOSE_M)) {
            Some(by) => Err(Rejection::BoxBlocked { by: by.id.clone() }),
            None => Ok(()),
        }
    }

    /// Reach, hand and box as closely as it fits: where the box goes in beside others or under a roof, and not over them.
    pub(super) fn check_way_in(&self, from: &Pose, to: &Pose) -> Result<(), Rejection> {
        let mut way = samples(from, to).into_iter();
        way.try_for_each(|pose| self.check_fit(&pose))?;
        within_reach(&self.workcell.robot, to.translation.vector)?;
        self.check_hand(from, to)
    }

    /// The first pose along `direction` at which the box is clear of everything, at least its length away.
    pub(super) fn clear_along(&self, from: &Pose, direction: Vec3) -> Result<Pose, Rejection> {
        let along = direction.try_normalize(1e-6).unwrap_or_else(Vec3::z);
        let mut length = direction.norm();
        while length <= LONGEST_EXIT_M {
            let pose =
                Pose::translation(along.x * length, along.y * length, along.z * length) * from;
            if self.obstacles.is_clear(&self.box_at(&pose), EXIT_CLEAR_M) {
                return Ok(pose);
            }
            length += 0.02;
        }
        Err(Rejection::NeverClear {
            within_m: LONGEST_EXIT_M,
        })
    }

    /// As [`Self::flight_height`], whichever way the box is turned on the way.
    pub(super) fn flight_turning(&self, from: &Pose, to: &Pose) -> f64 {
        let parts = self.parts();
        let corners = parts.iter().flat_map(Obb::corners);
        let radius = corners.map(|c| c.norm()).fold(0.0, f64::max);
        flight_height_within(&self.obstacles, (&parts, radius), from, to)
    }

    /// The height of the hand at which it and its box pass over everything between two poses, m.
    pub(super) fn flight_height(&self, from: &Pose, to: &Pose) -> f64 {
        flight_height(&self.obstacles, &self.parts(), from, to)
    }

    /// Hand and box in the hand's frame.
    fn parts(&self) -> Vec<Obb> {
        let mut parts = self.hand.clone();
        parts.push(Obb::new(self.size, self.box_in_hand));
        parts
    }
}

/// Poses along a straight leg, both ends included.
fn samples(from: &Pose, to: &Pose) -> Vec<Pose> {
    let length = (to.translation.vector - from.translation.vector).norm();
    let steps = (length / SAMPLE_M).ceil().max(1.0) as usize;
    (0..=steps)
        .map(|i| blend(from, to, i as f64 / steps as f64))
        .collect()
}
