//! The hand's way to a grasp: from home over everything, down, and in along the approach.
//!
//! Owns [`access`], which finds a way or says what is in it. The way in is swept exactly (the hand
//! moves along its own z, so each of its boxes sweeps a longer box); the way down is sampled.

use crate::pose::{Pose, Vec3, blend};
use crate::scene::geometry::Obb;
use crate::scene::{Gripper, Reach, Robot, Workcell};

use super::GraspCandidate;
use super::hand::{approach_opening, hand_shape, placed, swept_in};
use super::obstacles::Obstacles;
use super::rejection::{Moment, Rejection};

/// Length of the straight way in along the approach, m.
pub const PRE_GRASP_M: f64 = 0.10;
/// How far back a side grasp may begin its way in, m, where something hangs over the pre-grasp.
const LONGEST_WAY_IN_M: f64 = 0.9;
/// By how much each way in that is tried is longer than the one before, m.
const LONGER_M: f64 = 0.1;
/// An approach that points as far down as this has only the shortest way in.
const STEEP_Z: f64 = -0.8;
/// How high above everything that it passes the hand flies, m.
const FLIGHT_GAP_M: f64 = 0.05;
/// Spacing of the samples of the way down, m: half of the palm where it is shortest. A finger of 12 mm, grown by 8 mm
/// of clearance on either side, leaves a centimetre between two samples: a board that is thinner could slip through.
const SAMPLE_M: f64 = 0.04;

/// A way to a grasp: straight lines from home over these poses to the contact.
#[derive(Clone, Debug, PartialEq)]
pub struct Access {
    /// Straight above home, where home itself is too low to fly from.
    pub above_home: Option<Pose>,
    /// At flying height above [`Self::entry`].
    pub above_entry: Pose,
    /// Where the way in begins, turned as at the contact.
    pub entry: Pose,
    /// The contact.
    pub contact: Pose,
}

/// Whether the hand's origin may be at `position`.
pub(crate) fn within_reach(robot: &Robot, position: Vec3) -> Result<(), Rejection> {
    let Some(Reach { base, max }) = robot.reach else {
        return Ok(());
    };
    let distance_m = (position - base).norm();
    if distance_m > max {
        return Err(Rejection::OutOfReach {
            distance_m,
            max_m: max,
        });
    }
    Ok(())
}

/// The way to `grasp`, clear of everything by the obstacles' clearance.
///
/// # Errors
/// What is in the way, and when; or how far out of reach it leads.
pub fn access(workcell: &Workcell, grasp: &GraspCandidate) -> Result<Access, Rejection> {
    let obstacles = Obstacles::around(&workcell.scene, grasp.box_index);
    access_among(workcell, &obstacles, grasp)
}

pub(super) fn access_among(
    workcell: &Workcell,
    obstacles: &Obstacles,
    grasp: &GraspCandidate,
) -> Result<Access, Rejection> {
    let gripper = &workcell.robot.grippers[grasp.gripper];
    let shape = hand_shape(gripper, approach_opening(workcell, grasp));
    let contact = grasp.hand_in_world(&workcell.scene.boxes[grasp.box_index].pose);
    within_reach(&workcell.robot, contact.translation.vector)?;
    if let Some(by) = obstacles.hit_by_hand(&placed(&shape, &contact)) {
        return Err(Rejection::HandBlocked {
            by,
            when: Moment::AtContact,
        });
    }
    let way = |back| way_down(workcell, obstacles, &shape, contact, back);
    let mut back = shortest_way_in(gripper);
    let shortest = way(back);
    let mut latest = shortest.clone();
    while may_be_longer(&latest, &contact) && back + LONGER_M <= LONGEST_WAY_IN_M {
        back += LONGER_M;
        latest = way(back);
    }
    // The shortest way in tells a person most.
    latest.or(shortest)
}

/// How far straight back the hand is free of a box that it was at, m: out of what its fingers were around.
pub fn back_off_m(gripper: &Gripper) -> f64 {
    /// Beyond the fingers' tips, m.
    const PAST_M: f64 = 0.02;
    match gripper {
        Gripper::Suction { .. } => PRE_GRASP_M,
        Gripper::ParallelJaw { finger, .. } => finger.z + PAST_M,
    }
}

/// The least length of the way in, m: the fingers have to be past the box before the hand may move sideways.
pub(crate) fn shortest_way_in(gripper: &Gripper) -> f64 {
    PRE_GRASP_M.max(back_off_m(gripper))
}

/// Whether a longer way in than the one `tried` could do: not from steeply above, and not through what is in that one.
fn may_be_longer(tried: &Result<Access, Rejection>, contact: &Pose) -> bool {
    let is_steep = (contact.rotation * Vec3::z()).z <= STEEP_Z;
    match tried {
        Ok(_) => false,
        Err(Rejection::HandBlocked { when, .. }) => !is_steep && *when != Moment::OnTheWayIn,
        Err(_) => !is_steep,
    }
}

/// A way that begins `back` metres before the contact.
fn way_down(
    workcell: &Workcell,
    obstacles: &Obstacles,
    shape: &[Obb],
    contact: Pose,
    back: f64,
) -> Result<Access, Rejection> {
    let blocked = |when| move |by| Rejection::HandBlocked { by, when };
    if let Some(by) = obstacles.hit_by_hand(&placed(&swept_in(shape, back), &contact)) {
        return Err(blocked(Moment::OnTheWayIn)(by));
    }
    let entry = contact * Pose::translation(0.0, 0.0, -back);
    within_reach(&workcell.robot, entry.translation.vector)?;
    let home = workcell.robot.home;
    let flight = flight_height(obstacles, shape, &home, &entry);
    let above_entry = at_height(entry, flight.max(entry.translation.z));
    within_reach(&workcell.robot, above_entry.translation.vector)?;
    if let Some(by) = hit_between(obstacles, shape, &above_entry, &entry) {
        return Err(blocked(Moment::InTransit)(by));
    }
    let above_home = (home.translation.z < flight).then(|| at_height(home, flight));
    if let Some(above) = &above_home {
        within_reach(&workcell.robot, above.translation.vector)?;
        if let Some(by) = hit_between(obstacles, shape, &home, above) {
            return Err(blocked(Moment::InTransit)(by));
        }
    }
    Ok(Access {
        above_home,
        above_entry,
        entry,
        contact,
    })
}

/// `pose` moved vertically to height `z`.
pub(crate) fn at_height(pose: Pose, z: f64) -> Pose {
    let mut raised = pose;
    raised.translation.z = z;
    raised
}

/// The first thing that the hand hits on a straight line between two poses.
fn hit_between(obstacles: &Obstacles, shape: &[Obb], from: &Pose, to: &Pose) -> Option<String> {
    let length = (to.translation.vector - from.translation.vector).norm();
    let steps = (length / SAMPLE_M).ceil().max(1.0) as usize;
    (0..=steps).find_map(|i| {
        let pose = blend(from, to, i as f64 / steps as f64);
        obstacles.hit_by_hand_in_transit(&placed(shape, &pose))
    })
}

/// The lowest height of the hand's origin at which `shape` passes over everything between two poses, m.
pub(crate) fn flight_height(obstacles: &Obstacles, shape: &[Obb], from: &Pose, to: &Pose) -> f64 {
    let corners = shape.iter().flat_map(Obb::corners);
    let radius = corners.map(|c| c.xy().norm()).fold(0.0, f64::max);
    flight_height_within(obstacles, (shape, radius), from, to)
}

/// The same of a `shape` that reaches as far as `radius` from the hand's origin, m, seen from above.
pub(crate) fn flight_height_within(
    obstacles: &Obstacles,
    (shape, radius): (&[Obb], f64),
    from: &Pose,
    to: &Pose,
) -> f64 {
    let below = (0..=4)
        .flat_map(|i| placed(shape, &turned(&blend(from, to, i as f64 / 4.0))))
        .map(|part| -part.aabb().0.z)
        .fold(0.0, f64::max);
    let all = obstacles.others().chain(std::iter::once(&obstacles.target));
    let top = all
        .filter(|o| {
            passes_over(
                from.translation.vector,
                to.translation.vector,
                radius,
                o.aabb,
            )
        })
        .map(|o| o.aabb.1.z)
        .fold(0.0, f64::max);
    top + below + FLIGHT_GAP_M
}

fn turned(pose: &Pose) -> Pose {
    Pose::from_parts(Vec3::zeros().into(), pose.rotation)
}

/// Whether the straight line between two points passes over a box grown by `radius`, seen from above.
fn passes_over(from: Vec3, to: Vec3, radius: f64, (low, high): (Vec3, Vec3)) -> bool {
    let direction = to - from;
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for k in 0..2 {
        let (lo, hi) = (low[k] - radius - from[k], high[k] + radius - from[k]);
        if direction[k].abs() < 1e-12 {
            if lo > 0.0 || hi < 0.0 {
                return false;
            }
            continue;
        }
        let (a, b) = (lo / direction[k], hi / direction[k]);
        enter = enter.max(a.min(b));
        leave = leave.min(a.max(b));
    }
    enter <= leave
}
