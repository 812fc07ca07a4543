//! Eyes on a step while it is carried out: each stride against what was imagined.
//!
//! Owns [`Watch`]. What differs by more than noise has the rest of the motion judged again on what is
//! seen; where that is no longer safe the hand goes on another way that is, and where there is none,
//! or a box is far from where it was imagined, it stops.

use crate::dynamics::ImaginedFrame;
use crate::motion::{lift_options, onward, slower};
use crate::rollout::{Action, Glance, Motion, Onward, STRIDE_S};
use crate::scene::Workcell;

use super::objective::violation;
use super::planner::{PlanError, PlannedStep, Planner};
use super::timing::timed;

/// Standard deviations of a pose that are noise.
const NOISE_STDS: f64 = 3.0;
/// What settling and the hand's give move without anything being wrong, m.
const GIVE_M: f64 = 0.005;
/// The share of `max_displacement` by which a box may be off before the hand stops.
const STOP_SHARE: f64 = 0.5;
/// How much slower the slow way on is.
const SLOWER: f64 = 2.0;

/// Something that was not as imagined, and what was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Surprise {
    /// s from the action's start.
    pub t: f64,
    /// The box that is farthest from where it was imagined.
    pub box_id: String,
    /// How far, m.
    pub off_m: f64,
    /// What was done about it.
    pub reply: Reply,
}

/// What was done about a surprise.
#[derive(Clone, Debug, PartialEq)]
pub enum Reply {
    /// On what is seen the motion is still safe.
    CarriedOn {
        /// Its risk now.
        risk: f64,
    },
    /// It no longer was; another way on is.
    ChangedWay {
        /// The risk of going on as planned.
        risk: f64,
        /// That of the other way.
        other_risk: f64,
    },
    /// The hand stopped with the box held: a box was too far off.
    StoppedFarOff,
    /// The hand stopped with the box held: no way on is safe.
    StoppedNoWay {
        /// The risk of going on as planned.
        risk: f64,
    },
}

impl Surprise {
    /// Whether the hand stopped.
    pub fn stopped(&self) -> bool {
        matches!(
            self.reply,
            Reply::StoppedFarOff | Reply::StoppedNoWay { .. }
        )
    }
}

/// Who looks on.
pub struct Watch<'a> {
    planner: &'a Planner<'a>,
    /// What was seen before the step.
    seen: &'a Workcell,
    target: usize,
    action: Action,
    imagined: Vec<ImaginedFrame>,
    /// The boxes as they were when the motion was last judged.
    judged: Workcell,
    salt: u64,
    /// In order.
    pub surprises: Vec<Surprise>,
    /// What judging again took, ms.
    pub spent_ms: f64,
    /// Why judging again failed.
    pub failure: Option<PlanError>,
}

impl<'a> Watch<'a> {
    /// Eyes on `planned`, which is taken in `seen`.
    pub fn new(
        planner: &'a Planner<'a>,
        seen: &'a Workcell,
        planned: &PlannedStep,
        salt: u64,
    ) -> Self {
        Self {
            planner,
            seen,
            target: planned.step.action.box_index(),
            action: planned.step.action.clone(),
            imagined: planned.step.imagined.frames.clone(),
            judged: seen.clone(),
            salt,
            surprises: Vec::new(),
            spent_ms: 0.0,
            failure: None,
        }
    }

    /// What to do on a glance.
    pub fn look(&mut self, glance: &Glance) -> Onward {
        let Some((index, off_m)) = self.farthest_off(glance) else {
            return Onward::CarryOn;
        };
        let noise = self.noise_m();
        let stop = noise + STOP_SHARE * self.seen.safety.max_displacement;
        if off_m > stop {
            self.note(glance.t, index, off_m, Reply::StoppedFarOff);
            return Onward::Stop;
        }
        if off_m <= noise || !self.is_news(glance, noise) {
            return Onward::CarryOn;
        }
        let mut spent = 0.0;
        let judged = timed(&mut spent, || self.judge_again(glance));
        self.spent_ms += spent;
        match judged {
            Ok((reply, answer)) => {
                self.note(glance.t, index, off_m, reply);
                answer
            }
            Err(why) => {
                self.failure = Some(why);
                Onward::Stop
            }
        }
    }

    fn note(&mut self, t: f64, index: usize, off_m: f64, reply: Reply) {
        let box_id = self.seen.scene.boxes[index].id.clone();
        self.surprises.push(Surprise {
            t,
            box_id,
            off_m,
            reply,
        });
    }

    /// How far a box may be off by noise alone, m.
    fn noise_m(&self) -> f64 {
        NOISE_STDS * self.seen.scene.pose_noise.position_m + GIVE_M
    }

    /// The box that is farthest from where it was imagined at that time; the imagination's own spread is
    /// allowed for.
    fn farthest_off(&self, glance: &Glance) -> Option<(usize, f64)> {
        let stride = ((glance.t - self.action.onset()) / STRIDE_S)
            .round()
            .max(0.0) as usize;
        let frame = self.imagined.get(stride).or(self.imagined.last())?;
        let is_past = stride >= self.imagined.len();
        let off = |i: usize| {
            let there = frame.boxes[i].translation.vector;
            let off = (glance.boxes[i].translation.vector - there).norm();
            (off - frame.position_std[i]).max(0.0)
        };
        // Beyond the last frame the held box is carried on; the others are where they were.
        (0..glance.boxes.len().min(frame.boxes.len()))
            .filter(|&i| !(is_past && i == self.target))
            .map(|i| (i, off(i)))
            .max_by(|a, b| a.1.total_cmp(&b.1))
    }

    /// Whether any box but the one held is elsewhere than when the motion was last judged.
    fn is_news(&self, glance: &Glance, noise: f64) -> bool {
        let boxes = self.judged.scene.boxes.iter().zip(&glance.boxes);
        boxes.enumerate().any(|(i, (spec, pose))| {
            let moved = pose.translation.vector - spec.pose.translation.vector;
            i != self.target && moved.norm() > noise
        })
    }

    /// Judges the motion on what is seen, and other ways on where it is no longer safe.
    fn judge_again(&mut self, glance: &Glance) -> Result<(Reply, Onward), PlanError> {
        let mut now = self.seen.clone();
        for (i, (spec, pose)) in now.scene.boxes.iter_mut().zip(&glance.boxes).enumerate() {
            // The action is told from where its box stood.
            if i != self.target {
                spec.pose = *pose;
            }
        }
        let scene = self.planner.dynamics.believe(&now, self.salt)?;
        let ways = self.ways_on(&now, glance.t);
        let risks = scene.screen(&ways);
        self.judged = now;
        let limit = |k: usize| {
            let risk = risks[k].as_ref().ok()?;
            risk.is_valid()
                .then_some((*risk, violation(risk, &self.seen.safety)))
        };
        let risk = limit(0).map_or(1.0, |(risk, _)| risk.risk);
        if limit(0).is_some_and(|(_, violation)| violation <= 0.0) {
            return Ok((Reply::CarriedOn { risk }, Onward::CarryOn));
        }
        let safe = (1..ways.len()).filter_map(|k| {
            let (risk, violation) = limit(k)?;
            (violation <= 0.0).then_some((k, risk))
        });
        let best = safe.min_by(|a, b| a.1.bound.total_cmp(&b.1.bound));
        let Some((k, other)) = best else {
            return Ok((Reply::StoppedNoWay { risk }, Onward::Stop));
        };
        self.action = ways[k].clone();
        if let Some(Ok(imagined)) = scene.imagine(&ways[k..=k]).pop() {
            self.imagined = imagined.frames;
        }
        let reply = Reply::ChangedWay {
            risk,
            other_risk: other.risk,
        };
        let motion = self.action.motion().cloned().unwrap_or_default();
        Ok((reply, Onward::Change(motion)))
    }

    /// The action as it is, and with other motions from time `t` on.
    fn ways_on(&self, now: &Workcell, t: f64) -> Vec<Action> {
        let mut ways = vec![self.action.clone()];
        let (Some(grasp), Some(motion)) = (self.action.grasp(), self.action.motion()) else {
            return ways;
        };
        ways.extend(with_motion(&self.action, slower(motion, t, SLOWER)));
        if matches!(self.action, Action::Remove { .. }) {
            for lift in lift_options(now, grasp) {
                let way = onward(now, grasp, motion, t, &lift).ok();
                ways.extend(way.and_then(|motion| with_motion(&self.action, motion)));
            }
        }
        ways
    }
}

/// The same action with another motion; none where it has no motion.
fn with_motion(action: &Action, other: Motion) -> Option<Action> {
    let mut out = action.clone();
    match &mut out {
        Action::Remove { motion, .. } | Action::Place { motion, .. } => *motion = other,
        Action::Nudge { .. } | Action::Push { .. } => return None,
    }
    Some(out)
}
