//! Watches an episode: accidents latched with their time, and the two graded sums.
//!
//! Owns the definitions of design, section 2, as code; looked at in every physics step.

use super::contact::Forces;
use super::engine::Engine;
use crate::pose::{Pose, Vec3, tilt_between};
use crate::rollout::{Accident, AccidentKind};
use crate::scene::{Safety, Scene};

/// Below this a box is at rest, m/s: the solver's residual drift is no motion.
const REST_SPEED: f64 = 1e-3;

/// Which boxes the monitor leaves alone in this step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exempt {
    /// None.
    Nobody,
    /// The box that the hand holds: it is meant to move.
    Held(usize),
    /// The box that a nudge or push acts on: `disturb` alone does not count.
    ActedOn(usize),
}

/// References, what has happened so far, and sums.
#[derive(Clone, Debug)]
pub struct Monitor {
    safety: Safety,
    max_force: Vec<Option<f64>>,
    /// `[N]`: where each box should be.
    pub reference: Vec<Pose>,
    /// Latched, in order of time.
    pub accidents: Vec<Accident>,
    latched: Vec<[bool; 5]>,
    last_centre: Vec<Vec3>,
    peak_speed: Vec<f64>,
    path_length: f64,
    /// Largest force on one face since the last frame, `[N]`, N.
    pub peak_force: Vec<f64>,
}

impl Monitor {
    /// Takes the reference poses from `engine` as it stands.
    pub fn new(scene: &Scene, safety: &Safety, engine: &Engine) -> Self {
        let n = scene.boxes.len();
        let reference: Vec<Pose> = (0..n)
            .map(|i| engine.box_pose(i).unwrap_or(scene.boxes[i].pose))
            .collect();
        Self {
            safety: *safety,
            max_force: scene.boxes.iter().map(|b| b.max_force_n).collect(),
            last_centre: reference.iter().map(|p| p.translation.vector).collect(),
            reference,
            accidents: Vec::new(),
            latched: vec![[false; 5]; n],
            peak_speed: vec![0.0; n],
            path_length: 0.0,
            peak_force: vec![0.0; n],
        }
    }

    /// Looks at the step that has just been made, at time `t` (s from the action's start).
    pub fn look(&mut self, engine: &Engine, forces: &Forces, exempt: Exempt, t: f64) {
        for i in 0..self.reference.len() {
            let force = forces.worst_face(i);
            self.peak_force[i] = self.peak_force[i].max(force);
            if self.max_force[i].is_some_and(|limit| force > limit) {
                self.latch(AccidentKind::Crush, i, t);
            }
            let (Some(pose), Some((velocity, _))) = (engine.box_pose(i), engine.box_velocity(i))
            else {
                continue;
            };
            let centre = pose.translation.vector;
            let moved = (centre - self.last_centre[i]).norm();
            self.last_centre[i] = centre;
            if exempt == Exempt::Held(i) {
                continue;
            }
            let speed = velocity.norm();
            if speed > REST_SPEED {
                self.path_length += moved;
                self.peak_speed[i] = self.peak_speed[i].max(speed);
            }
            let reference = self.reference[i];
            let displaced = (centre - reference.translation.vector).norm();
            if displaced > self.safety.max_displacement && exempt != Exempt::ActedOn(i) {
                self.latch(AccidentKind::Disturb, i, t);
            }
            if tilt_between(&reference.rotation, &pose.rotation) > self.safety.max_tilt {
                self.latch(AccidentKind::Tilt, i, t);
            }
        }
    }

    /// Notes that the hand pressed on a bystander on its way to or with box `target`.
    pub fn look_for_strike(&mut self, forces: &Forces, target: usize, t: f64) {
        if forces.strike() > self.safety.max_strike_force {
            self.latch(AccidentKind::Strike, target, t);
        }
    }

    /// Notes an accident, the first time that it happens to this box in this way.
    pub fn latch(&mut self, kind: AccidentKind, box_index: usize, t: f64) {
        let seen = &mut self.latched[box_index][kind.index()];
        if !*seen {
            *seen = true;
            self.accidents.push(Accident { kind, box_index, t });
        }
    }

    /// A box that was put down belongs at `target` from now on.
    pub fn set_reference(&mut self, index: usize, target: Pose) {
        self.reference[index] = target;
    }

    /// Path length of all boxes while they were not held, m.
    pub fn path_length(&self) -> f64 {
        self.path_length
    }

    /// Sum over boxes of the highest speed while not held, m/s.
    pub fn peak_speed(&self) -> f64 {
        self.peak_speed.iter().sum()
    }

    /// Largest force on one face of each box since the last call, `[N]`, N.
    pub fn take_peak_forces(&mut self) -> Vec<f64> {
        let n = self.peak_force.len();
        std::mem::replace(&mut self.peak_force, vec![0.0; n])
    }
}
