//! A box put down under a roof: in from the side, as into a shelf.
//!
//! Owns [`put`], which goes in like that where [`place`], which comes straight from above, cannot go. The hand goes in along
//! its own approach, so that it is the last to come in and the first to leave.

use crate::grasp::{GraspCandidate, Rejection, at_height};
use crate::pose::{Pose, Vec3};
use crate::rollout::Motion;
use crate::scene::Workcell;
use crate::scene::geometry::Obb;

use super::Lift;
use super::carried::Carried;
use super::carry::{CARRY, lifted_out, place, put_down, released_at};
use super::profile::Pace;

/// How much higher than where it is let go a box goes in, m: as high as the roof lets it.
const GAPS_M: [f64; 3] = [0.012, 0.006, 0.003];
/// How far from the roof's edge it comes down at least, m: it is seen with noise, and hangs on a grip that gives.
const ROOM_M: f64 = 0.04;
/// How far into a box that stands under it a roof may seem to reach, m: boxes are seen with noise.
const ROOF_SLACK_M: f64 = 0.005;
/// Distances from the target at which it may come down in front, m.
const NEAREST_M: f64 = 0.1;
const FARTHEST_M: f64 = 2.0;
const SPACING_M: f64 = 0.05;
/// The least level part of an approach that a box can go in along.
const LEVEL: f64 = 0.9;
/// Into a narrow place.
const IN: Pace = Pace {
    speed: 0.3,
    acceleration: CARRY.acceleration,
};

/// To `target` from above or, where something that never moves is over it and the hand comes from the side, in from there.
///
/// # Errors
/// As [`place`]; where it goes in from the side, what is in its way there.
pub fn put(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
    target: &Pose,
) -> Result<Motion, Rejection> {
    let from_above = place(workcell, grasp, lift, target);
    let standing = Obb::new(workcell.scene.boxes[grasp.box_index].size, *target);
    if from_above.is_ok() || !is_under_a_roof(workcell, &standing, 0.0) {
        return from_above;
    }
    match level_approach(&(target * grasp.hand_in_box)) {
        Some(inward) => slide_in(workcell, grasp, lift, target, inward),
        None => from_above,
    }
}

/// Down in front of `target`, where nothing is over the box, and then level, `inward` along the hand's approach.
fn slide_in(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
    target: &Pose,
    inward: Vec3,
) -> Result<Motion, Rejection> {
    let (carried, release) = released_at(workcell, grasp, target)?;
    let (mut motion, clear) = lifted_out(workcell, grasp, lift, &carried)?;
    let way = way_in(&carried, (&clear, &release), inward, |hand| {
        is_under_a_roof(workcell, &carried.box_at(hand), ROOM_M)
    })?;
    motion.go(way.raised, CARRY);
    motion.go(way.above, CARRY);
    motion.go(way.front, CARRY);
    motion.go(way.over, IN);
    put_down(workcell, grasp, &carried, &release, &mut motion)?;
    Ok(motion.finish())
}

/// The hand on its way from where the box is clear to where it is let go.
struct WayIn {
    /// Up, over all that it passes.
    raised: Pose,
    /// Over, turned as at the target.
    above: Pose,
    /// Down, in front.
    front: Pose,
    /// In.
    over: Pose,
}

/// The shortest way in whose legs are free, the higher in the better.
fn way_in(
    carried: &Carried,
    (clear, release): (&Pose, &Pose),
    inward: Vec3,
    has_roof: impl Fn(&Pose) -> bool,
) -> Result<WayIn, Rejection> {
    let mut why = None;
    for gap in GAPS_M {
        let over = at_height(*release, release.translation.z + gap);
        let mut distance = NEAREST_M;
        while distance <= FARTHEST_M {
            let back = -distance * inward;
            distance += SPACING_M;
            let front = Pose::translation(back.x, back.y, back.z) * over;
            if has_roof(&front) {
                continue;
            }
            if let Err(blocked) = carried.check_way_in(&front, &over) {
                // From farther off it would be no freer.
                why = why.or(Some(blocked));
                break;
            }
            let flight = carried.flight_turning(clear, &front);
            let above = at_height(front, flight.max(front.translation.z));
            let raised = at_height(*clear, flight.max(clear.translation.z));
            let legs = [(*clear, raised), (raised, above), (above, front)];
            let free = legs
                .iter()
                .try_for_each(|(from, to)| carried.check_leg(from, to));
            match free.and_then(|()| carried.check_way_in(&above, &front)) {
                Ok(()) => {
                    return Ok(WayIn {
                        raised,
                        above,
                        front,
                        over,
                    });
                }
                Err(blocked) => why = why.or(Some(blocked)),
            }
        }
    }
    Err(why.unwrap_or(Rejection::NeverClear {
        within_m: FARTHEST_M,
    }))
}

/// The direction that the hand comes from, level, length one; `None` where that is not level enough.
fn level_approach(hand: &Pose) -> Option<Vec3> {
    let approach = hand.rotation * Vec3::z();
    let level = Vec3::new(approach.x, approach.y, 0.0);
    (level.norm() >= LEVEL).then(|| level.normalize())
}

/// Whether something that never moves is over `there`, or less than `room` metres from being so.
fn is_under_a_roof(workcell: &Workcell, there: &Obb, room: f64) -> bool {
    let (low, high) = there.aabb();
    let mut fixtures = workcell.scene.fixtures.iter().map(|f| f.obb().aabb());
    fixtures.any(|(lo, hi)| {
        let is_beside = (0..2).any(|k| lo[k] > high[k] + room || hi[k] < low[k] - room);
        // Of a roof that it would just touch too.
        !is_beside && lo.z >= high.z - ROOF_SLACK_M
    })
}
