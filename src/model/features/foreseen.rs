//! The columns of the rough forecast: what the sketch expects of each body, contact and grip.
//!
//! Owns [`Foreseen`]: the scene while the action goes on, and afterwards.

use crate::rollout::{Action, PUSH_S, nudge_seconds};

use super::super::course::Course;
use super::super::demand::Demand;
use super::super::sketch::{Borne, Fate, Forecast, Held, Mover, STEPS};
use super::placed::Placed;
use super::{Encoder, Look, TargetView, flag, log_force, push, push3};

/// Columns of a node.
pub const FORESEEN_NODE: usize = 22;
/// Columns of an edge.
pub const FORESEEN_EDGE: usize = 6;
/// Columns of an action.
pub const FORESEEN_ACTION: usize = STEPS + 9;

/// The unit of lengths, m, and of angles, rad: about it the scale turns from linear to logarithmic.
const UNIT_M: f64 = 0.01;
const UNIT_RAD: f64 = 0.05;
/// The unit of speeds, m/s.
const UNIT_SPEED: f64 = 0.05;

/// The two forecasts of an action.
pub struct Foreseen<'a> {
    /// While it goes on.
    during: Forecast,
    /// Once the target is gone, or where it is put; none where it stays.
    after: Option<&'a Forecast>,
}

impl Encoder {
    pub(super) fn foresee<'a>(
        &self,
        action: &Action,
        course: &Course,
        view: &'a TargetView,
        placed: Option<&'a Placed>,
    ) -> Foreseen<'a> {
        let target = action.box_index();
        let mover = match action {
            Action::Remove { grasp, .. } | Action::Place { grasp, .. } => {
                let poses = course.opening;
                match self.hold(grasp) {
                    Some(hold) => Mover::Hand(Held { poses, hold }, course.opening_s),
                    None => Mover::Gone,
                }
            }
            Action::Nudge { by, .. } => Mover::Nudge {
                by: *by,
                seconds: nudge_seconds(by.norm()).max(0.01),
                max_force: self.workcell.robot.max_hand_force,
            },
            Action::Push { force, .. } => Mover::Push(*force, PUSH_S),
        };
        let gone = || {
            let relieved = self.sketch.relieved(&self.graph, &view.without);
            relieved.forecast(target, Mover::Gone)
        };
        let after = match action {
            Action::Remove { .. } => Some(view.gone.get_or_init(gone)),
            Action::Place { .. } => placed.map(|p| &p.settling),
            Action::Nudge { .. } | Action::Push { .. } => None,
        };
        Foreseen {
            during: self.sketch.forecast(target, mover),
            after,
        }
    }
}

impl Look<'_> {
    /// [`FORESEEN_NODE`] columns.
    pub(super) fn push_foreseen_node(&self, i: usize, out: &mut Vec<f32>) {
        self.push_fate(i, &self.foreseen.during.bodies[i], out);
        match self.foreseen.after {
            Some(after) => self.push_fate(i, &after.bodies[i], out),
            None => push(out, &[0.0; FORESEEN_NODE / 2]),
        }
    }

    fn push_fate(&self, i: usize, fate: &Fate, out: &mut Vec<f32>) {
        let moved = self.frame.vector(&fate.moved);
        let turned = self.frame.axial(&fate.turned);
        push3(out, moved.map(|x| (x / UNIT_M).asinh()));
        push3(out, turned.map(|x| (x / UNIT_RAD).asinh()));
        push(
            out,
            &[
                (fate.moved.norm() / UNIT_M).asinh(),
                (fate.turned.xy().norm() / UNIT_RAD).asinh(),
                (fate.speed / UNIT_SPEED).asinh(),
                log_force(fate.face_force),
                self.crush_share(i, fate),
            ],
        );
    }

    /// How much of what a body's weakest face bears is on it: 0 where nothing is known to crush it.
    fn crush_share(&self, i: usize, fate: &Fate) -> f64 {
        self.encoder.graph.bodies[i]
            .max_force
            .map_or(0.0, |most| (fate.face_force / most.max(0.1)).min(4.0))
    }

    /// [`FORESEEN_EDGE`] columns.
    pub(super) fn push_foreseen_edge(&self, k: usize, friction: f64, out: &mut Vec<f32>) {
        let borne = |b: &Borne| {
            let rubs = b.tangential / (friction * b.normal).max(0.01);
            [log_force(b.normal), log_force(b.tangential), rubs.min(1.5)]
        };
        push(out, &borne(&self.foreseen.during.contacts[k]));
        // Contacts of a scene with its box put down are others: numbered otherwise.
        match (self.foreseen.after, self.placed) {
            (Some(after), None) => push(out, &borne(&after.contacts[k])),
            _ => push(out, &[0.0; FORESEEN_EDGE / 2]),
        }
    }

    /// [`FORESEEN_ACTION`] columns: what the grip bears in each step, and the worst of the others.
    pub(super) fn push_foreseen_action(
        &self,
        action: &Action,
        chosen: &[usize],
        out: &mut Vec<f32>,
    ) {
        let mut shares = [0.0; STEPS];
        let (mut worst, mut high) = (0.0f64, 0.0f64);
        let forces = self.foreseen.during.grip.iter().map(|l| l.force.norm());
        let force = forces.fold(0.0, f64::max);
        let robot = &self.encoder.workcell.robot;
        let body = &self.encoder.graph.bodies[self.target];
        let held = action
            .grasp()
            .and_then(|g| Some((g, robot.grippers.get(g.gripper)?)));
        if let Some((grasp, gripper)) = held {
            let noise = self.encoder.graph.pose_noise.position_m;
            let at_grip = grasp.hand_in_world(&body.obb.pose);
            let demand = Demand::new(gripper, body, &at_grip, noise);
            for (k, load) in self.foreseen.during.grip.iter().enumerate() {
                let hand = self.course.opening[k + 1].rotation * grasp.hand_in_box.rotation;
                // What the hand does to the box, the box does to the hand.
                let used = demand.of_load(&-load.force, &-load.moment, &hand);
                shares[k] = used.mean.min(4.0);
                worst = worst.max(used.mean);
                high = high.max(used.high);
            }
        }
        push(out, &shares);
        push(
            out,
            &[
                worst.min(4.0),
                high.min(4.0),
                (force / robot.max_hand_force.max(1.0)).min(4.0),
            ],
        );
        self.push_worst(chosen, Some(&self.foreseen.during), out);
        self.push_worst(chosen, self.foreseen.after, out);
    }

    /// 3 columns: the largest displacement and tilt of any other of the graph's boxes and crush of any, over
    /// the limits.
    fn push_worst(&self, chosen: &[usize], forecast: Option<&Forecast>, out: &mut Vec<f32>) {
        let mut worst = [0.0f64; 3];
        let safety = &self.encoder.workcell.safety;
        for &i in chosen {
            let Some(fate) = forecast.map(|f| &f.bodies[i]) else {
                continue;
            };
            if self.encoder.graph.bodies[i].fixed {
                continue;
            }
            // The target goes where it is taken, but its own faces count.
            let free = flag(i != self.target);
            let shares = [
                free * fate.moved.norm() / safety.max_displacement.max(1e-4),
                free * fate.turned.xy().norm() / safety.max_tilt.max(1e-4),
                self.crush_share(i, fate),
            ];
            for (w, s) in worst.iter_mut().zip(shares) {
                *w = w.max(s);
            }
        }
        push(out, &worst.map(|x| x.asinh()));
    }
}
