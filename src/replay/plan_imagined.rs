//! A plan as it is imagined: each step's motion, and the boxes beside it.
//!
//! Owns the clock of a plan that was not carried out. What is imagined ends when nothing is left
//! to decide, so from there on a box that is held goes with the hand.

use super::plan_file::{KeyFile, Plan, StepFile, pose};
use super::plan_played::{PAUSE_S, Played};
use super::{RecordedFrame, ReplayError};
use crate::pose::{Pose, blend};
use crate::rollout::{Grip, HandKey, Motion};

/// How often a motion is shown, s.
const SHOWN_EVERY_S: f64 = 0.1;
/// A motion is shown with at most this many frames, were it to last for hours.
const MOST_FRAMES: f64 = 6000.0;

/// A step's motion, read; its keys in order of time.
pub(super) struct Keys(Motion);

impl Keys {
    /// The motion of `step`.
    pub(super) fn read(step: &StepFile) -> Result<Self, ReplayError> {
        let read = |k: &KeyFile| {
            let closed = k.grip.as_deref() == Some("closed");
            let grip = if closed { Grip::Closed } else { Grip::Open };
            Ok(HandKey {
                t: k.t,
                pose: pose(k.position, k.rotation, "the hand")?,
                grip,
            })
        };
        let keys: Vec<_> = step.motion.iter().map(read).collect::<Result<_, _>>()?;
        if keys.windows(2).all(|w: &[HandKey]| w[0].t <= w[1].t) {
            Ok(Self(Motion { keys }))
        } else {
            Err(backwards(step))
        }
    }

    /// The hand when its grip first closes, or at the end.
    pub(super) fn gripping(&self) -> Option<Pose> {
        let closed = self.0.keys.iter().find(|k| k.grip == Grip::Closed);
        closed.or(self.0.keys.last()).map(|k| k.pose)
    }

    /// The hand at time `t`.
    pub(super) fn at(&self, t: f64) -> Option<Pose> {
        (!self.0.keys.is_empty()).then(|| self.0.at(t).pose)
    }

    fn holds_at(&self, t: f64) -> bool {
        let next = self.0.keys.partition_point(|k| k.t <= t);
        next > 0 && self.0.keys[next - 1].grip == Grip::Closed
    }

    fn end_s(&self) -> f64 {
        self.0.duration()
    }
}

fn backwards(step: &StepFile) -> ReplayError {
    ReplayError::Inconsistent {
        what: format!("the step on {} goes back in time", step.box_id),
    }
}

impl Played {
    /// The whole plan, step after step.
    pub(super) fn imagined(plan: &Plan<'_>) -> Result<Self, ReplayError> {
        let mut standing = plan.standing.clone();
        let mut frames = vec![RecordedFrame {
            t: 0.0,
            step: 0,
            boxes: standing.clone(),
            hand: None,
        }];
        let mut clock = 0.0;
        for (index, step) in plan.file.steps.iter().enumerate() {
            let shown = ImaginedStep::read(plan, step, plan.targets[index], &standing)?;
            for t in shown.times() {
                frames.push(RecordedFrame {
                    t: clock + t,
                    step: index,
                    boxes: shown.boxes_at(t),
                    hand: shown.keys.at(t),
                });
            }
            standing = shown.boxes_at(shown.end_s());
            if step.action == "remove" {
                standing[plan.targets[index]] = None;
            }
            clock += shown.end_s() + PAUSE_S;
            frames.push(RecordedFrame {
                t: clock - 0.5 * PAUSE_S,
                step: index,
                boxes: standing.clone(),
                hand: None,
            });
        }
        Ok(Self {
            steps: plan.steps.clone(),
            frames,
            ghosts: Vec::new(),
            events: Vec::new(),
        })
    }
}

/// One step as it is imagined, on its own clock.
struct ImaginedStep {
    keys: Keys,
    /// At least one, in order of time.
    moments: Vec<(f64, Vec<Option<Pose>>)>,
    target: usize,
}

impl ImaginedStep {
    fn read(
        plan: &Plan<'_>,
        step: &StepFile,
        target: usize,
        standing: &[Option<Pose>],
    ) -> Result<Self, ReplayError> {
        let mut moments: Vec<(f64, Vec<Option<Pose>>)> = Vec::new();
        for moment in &step.imagined {
            let before = moments.last().map_or(standing, |m| &m.1);
            moments.push((moment.t, plan.poses(moment, before)?));
        }
        if moments.is_empty() {
            moments.push((0.0, standing.to_vec()));
        }
        if moments.windows(2).any(|w| w[0].0 > w[1].0) {
            return Err(backwards(step));
        }
        Ok(Self {
            keys: Keys::read(step)?,
            moments,
            target,
        })
    }

    fn end_s(&self) -> f64 {
        let last = self.moments.last().map_or(0.0, |m| m.0);
        self.keys.end_s().max(last)
    }

    /// When it is shown: at every imagined moment, and often enough for the hand.
    fn times(&self) -> Vec<f64> {
        let end = self.end_s();
        let whole = (end / SHOWN_EVERY_S).ceil().clamp(0.0, MOST_FRAMES) as usize;
        let regular = (0..=whole).map(|k| (k as f64 * SHOWN_EVERY_S).min(end));
        let imagined = self.moments.iter().map(|m| m.0);
        let mut times: Vec<f64> = imagined.chain(regular).filter(|&t| t >= 0.0).collect();
        times.sort_by(f64::total_cmp);
        times.dedup();
        times
    }

    fn boxes_at(&self, t: f64) -> Vec<Option<Pose>> {
        let next = self.moments.partition_point(|m| m.0 <= t);
        let before = &self.moments[next.saturating_sub(1)];
        let Some(after) = self.moments.get(next).filter(|_| next > 0) else {
            return self.carried(before, t);
        };
        let s = (t - before.0) / (after.0 - before.0).max(1e-9);
        let pairs = before.1.iter().zip(&after.1);
        pairs
            .map(|(a, b)| match (a, b) {
                (Some(a), Some(b)) => Some(blend(a, b, s)),
                (a, _) => *a,
            })
            .collect()
    }

    /// After the last imagined moment the box that is held goes with the hand.
    fn carried(&self, last: &(f64, Vec<Option<Pose>>), t: f64) -> Vec<Option<Pose>> {
        let mut boxes = last.1.clone();
        let held = t > last.0 && self.keys.holds_at(last.0) && self.keys.holds_at(t);
        if let (true, Some(then), Some(now)) = (held, self.keys.at(last.0), self.keys.at(t)) {
            boxes[self.target] = boxes[self.target].map(|p| now * then.inverse() * p);
        }
        boxes
    }
}
