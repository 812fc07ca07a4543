//! A box put down under a roof: in from the side, as into a shelf.
//!
//! Owns [`slide_in`], for where [`place`](super::place), which comes straight from above, cannot go. The hand goes in along its
//! own approach, so that it is the last to come in and the first to leave.

use crate::grasp::{GraspCandidate, Rejection, at_height};
use crate::pose::{Pose, Vec3};
use crate::rollout::Motion;
use crate::scene::Workcell;
use crate::scene::geometry::Obb;

use super::Lift;
use super::carried::Carried;
use super::carry::{CARRY, lifted_out, put_down, released_at};
use super::profile::Pace;

/// How much higher than where it is let go a box goes in, m.
const GAP_M: f64 = 0.012;
/// Distances from the target at which it may come down in front, m.
const NEAREST_M: f64 = 0.1;
const FARTHEST_M: f64 = 1.6;
const SPACING_M: f64 = 0.05;
/// The least level part of an approach that a box can go in along.
const LEVEL: f64 = 0.9;
/// Into a narrow place.
const IN: Pace = Pace {
    speed: 0.3,
    acceleration: CARRY.acceleration,
};

/// As [`place`](super::place), but down in front of `target` and then level along the hand's approach, over what is beside the
/// way as closely as it fits.
///
/// # Errors
/// As [`place`](super::place); where no fixture is over the target, or the hand does not approach level, too.
pub fn slide_in(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
    target: &Pose,
) -> Result<Motion, Rejection> {
    if !is_under_a_roof(workcell, grasp.box_index, target) {
        return Err(no_way("to a place that nothing is over"));
    }
    let carried = Carried::new(workcell, grasp);
    let release = released_at(target, grasp);
    carried.check_target(&release)?;
    let inward = level_approach(&release)?;
    let over = at_height(release, release.translation.z + GAP_M);
    let (mut motion, clear) = lifted_out(workcell, grasp, lift, &carried)?;
    let (front, above) = in_front(&carried, &clear, &over, inward)?;
    let raised = at_height(clear, above.translation.z.max(clear.translation.z));
    for (from, to) in [(clear, raised), (raised, above)] {
        carried.check_leg(&from, &to)?;
        motion.go(to, CARRY);
    }
    motion.go(front, CARRY);
    motion.go(over, IN);
    put_down(workcell, grasp, &carried, &release, &mut motion)?;
    Ok(motion.finish())
}

/// The direction that the hand comes from, level, length one.
fn level_approach(release: &Pose) -> Result<Vec3, Rejection> {
    let approach = release.rotation * Vec3::z();
    let level = Vec3::new(approach.x, approach.y, 0.0);
    match level.norm() >= LEVEL {
        true => Ok(level.normalize()),
        false => Err(no_way("with a hand that comes from above")),
    }
}

fn no_way(how: &str) -> Rejection {
    Rejection::BadMotion {
        what: format!("a way in from the side {how}"),
    }
}

/// Whether something that never moves is over box `index` where it stands at `target`.
fn is_under_a_roof(workcell: &Workcell, index: usize, target: &Pose) -> bool {
    let scene = &workcell.scene;
    let (low, high) = Obb::new(scene.boxes[index].size, *target).aabb();
    let mut fixtures = scene.fixtures.iter().map(|f| f.obb().aabb());
    fixtures.any(|(lo, hi)| {
        let is_beside = (0..2).any(|k| lo[k] > high[k] || hi[k] < low[k]);
        !is_beside && lo.z >= high.z
    })
}

/// The hand in front of `over`, as near as may be, from where the way in is free and down to where it is; and the hand above
/// that, over all that it passes on its way from `clear`.
fn in_front(
    carried: &Carried,
    clear: &Pose,
    over: &Pose,
    inward: Vec3,
) -> Result<(Pose, Pose), Rejection> {
    let mut distance = NEAREST_M;
    let mut why = None;
    while distance <= FARTHEST_M {
        let back = -distance * inward;
        let front = Pose::translation(back.x, back.y, back.z) * over;
        let flight = carried.flight_height(clear, &front);
        let above = at_height(front, flight.max(front.translation.z));
        let free = carried.check_way_in(&above, &front);
        match free.and_then(|()| carried.check_way_in(&front, over)) {
            Ok(()) => return Ok((front, above)),
            Err(blocked) => why = Some(blocked),
        }
        distance += SPACING_M;
    }
    Err(why.unwrap_or(Rejection::NeverClear {
        within_m: FARTHEST_M,
    }))
}
