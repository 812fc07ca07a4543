//! Whole motions: fetch a box and carry it out, or to a place where it then stands.
//!
//! Owns [`remove`] and [`place`]. Refuses legs that lead the hand or the box through a fixture,
//! out of reach, or nowhere clear.

use crate::grasp::{
    Access, GraspCandidate, Moment, Obstacles, Rejection, access, approach_opening, at_height,
    back_off_m, flight_height, hand_shape, placed, within_reach,
};
use crate::pose::{Pose, Quat, Vec3, blend};
use crate::rollout::{Grip, Motion};
use crate::scene::geometry::{Obb, overlaps};
use crate::scene::{Gripper, Workcell};

use super::Lift;
use super::profile::{Builder, Pace};

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

/// The hand where it lets go of a box that is to stand at `target`.
pub(super) fn released_at(target: &Pose, grasp: &GraspCandidate) -> Pose {
    Pose::translation(0.0, 0.0, RELEASE_M) * target * grasp.hand_in_box
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
    let carried = Carried::new(workcell, grasp);
    let release = released_at(target, grasp);
    carried.check_target(&release)?;
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

/// The last of the way to `release`, slowly, and what comes after it.
pub(super) fn put_down(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    carried: &Carried,
    release: &Pose,
    motion: &mut Builder,
) -> Result<(), Rejection> {
    motion.go(*release, SLOW);
    motion.hold(0.1);
    let_go(workcell, grasp, carried, release, motion)?;
    motion.hold(END_HOLD_S);
    Ok(())
}

/// Opens the grip at `release`, and backs off.
fn let_go(
    workcell: &Workcell,
    grasp: &GraspCandidate,
    carried: &Carried,
    release: &Pose,
    motion: &mut Builder,
) -> Result<(), Rejection> {
    motion.grip(Grip::Open, grip_dwell(workcell, grasp));
    let back = back_off_m(&workcell.robot.grippers[grasp.gripper]);
    let off = release * Pose::translation(0.0, 0.0, -SLOW_M.min(back));
    let away = release * Pose::translation(0.0, 0.0, -back);
    carried.check_hand(release, &away)?;
    motion.go(off, SLOW);
    motion.go(away, INWARD);
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
    fn check_hand(&self, from: &Pose, to: &Pose) -> Result<(), Rejection> {
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
        let there = self.box_at(release);
        let hit = self
            .obstacles
            .others()
            .find(|o| overlaps(&there, &o.obb, 0.001));
        if let Some(by) = hit {
            return Err(Rejection::BoxBlocked { by: by.id.clone() });
        }
        self.check_hand(release, release)
    }

    /// As [`Self::check_leg`], and the box against other boxes too: where it goes in beside them, and not over them.
    pub(super) fn check_way_in(&self, from: &Pose, to: &Pose) -> Result<(), Rejection> {
        for pose in samples(from, to) {
            let there = self.box_at(&pose);
            let mut boxes = self.obstacles.boxes.iter();
            if let Some(by) = boxes.find(|o| overlaps(&there, &o.obb, 0.0)) {
                return Err(Rejection::BoxBlocked { by: by.id.clone() });
            }
        }
        self.check_leg(from, to)
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

    /// The height of the hand at which it and its box pass over everything between two poses, m.
    pub(super) fn flight_height(&self, from: &Pose, to: &Pose) -> f64 {
        let mut parts = self.hand.clone();
        parts.push(Obb::new(self.size, self.box_in_hand));
        flight_height(&self.obstacles, &parts, from, to)
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
