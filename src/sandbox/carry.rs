//! The hand's part of an episode: out, grip, carry, and gone.
//!
//! Owns when the hand feels its way, when a grip counts as formed or lost, and when a removed box is clear
//! of everything (design, section 2).

use std::borrow::Cow;

use super::SandboxError;
use super::episode::{Run, Watch};
use super::flight;
use super::hand::{Effort, GripStatus, Hand};
use super::monitor::Exempt;
use super::record::Recording;
use crate::grasp::drive::GUARD_S;
use crate::grasp::{GraspCandidate, approach_opening, hand_shape};
use crate::rollout::{AccidentKind, Action, CLEAR_M, Grip, HandKey, Motion, Onward};
use crate::scene::geometry::{Obb, separation};

/// Time between two looks at whether the box is clear, s: cheap, and 50 ms of delay do no harm.
const CLEAR_EVERY_S: f64 = 0.05;
/// How long a grip may take to form after it is told to close, s.
const GRIP_WAIT_S: f64 = 0.35;

/// Where the hand is in its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Reaching,
    Holding,
    Released,
}

impl Run<'_> {
    /// The hand's part: out, grip, carry, and gone.
    pub(super) fn grasp(&mut self, watch: Watch<'_>) -> Result<(), SandboxError> {
        let (Some(grasp), Some(motion)) = (self.action.grasp(), self.action.motion()) else {
            return Ok(());
        };
        let mut motion = Cow::Borrowed(motion);
        let target = grasp.box_index;
        self.arrive(grasp, &motion);
        let mut phase = Phase::Reaching;
        let mut waited_from = None;
        let dt = self.engine.dt();
        let grip_time = motion.grip_time().unwrap_or(f64::INFINITY);
        while self.t() < motion.duration() && !self.decided() {
            self.record(phase == Phase::Holding);
            let key = motion.at(self.t() + dt);
            self.steer(&key, phase, grip_time);
            self.step()?;
            let Some(next) = self.next_phase(phase, key.grip, target, &mut waited_from) else {
                self.monitor.latch(AccidentKind::Drop, target, self.t());
                return self.stop();
            };
            phase = next;
            if phase == Phase::Holding && self.may_vanish() && self.is_clear(target) {
                self.completed = true;
                self.engine.remove_box(target);
                break;
            }
            if phase == Phase::Holding && self.is_glance_due() {
                match watch(&self.glance()) {
                    Onward::CarryOn => {}
                    Onward::Change(other) if other.keys.is_empty() => {
                        return Err(SandboxError::EmptyMotion);
                    }
                    Onward::Change(other) => motion = Cow::Owned(other),
                    Onward::Stop => return self.hold_on(target, &motion),
                }
            }
        }
        if phase == Phase::Holding && !self.completed && !self.decided() {
            // The motion ended with the box still in the way: it ends before release.
            self.monitor.latch(AccidentKind::Drop, target, self.t());
        }
        if let Some(hand) = self.hand.take() {
            hand.vanish(&mut self.engine);
        }
        self.exempt = Exempt::Nobody;
        Ok(())
    }

    /// Lets the clock run until the hand comes near anything, and puts the hand there.
    fn arrive(&mut self, grasp: &GraspCandidate, motion: &Motion) {
        let gripper = &self.workcell.robot.grippers[grasp.gripper];
        let opening = approach_opening(self.workcell, grasp);
        let shape = hand_shape(gripper, opening);
        let scene = &self.workcell.scene;
        let arrival = flight::end_of_free_flight(scene, &self.engine, motion, &shape);
        self.fly(motion, arrival);
        let start = motion.at(self.t()).pose;
        let max_force = self.workcell.robot.max_hand_force;
        let hand = Hand::new(&mut self.engine, gripper, max_force, opening, &start);
        self.hand = Some(hand);
    }

    /// What the hand is about after a step in which its grip was `told` so; `None` where the grip did not form in
    /// time after `waited_from`, or is lost.
    fn next_phase(
        &mut self,
        phase: Phase,
        told: Grip,
        target: usize,
        waited_from: &mut Option<f64>,
    ) -> Option<Phase> {
        match (phase, told) {
            (Phase::Reaching, Grip::Closed) => {
                let t = self.t();
                let since = *waited_from.get_or_insert(t);
                if self.try_grip(target) {
                    self.exempt = Exempt::Held(target);
                    return Some(Phase::Holding);
                }
                (t - since <= GRIP_WAIT_S).then_some(phase)
            }
            (Phase::Holding, Grip::Closed) => self.still_held(target).then_some(phase),
            (Phase::Holding, Grip::Open) => {
                self.let_go(target);
                Some(Phase::Released)
            }
            _ => Some(phase),
        }
    }

    /// The box is lost: the gripper's sensor tells, the grip opens, and the hand stays where it is
    /// while all comes to rest, as a real cell's protective stop has it.
    pub(super) fn stop(&mut self) -> Result<(), SandboxError> {
        self.exempt = Exempt::Nobody;
        if let Some(hand) = &mut self.hand {
            hand.open(&mut self.engine);
        }
        self.rest()?;
        if let Some(hand) = self.hand.take() {
            hand.vanish(&mut self.engine);
        }
        Ok(())
    }

    /// Lets the clock run to `arrival` without stepping: the hand is far from a scene at rest.
    fn fly(&mut self, motion: &Motion, arrival: f64) {
        let steps = (arrival / self.engine.dt()).floor() as u64;
        if let Recording::EverySteps(n) = self.recording {
            for step in (0..steps).step_by(n.max(1) as usize) {
                self.clock = step;
                self.take_frame(false);
                if let Some(frame) = self.frames.last_mut() {
                    frame.hand = Some(motion.at(frame.t).pose);
                }
            }
        }
        self.clock = steps;
    }

    fn steer(&mut self, key: &HandKey, phase: Phase, grip_time: f64) {
        // Feeling its way from shortly before the grip until the grip has formed.
        let effort = match phase {
            Phase::Reaching if key.t > grip_time - GUARD_S => Effort::Guarded,
            _ => Effort::Full,
        };
        if let Some(hand) = &mut self.hand {
            hand.steer(&mut self.engine, &key.pose, effort);
        }
    }

    fn try_grip(&mut self, target: usize) -> bool {
        let scene = &self.workcell.scene;
        let status = self
            .hand
            .as_mut()
            .map(|hand| hand.close(&mut self.engine, scene, target, &self.forces));
        matches!(status, Some(GripStatus::Holding { .. }))
    }

    pub(super) fn still_held(&mut self, target: usize) -> bool {
        match self.hand.as_mut().map(|h| h.hold(&mut self.engine, target)) {
            Some(GripStatus::Holding { margin }) => {
                self.margin = self.margin.min(margin);
                true
            }
            _ => false,
        }
    }

    /// The planned end of a grip: a placed box belongs where it was meant to be from here on.
    fn let_go(&mut self, target: usize) {
        if let Some(hand) = &mut self.hand {
            hand.open(&mut self.engine);
        }
        if let Action::Place { target: goal, .. } = self.action {
            self.monitor.set_reference(target, *goal);
            self.completed = true;
        }
        self.exempt = Exempt::Nobody;
    }

    /// Only a removed box vanishes, and the clearance is looked at now and then.
    fn may_vanish(&self) -> bool {
        let every = (CLEAR_EVERY_S / self.engine.dt()).round().max(1.0) as u64;
        matches!(self.action, Action::Remove { .. }) && self.clock.is_multiple_of(every)
    }

    /// Whether box `target` is [`CLEAR_M`] from every box, every fixture and the ground.
    fn is_clear(&self, target: usize) -> bool {
        let scene = &self.workcell.scene;
        let Some(pose) = self.engine.box_pose(target) else {
            return false;
        };
        let held = Obb::new(scene.boxes[target].size, pose);
        let (low, _) = held.aabb();
        let apart = |other: &Obb| separation(&held, other).gap >= CLEAR_M;
        low.z >= CLEAR_M
            && scene.fixtures.iter().all(|f| apart(&f.obb()))
            && scene.boxes.iter().enumerate().all(|(i, spec)| {
                i == target
                    || self
                        .engine
                        .box_pose(i)
                        .is_none_or(|pose| apart(&Obb::new(spec.size, pose)))
            })
    }
}
