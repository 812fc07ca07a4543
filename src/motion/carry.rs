//! Whole motions: fetch a box and carry it out, or to a place where it then stands.
//!
//! Owns [`remove`] and [`place`]. Refuses legs that lead the hand or the box through a fixture,
//! out of reach, or nowhere clear.

use crate::grasp::{Access, GraspCandidate, Rejection, access, at_height, back_off_m};
use crate::pose::{Pose, Quat, Vec3};
use crate::rollout::{Grip, Motion};
use crate::scene::{Gripper, Workcell};

use super::Lift;
use super::carried::Carried;
use super::profile::{Builder, Pace};

/// How much higher than its target a box is let go, m.
const RELEASE_M: f64 = 0.002;
/// Length of the slow end of the approach, m.
const SLOW_M: f64 = 0.05;
/// The hold at the end, s.
pub(super) const END_HOLD_S: f64 = 0.2;

/// Through free space.
const TRANSIT: Pace = Pace {
    speed: 1.5,
    acceleration: 5.0,
};
/// The first part of the way in, and of the way back.
const INWARD: Pace = Pace {
    speed: 0.5,
    acceleration: 3.0,
};
/// The last 5 cm before a contact, and the first after a release.
const SLOW: Pace = Pace {
    speed: 0.15,
    acceleration: 2.0,
};
/// Carrying a box through free space.
pub(super) const CARRY: Pace = Pace {
    speed: 0.8,
    acceleration: 1.5,
};
/// The most that a lift adds to gravity, m/s²: a quarter of it. More than every grasp is sure to hold
/// (`grasp::propose`), so that what a fast lift risks is there to be judged.
const LIFT_ACCELERATION: f64 = 2.5;

/// The second leg is at least this fast, m/s: it only carries the box clear, and a slow drag that
/// mattered has ended by then.
const EXIT_SPEED: f64 = 0.3;

pub(super) fn lift_pace(lift: &Lift) -> Pace {
    Pace {
        speed: lift.speed,
        acceleration: LIFT_ACCELERATION,
    }
}

pub(super) fn exit_pace(lift: &Lift) -> Pace {
    Pace {
        speed: lift.speed.max(EXIT_SPEED),
        acceleration: CARRY.acceleration,
    }
}

/// From home to the grasp, and with `lift` out of the scene.
///
/// # Errors
/// What is in the way of the hand or of the box, or how far out of reach it leads.
pub fn remove(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
) -> Result<Motion, Rejection> {
    let carried = Carried::new(workcell, grasp);
    let (mut motion, _) = lifted_out(workcell, grasp, lift, &carried)?;
    motion.hold(END_HOLD_S);
    Ok(motion.finish())
}

/// A hand that is to let go of its box at `target`, and where it is then; nothing else may stand there.
pub(super) fn released_at<'a>(
    workcell: &'a Workcell,
    grasp: &GraspCandidate,
    target: &Pose,
) -> Result<(Carried<'a>, Pose), Rejection> {
    let carried = Carried::new(workcell, grasp);
    let release = Pose::translation(0.0, 0.0, RELEASE_M) * target * grasp.hand_in_box;
    carried.check_target(&release)?;
    Ok((carried, release))
}

/// From home to the grasp and, with `lift`, to where the box is clear of everything; and the hand there.
pub(super) fn lifted_out(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
    carried: &Carried,
) -> Result<(Builder, Pose), Rejection> {
    let lift = lift.checked()?;
    let way = access(workcell, grasp)?;
    let mut motion = fetch(workcell, grasp, &way);
    let after_first = first_leg(&way.contact, &lift);
    carried.check_leg(&way.contact, &after_first)?;
    motion.go(after_first, lift_pace(&lift));
    let clear = carried.clear_along(&after_first, lift.then)?;
    carried.check_leg(&after_first, &clear)?;
    motion.go(clear, exit_pace(&lift));
    Ok((motion, clear))
}

/// From home to the grasp, with `lift` up and over to `target`, down, release, and back off.
///
/// The box is let go 2 mm above `target`; then the hand retreats along its approach.
///
/// # Errors
/// As [`remove`]; also what stands at the target.
pub fn place(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    lift: &Lift,
    target: &Pose,
) -> Result<Motion, Rejection> {
    let (carried, release) = released_at(workcell, grasp, target)?;
    let (mut motion, clear) = lifted_out(workcell, grasp, lift, &carried)?;
    let flight = carried.flight_height(&clear, &release);
    let raised = at_height(clear, flight.max(clear.translation.z));
    let above = at_height(release, flight.max(release.translation.z));
    for leg in [(clear, raised), (raised, above)] {
        carried.check_leg(&leg.0, &leg.1)?;
        motion.go(leg.1, CARRY);
    }
    let low = at_height(release, (release.translation.z + SLOW_M).min(flight));
    carried.check_leg(&above, &low)?;
    motion.go(low, CARRY);
    put_down(workcell, grasp, &carried, &release, &mut motion)?;
    Ok(motion.finish())
}

/// The last of the way to `release`, slowly; there it opens the grip and backs off.
pub(super) fn put_down(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    carried: &Carried,
    release: &Pose,
    motion: &mut Builder,
) -> Result<(), Rejection> {
    motion.go(*release, SLOW);
    motion.hold(0.1);
    motion.grip(Grip::Open, grip_dwell(workcell, grasp));
    let back = back_off_m(&workcell.robot.grippers[grasp.gripper]);
    let off = release * Pose::translation(0.0, 0.0, -SLOW_M.min(back));
    let away = release * Pose::translation(0.0, 0.0, -back);
    carried.check_hand(release, &away)?;
    motion.go(off, SLOW);
    motion.go(away, INWARD);
    motion.hold(END_HOLD_S);
    Ok(())
}

/// How long the grip takes to form or to open, s.
fn grip_dwell(workcell: &Workcell, grasp: &GraspCandidate) -> f64 {
    match workcell.robot.grippers[grasp.gripper] {
        Gripper::Suction { .. } => 0.15,
        Gripper::ParallelJaw { .. } => 0.25,
    }
}

/// From home to the closed grip.
fn fetch(workcell: &Workcell, grasp: &GraspCandidate, way: &Access) -> Builder {
    let mut motion = Builder::start(workcell.robot.home);
    if let Some(above_home) = way.above_home {
        motion.go(above_home, TRANSIT);
    }
    motion.go(way.above_entry, TRANSIT);
    motion.go(way.entry, TRANSIT);
    motion.go(way.contact * Pose::translation(0.0, 0.0, -SLOW_M), INWARD);
    motion.go(way.contact, SLOW);
    motion.grip(Grip::Closed, grip_dwell(workcell, grasp));
    motion
}

/// Where the hand is after the first leg, turned about its own x and y.
pub(super) fn first_leg(contact: &Pose, lift: &Lift) -> Pose {
    let turn = Quat::from_axis_angle(&Vec3::x_axis(), lift.tilt[0])
        * Quat::from_axis_angle(&Vec3::y_axis(), lift.tilt[1]);
    Pose::from_parts(
        (contact.translation.vector + lift.first).into(),
        contact.rotation * turn,
    )
}
