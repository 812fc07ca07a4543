//! Eyes on a step while it is carried out: each stride against what was imagined.
//!
//! Owns [`Watch`]. What differs by more than noise has the rest of the motion judged again on what is
//! seen; where that is no longer safe the hand goes on another way that is, screened and imagined, and where there is
//! none, or a box is far from where it was imagined or under way, it stops. No shield is asked: it knows scenes
//! at rest and whole actions, and a stride is short; but what its draws saw of the step before it began still
//! weighs with what is judged now, or a step that it alone vouched for would stop at the first surprise. Judging anew is
//! `judging`'s.

mod judging;

use crate::dynamics::ImaginedFrame;
use crate::pose::Pose;
use crate::rollout::{Action, Glance, Onward};
use crate::scene::Workcell;

use super::planner::{PlanError, PlannedStep, Planner, mixed, scene_at_end};
use super::risk::of_plan;
use super::shield::Witness;
use super::surprise::{Off, Reply, Surprise};
use super::timing::timed;

/// Standard deviations of a pose that are noise.
const NOISE_STDS: f64 = 3.0;
/// What settling and the hand's give move without anything being wrong, m.
const GIVE_M: f64 = 0.005;
/// And turn, rad.
const GIVE_RAD: f64 = 0.02;
/// The share of `max_displacement` and of `max_tilt` by which a box may be off before the hand stops.
const STOP_SHARE: f64 = 0.5;
/// Keeps what is drawn while a step is carried out apart from the draws that chose it.
const WATCH_SALT: u64 = 0x5741_5443;

/// Who looks on.
pub struct Watch<'a> {
    planner: &'a Planner<'a>,
    /// What was seen before the step.
    seen: &'a Workcell,
    target: usize,
    action: Action,
    imagined: Vec<ImaginedFrame>,
    /// The boxes as they were in the scene that it was imagined in.
    imagined_from: Vec<Pose>,
    /// `[N]` whether a box was imagined to move on a way that the hand was on before.
    foreseen: Vec<bool>,
    /// The boxes as they were when the motion was last judged.
    judged: Vec<Pose>,
    /// The boxes as they were at the last glance.
    last: Vec<Pose>,
    seed: u64,
    /// Bound of the steps before this one together.
    before: f64,
    /// Bound of the way that the hand is on, with what was judged anew.
    way: f64,
    /// Bounds of the ways that it was on before, together.
    ways_left: f64,
    /// What the shield saw of the motion that is under way.
    witness: Option<Witness>,
    /// In order.
    pub surprises: Vec<Surprise>,
    /// What judging again took, ms.
    pub spent_ms: f64,
    /// Why judging again failed.
    pub failure: Option<PlanError>,
}

impl<'a> Watch<'a> {
    /// Eyes on `planned`, which is taken in `seen` as step `number` (from 0), after others whose bounds come to `before`
    /// together.
    pub fn new(
        planner: &'a Planner<'a>,
        seen: &'a Workcell,
        planned: &PlannedStep,
        (number, before): (usize, f64),
    ) -> Self {
        let boxes: Vec<Pose> = seen.scene.boxes.iter().map(|b| b.pose).collect();
        Self {
            planner,
            seen,
            target: planned.step.action.box_index(),
            action: planned.step.action.clone(),
            imagined: planned.step.imagined.frames.clone(),
            imagined_from: boxes.clone(),
            foreseen: vec![false; boxes.len()],
            judged: boxes.clone(),
            last: boxes,
            seed: mixed(planner.seed ^ WATCH_SALT, number as u64),
            before,
            way: planned.step.risk.bound,
            ways_left: 0.0,
            witness: planned.shield,
            surprises: Vec::new(),
            spent_ms: 0.0,
            failure: None,
        }
    }

    /// Bound of this step: something may have gone wrong on each of the ways that the hand was on.
    pub fn bound(&self) -> f64 {
        of_plan([self.ways_left, self.way])
    }

    /// The scene as it was last imagined after the step.
    pub fn scene_after(&self) -> Workcell {
        scene_at_end(self.seen, &self.action, &self.imagined)
    }

    /// What to do on a glance.
    pub fn look(&mut self, glance: &Glance) -> Onward {
        let last = std::mem::replace(&mut self.last, glance.boxes.clone());
        let expected = self.expected(glance.t);
        let (noise, far) = (self.noise(), self.far());
        let strayed = self.farthest_off(glance, &expected, far);
        if let Some(index) = strayed.or_else(|| self.farthest_gone(glance, &expected)) {
            self.note(glance, index, &expected, Reply::StoppedFarOff);
            return Onward::Stop;
        }
        let surprising = self.farthest_off(glance, &expected, noise);
        let Some(index) = surprising.filter(|_| self.is_news(&self.judged, glance, noise)) else {
            return Onward::CarryOn;
        };
        // The model judges what stands: of what is falling it knows nothing.
        if !self.surprises.is_empty() && self.is_news(&last, glance, noise) {
            self.note(glance, index, &expected, Reply::StoppedUnderWay);
            return Onward::Stop;
        }
        let mut spent = 0.0;
        let judged = timed(&mut spent, || self.judge_again(glance));
        self.spent_ms += spent;
        match judged {
            Ok((reply, answer)) => {
                self.note(glance, index, &expected, reply);
                answer
            }
            Err(why) => {
                self.failure = Some(why);
                Onward::Stop
            }
        }
    }

    fn note(&mut self, glance: &Glance, index: usize, expected: &[(Pose, f64)], reply: Reply) {
        self.surprises.push(Surprise {
            t: glance.t,
            box_id: self.seen.scene.boxes[index].id.clone(),
            off: Off::between(&expected[index].0, &glance.boxes[index]),
            reply,
        });
    }

    /// How far a box may be off by noise alone.
    fn noise(&self) -> Off {
        let noise = self.seen.scene.pose_noise;
        Off {
            way_m: NOISE_STDS * noise.position_m + GIVE_M,
            tilt_rad: NOISE_STDS * noise.rotation_rad + GIVE_RAD,
        }
    }

    /// How far off, or gone from where it stood, a box may be before the hand stops.
    fn far(&self) -> Off {
        let (noise, safety) = (self.noise(), &self.seen.safety);
        Off {
            way_m: noise.way_m + STOP_SHARE * safety.max_displacement,
            tilt_rad: noise.tilt_rad + STOP_SHARE * safety.max_tilt,
        }
    }

    /// Where each box was imagined to be at time `t`, and how sure that was, m.
    fn expected(&self, t: f64) -> Vec<(Pose, f64)> {
        // What follows the strides that were imagined is as far apart as whoever imagined it saw fit.
        let apart = |frame: &&ImaginedFrame| (frame.t - t).abs();
        let frames = self.imagined.iter();
        let Some(frame) = frames.min_by(|a, b| apart(a).total_cmp(&apart(b))) else {
            return Vec::new();
        };
        let spread = frame.position_std.iter().copied();
        let mut out: Vec<(Pose, f64)> = frame.boxes.iter().copied().zip(spread).collect();
        // The held box goes with the hand, also beyond the last frame.
        if let (Some(grasp), Some(motion)) = (self.action.grasp(), self.action.motion()) {
            let held = motion.at(t).pose * grasp.hand_in_box.inverse();
            if let Some(target) = out.get_mut(self.target) {
                target.0 = held;
            }
        }
        out
    }

    /// The box that is over `limit` from where it was imagined, and by most; the imagination's own spread is allowed for,
    /// up to what noise makes. A pose that is no number is infinitely far off.
    fn farthest_off(&self, glance: &Glance, expected: &[(Pose, f64)], limit: Off) -> Option<usize> {
        let allowed = self.noise().way_m;
        let off = |(there, spread): &(Pose, f64), here: &Pose| {
            let mut off = Off::between(there, here);
            off.way_m -= spread.clamp(0.0, allowed);
            off
        };
        let all = expected.iter().zip(&glance.boxes);
        let all = all.map(|(there, here)| off(there, here)).enumerate();
        all.filter(|(_, off)| off.exceeds(limit))
            .max_by(|a, b| a.1.times(limit).total_cmp(&b.1.times(limit)))
            .map(|(i, _)| i)
    }

    /// Whether any box but the one held is elsewhere than in `before`.
    fn is_news(&self, before: &[Pose], glance: &Glance, noise: Off) -> bool {
        self.others(before, glance).any(|off| off.exceeds(noise))
    }

    /// The box but the one held that has used up most of its share of the limits since the step began, where one has
    /// and it was not imagined to move.
    fn farthest_gone(&self, glance: &Glance, expected: &[(Pose, f64)]) -> Option<usize> {
        let far = self.far();
        let boxes = self.seen.scene.boxes.iter().enumerate();
        let unforeseen = boxes.filter(|(i, _)| {
            *i != self.target && !self.foreseen[*i] && !self.is_to_move(*i, expected)
        });
        let gone = unforeseen.map(|(i, spec)| (i, Off::between(&spec.pose, &glance.boxes[i])));
        gone.filter(|(_, off)| off.exceeds(far))
            .max_by(|a, b| a.1.times(far).total_cmp(&b.1.times(far)))
            .map(|(i, _)| i)
    }

    /// Whether the way that the hand is on was imagined to move a box to where it is `expected`.
    fn is_to_move(&self, index: usize, expected: &[(Pose, f64)]) -> bool {
        let (from, to) = (self.imagined_from.get(index), expected.get(index));
        let off = from.zip(to).map(|(from, (to, _))| Off::between(from, to));
        off.is_some_and(|off| off.exceeds(self.noise()))
    }

    /// How far each box but the one held is from where it was in `before`.
    fn others<'b>(
        &'b self,
        before: &'b [Pose],
        glance: &'b Glance,
    ) -> impl Iterator<Item = Off> + 'b {
        let boxes = before.iter().zip(&glance.boxes).enumerate();
        boxes
            .filter(|(i, _)| *i != self.target)
            .map(|(_, (from, to))| Off::between(from, to))
    }
}
