//! One action under one draw, from the hand at home to the last box at rest.
//!
//! Owns the step's clock of design, section 2: settle 0.5 s, take the references, carry the action
//! out, let a removed box vanish once it is 0.10 m clear of everything, then run on until all is
//! still. Pure: the same workcell, draw and action give the same bits.

use std::borrow::Cow;

use super::SandboxError;
use super::contact::Forces;
use super::engine::{DT_S, Engine};
use super::flight;
use super::hand::{Effort, GripStatus, Hand};
use super::monitor::{Exempt, Monitor};
use super::poke::Poke;
use super::stand;
use crate::grasp::hand_shape;
use crate::pose::Pose;
use crate::rollout::{
    AccidentKind, Action, BodyState, CLEAR_M, Frame, Glance, Grip, HandKey, Motion, Onward,
    Rollout, STRIDE_S,
};
use crate::scene::geometry::{Obb, separation};
use crate::scene::{Draw, Gripper, Workcell};

/// How long the scene settles before the references are taken, s.
pub const SETTLE_S: f64 = 0.5;
/// Time between two looks at whether the box is clear, s: cheap, and 50 ms of delay do no harm.
const CLEAR_EVERY_S: f64 = 0.05;
/// The longest wait for rest, s.
pub(super) const REST_LIMIT_S: f64 = 3.0;
/// How long a grip may take to form after it is told to close, s.
const GRIP_WAIT_S: f64 = 0.35;
/// How long before the grip the hand feels its way, s.
const GUARD_S: f64 = 0.3;

/// How much of an episode is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To the last box at rest: labels, figures, replays.
    Whole,
    /// Until the first accident: enough for a risk.
    FirstAccident,
}

/// Which moments are recorded.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Recording {
    /// Every [`STRIDE_S`] from the action's onset: what the model learns from.
    Strides,
    /// Every so many physics steps from the start: what a person watches.
    EverySteps(u64),
    /// None: where only the outcome counts.
    Nothing,
}

/// Settles a world of `draw`, ready to be branched into episodes.
///
/// # Errors
/// When the engine lost a body.
pub fn settled(workcell: &Workcell, draw: &Draw, refinement: u32) -> Result<Engine, SandboxError> {
    let mut engine = Engine::new(&workcell.scene, draw, refinement);
    let steps = (SETTLE_S / engine.dt()).round() as u64;
    for _ in 0..steps {
        engine.step()?;
    }
    Ok(engine)
}

/// Carries `action` out in a branch of `world`, which [`settled`] made.
///
/// # Errors
/// When the engine lost a body, or the action names a box or gripper that is not there.
pub fn run(
    workcell: &Workcell,
    world: &Engine,
    action: &Action,
    extent: Extent,
    recording: Recording,
) -> Result<Rollout, SandboxError> {
    run_watched(workcell, world, action, (extent, recording), &mut |_| {
        Onward::CarryOn
    })
}

/// The same, with somebody who looks on every [`STRIDE_S`] while the hand carries its box and may have it
/// go on otherwise or stop.
///
/// # Errors
/// As [`run`]; also when a motion that is put in its place has no keys.
pub fn run_watched(
    workcell: &Workcell,
    world: &Engine,
    action: &Action,
    (extent, recording): (Extent, Recording),
    watch: Watch<'_>,
) -> Result<Rollout, SandboxError> {
    check(workcell, action)?;
    let mut run = Run::new(workcell, world.clone(), action, extent, recording);
    match action {
        Action::Remove { .. } | Action::Place { .. } => run.grasp(watch)?,
        Action::Nudge { .. } | Action::Push { .. } => run.poke()?,
    }
    if run.hand.is_none() {
        run.rest()?;
    }
    Ok(run.finish())
}

/// Somebody who looks on.
pub type Watch<'a> = &'a mut dyn FnMut(&Glance) -> Onward;

fn check(workcell: &Workcell, action: &Action) -> Result<(), SandboxError> {
    if action.box_index() >= workcell.scene.boxes.len() {
        return Err(SandboxError::NoSuchBox(action.box_index()));
    }
    if let Some(grasp) = action.grasp()
        && grasp.gripper >= workcell.robot.grippers.len()
    {
        return Err(SandboxError::NoSuchGripper(grasp.gripper));
    }
    if action.motion().is_some_and(|m| m.keys.is_empty()) {
        return Err(SandboxError::EmptyMotion);
    }
    Ok(())
}

pub(super) struct Run<'a> {
    workcell: &'a Workcell,
    pub(super) action: &'a Action,
    extent: Extent,
    recording: Recording,
    pub(super) engine: Engine,
    forces: Forces,
    pub(super) monitor: Monitor,
    pub(super) hand: Option<Hand>,
    exempt: Exempt,
    frames: Vec<Frame>,
    last_states: Vec<BodyState>,
    margin: f64,
    completed: bool,
    /// How often somebody has looked on.
    pub(super) glances: u32,
    /// Steps since the action's start.
    clock: u64,
    first_step: u64,
}

impl<'a> Run<'a> {
    fn new(
        workcell: &'a Workcell,
        engine: Engine,
        action: &'a Action,
        extent: Extent,
        recording: Recording,
    ) -> Self {
        let scene = &workcell.scene;
        let monitor = Monitor::new(scene, &workcell.safety, &engine);
        let last_states = monitor
            .reference
            .iter()
            .map(|&pose| BodyState {
                pose,
                linear: Default::default(),
                angular: Default::default(),
                force: 0.0,
            })
            .collect();
        Self {
            forces: Forces::new(scene.boxes.len(), &engine),
            monitor,
            hand: None,
            exempt: Exempt::Nobody,
            frames: Vec::new(),
            last_states,
            margin: 1.0,
            completed: false,
            glances: 0,
            clock: 0,
            first_step: engine.steps(),
            workcell,
            engine,
            action,
            extent,
            recording,
        }
    }

    pub(super) fn t(&self) -> f64 {
        self.clock as f64 * self.engine.dt()
    }

    /// One physics step and a look at what it did.
    pub(super) fn step(&mut self) -> Result<(), SandboxError> {
        self.engine.step()?;
        self.clock += 1;
        let target = self.action.box_index();
        let hand_target = self.hand.as_ref().map(|_| target);
        self.forces.read(&self.engine, hand_target);
        let t = self.t();
        self.monitor
            .look(&self.engine, &self.forces, self.exempt, t);
        if self.hand.is_some() {
            self.monitor.look_for_strike(&self.forces, target, t);
        }
        Ok(())
    }

    /// Whether what was asked for is known already.
    pub(super) fn decided(&self) -> bool {
        self.extent == Extent::FirstAccident && !self.monitor.accidents.is_empty()
    }

    /// The hand's part: out, grip, carry, and gone.
    fn grasp(&mut self, watch: Watch<'_>) -> Result<(), SandboxError> {
        let (Some(grasp), Some(motion)) = (self.action.grasp(), self.action.motion()) else {
            return Ok(());
        };
        let mut motion = Cow::Borrowed(motion);
        let target = grasp.box_index;
        let gripper = &self.workcell.robot.grippers[grasp.gripper];
        let opening = crate::grasp::approach_opening(self.workcell, grasp);
        let arrival = flight::end_of_free_flight(
            &self.workcell.scene,
            &self.engine,
            &motion,
            &hand_shape(gripper, opening),
        );
        self.fly(&motion, arrival);
        let start = motion.at(self.t()).pose;
        self.hand = Some(Hand::new(
            &mut self.engine,
            gripper,
            self.workcell.robot.max_hand_force,
            opening,
            &start,
        ));
        let mut phase = Phase::Reaching;
        let mut waited_from = None;
        let dt = self.engine.dt();
        let grip_time = motion.grip_time().unwrap_or(f64::INFINITY);
        while self.t() < motion.duration() && !self.decided() {
            self.record(phase == Phase::Holding);
            let key = motion.at(self.t() + dt);
            self.steer(&key, phase, grip_time);
            self.step()?;
            let t = self.t();
            match (phase, key.grip) {
                (Phase::Reaching, Grip::Closed) => {
                    let since = *waited_from.get_or_insert(t);
                    if self.try_grip(target) {
                        phase = Phase::Holding;
                        self.exempt = Exempt::Held(target);
                    } else if t - since > GRIP_WAIT_S {
                        self.monitor.latch(AccidentKind::Drop, target, t);
                        return self.stop();
                    }
                }
                (Phase::Holding, Grip::Closed) if !self.still_held(target) => {
                    self.monitor.latch(AccidentKind::Drop, target, t);
                    return self.stop();
                }
                (Phase::Holding, Grip::Open) => {
                    self.let_go(target);
                    phase = Phase::Released;
                }
                _ => {}
            }
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
            && scene
                .fixtures
                .iter()
                .all(|f| apart(&Obb::new(f.size, f.pose)))
            && scene.boxes.iter().enumerate().all(|(i, spec)| {
                i == target
                    || self
                        .engine
                        .box_pose(i)
                        .is_none_or(|pose| apart(&Obb::new(spec.size, pose)))
            })
    }

    /// A nudge or a push: no hand takes part.
    fn poke(&mut self) -> Result<(), SandboxError> {
        let target = self.action.box_index();
        self.exempt = Exempt::ActedOn(target);
        let mut poke = Poke::start(
            &mut self.engine,
            self.action,
            self.workcell.robot.max_hand_force,
        );
        while let Some(running) = poke {
            if self.decided() {
                return Ok(());
            }
            self.record(false);
            let t = self.t();
            poke = running.advance(&mut self.engine, t);
            self.step()?;
        }
        self.completed = true;
        Ok(())
    }

    /// Runs on until everything is still, or the patience ends.
    fn rest(&mut self) -> Result<(), SandboxError> {
        let mut calm = stand::Calm::default();
        let limit = (REST_LIMIT_S / self.engine.dt()).round() as u64;
        for _ in 0..limit {
            if self.decided() || calm.look(&self.engine) {
                break;
            }
            self.record(false);
            self.step()?;
        }
        Ok(())
    }

    /// Takes a frame when one is due.
    pub(super) fn record(&mut self, held: bool) {
        let due = match self.recording {
            Recording::Nothing => false,
            Recording::EverySteps(n) => self.clock.is_multiple_of(n.max(1)),
            Recording::Strides => {
                let since = self.t() - self.action.onset();
                let next = self.frames.len() as f64 * STRIDE_S;
                since >= next - 0.5 * self.engine.dt()
            }
        };
        if due {
            self.take_frame(held);
        }
    }

    fn take_frame(&mut self, held: bool) {
        let forces = self.monitor.take_peak_forces();
        for (i, state) in self.last_states.iter_mut().enumerate() {
            if let (Some(pose), Some((linear, angular))) =
                (self.engine.box_pose(i), self.engine.box_velocity(i))
            {
                *state = BodyState {
                    pose,
                    linear,
                    angular,
                    force: forces[i],
                };
            }
        }
        self.frames.push(Frame {
            t: self.t(),
            boxes: self.last_states.clone(),
            hand: self.hand.as_ref().map(|h| h.pose(&self.engine)),
            held,
            grip_margin: std::mem::replace(&mut self.margin, 1.0),
        });
    }

    fn finish(mut self) -> Rollout {
        if self.recording != Recording::Nothing {
            self.take_frame(self.hand.is_some());
        }
        let reference: Vec<Pose> = self.monitor.reference.clone();
        Rollout {
            reference,
            frames: self.frames,
            path_length: self.monitor.path_length(),
            peak_speed: self.monitor.peak_speed(),
            accidents: self.monitor.accidents,
            completed: self.completed,
            physics_steps: self.engine.steps() - self.first_step,
        }
    }
}

/// Where the hand is in its task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Reaching,
    Holding,
    Released,
}

/// Physics steps in `seconds`.
pub fn steps_in(seconds: f64) -> u64 {
    (seconds / DT_S).round() as u64
}

/// The gripper that `action` uses, if a hand takes part.
pub fn gripper_of<'a>(workcell: &'a Workcell, action: &Action) -> Option<&'a Gripper> {
    action
        .grasp()
        .and_then(|g| workcell.robot.grippers.get(g.gripper))
}
