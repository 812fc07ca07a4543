//! One action under one draw, from the hand at home to the last box at rest.
//!
//! Owns the step's clock of design, section 2: settle 0.5 s, take the references, carry the action
//! out (a hand's part of it is `carry`'s), then run on until all is still. Pure: the same workcell, draw and action
//! give the same bits.

use super::SandboxError;
use super::contact::Forces;
use super::engine::Engine;
use super::hand::Hand;
use super::monitor::{Exempt, Monitor};
use super::poke::Poke;
use super::record::Recording;
use super::stand;
use crate::pose::Pose;
use crate::rollout::{AccidentKind, Action, BodyState, Frame, Glance, Onward, Rollout};
use crate::scene::{Draw, Workcell};

/// How long the scene settles before the references are taken, s.
pub const SETTLE_S: f64 = 0.5;
/// The longest wait for rest, s.
pub(super) const REST_LIMIT_S: f64 = 3.0;

/// How much of an episode is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// To the last box at rest: labels, figures, replays.
    Whole,
    /// Until the first accident: enough for a risk.
    FirstAccident,
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

/// Whether `action` ends in an accident in a branch of `world`: simulated until the first.
///
/// # Errors
/// As [`run`].
pub fn goes_wrong(
    workcell: &Workcell,
    world: &Engine,
    action: &Action,
) -> Result<bool, SandboxError> {
    let (extent, recording) = (Extent::FirstAccident, Recording::Nothing);
    let rollout = run(workcell, world, action, extent, recording)?;
    Ok(!rollout.is_safe())
}

/// What [`run`] does, with somebody who looks on every [`STRIDE_S`](crate::rollout::STRIDE_S) while the hand carries
/// its box and may have it go on otherwise or stop.
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
    pub(super) workcell: &'a Workcell,
    pub(super) action: &'a Action,
    extent: Extent,
    pub(super) recording: Recording,
    pub(super) engine: Engine,
    pub(super) forces: Forces,
    pub(super) monitor: Monitor,
    pub(super) hand: Option<Hand>,
    pub(super) exempt: Exempt,
    pub(super) frames: Vec<Frame>,
    pub(super) last_states: Vec<BodyState>,
    pub(super) margin: f64,
    pub(super) completed: bool,
    /// How often somebody has looked on.
    pub(super) glances: u32,
    /// Steps since the action's start.
    pub(super) clock: u64,
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

    /// Runs on until everything is still, or the patience ends. A box that is then in the air, far from where it should
    /// be, counts as disturbed where nothing else went wrong, even if it was meant to move: nobody saw where it comes
    /// down.
    pub(super) fn rest(&mut self) -> Result<(), SandboxError> {
        let mut calm = stand::Calm::default();
        let limit = (REST_LIMIT_S / self.engine.dt()).round() as u64;
        for _ in 0..limit {
            if self.decided() || calm.look(&self.engine) {
                return Ok(());
            }
            self.record(false);
            self.step()?;
        }
        if !self.monitor.accidents.is_empty() {
            return Ok(());
        }
        let is_far = |i: usize| {
            let away =
                |pose: Pose| pose.translation.vector - self.monitor.reference[i].translation.vector;
            let gone = self.engine.box_pose(i).map(|pose| away(pose).norm());
            gone.is_some_and(|m| m > self.workcell.safety.max_displacement)
        };
        let touches_nothing = |i: usize| self.forces.worst_face(i) == 0.0;
        let flies = (0..self.engine.boxes.len()).find(|&i| touches_nothing(i) && is_far(i));
        if let Some(box_index) = flies {
            self.monitor
                .latch(AccidentKind::Disturb, box_index, self.t());
        }
        Ok(())
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
