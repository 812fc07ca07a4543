//! A motion judged again while it is under way, on what is seen.
//!
//! Owns which ways on there are, what is left of the limits, and which way is taken. What is judged anew counts towards the
//! limit on the whole plan, beside what the step's bound was before.

use crate::dynamics::{DynamicsError, Imagined, Regard, Risk, SceneDynamics};
use crate::motion::{lift_options, onward, slower};
use crate::rollout::{Action, Glance, Motion, Onward};
use crate::scene::Workcell;

use super::super::objective::violation;
use super::super::planner::{PlanError, mixed, over_plan_limit};
use super::super::rated::valid_trajectory;
use super::super::risk::of_plan;
use super::super::shield::still_vouched;
use super::super::surprise::{Off, Reply};
use super::Watch;

/// What is left of the limits for a box that has moved already is at least this share of them.
const LEAST_LEFT: f64 = 0.1;
/// How much slower the slow way on is.
const SLOWER: f64 = 2.0;

impl Watch<'_> {
    /// Judges the motion on what is seen, and other ways on where it is no longer safe.
    pub(super) fn judge_again(&mut self, glance: &Glance) -> Result<(Reply, Onward), PlanError> {
        let now = self.as_seen(glance);
        let (physics, whole) = (self.planner.dynamics, &self.seen.safety);
        // Draws that chose a way on must not be all that it is judged by the next time.
        let seed = mixed(self.seed, self.surprises.len() as u64);
        let scene = match physics.believe_under_way(&now, whole, seed) {
            Ok(scene) => scene,
            Err(DynamicsError::DoesNotStand { .. }) => {
                return Ok((Reply::StoppedNoWay { risk: None }, Onward::Stop));
            }
            Err(why) => return Err(why.into()),
        };
        let ways = self.ways_on(&now, glance.t);
        let risks = scene.screen(&ways);
        let screened = |k: usize| risks[k].as_ref().ok().copied().filter(Risk::is_valid);
        self.judged.clone_from(&glance.boxes);
        if let Some((risk, way)) = screened(0).and_then(|judged| self.still_safe(&judged)) {
            self.way = way;
            return Ok((Reply::CarriedOn { risk }, Onward::CarryOn));
        }
        // It was chosen by a closer look, so it is not given up by less than one.
        let closer = (scene.regard() == Regard::Closer)
            .then(|| self.imagined(scene.as_ref(), &ways[0], &screened(0)?))
            .flatten();
        if let Some((risk, way)) = closer.as_ref().and_then(|i| self.still_safe(&i.risk)) {
            self.way = way;
            return Ok((Reply::CarriedOn { risk }, Onward::CarryOn));
        }
        let risk = closer.map(|i| i.risk).or(screened(0)).map(|r| r.risk);
        let mut others: Vec<(usize, Risk)> = (1..ways.len())
            .filter_map(|k| Some((k, screened(k)?)))
            .filter(|(_, judged)| self.is_way_on(judged))
            .collect();
        others.sort_by(|a, b| a.1.bound.total_cmp(&b.1.bound));
        for (k, judged) in others {
            let imagined = self.imagined(scene.as_ref(), &ways[k], &judged);
            let Some(imagined) = imagined.filter(|other| self.is_way_on(&other.risk)) else {
                continue;
            };
            let reply = Reply::ChangedWay {
                risk,
                other_risk: imagined.risk.risk,
            };
            self.change(ways[k].clone(), imagined, glance.t);
            let motion = self.action.motion().cloned().unwrap_or_default();
            return Ok((reply, Onward::Change(motion)));
        }
        Ok((Reply::StoppedNoWay { risk }, Onward::Stop))
    }

    /// The risk of going on as it is now `judged`, and the bound of that, with what the shield saw of the motion; none where
    /// it is over a limit.
    fn still_safe(&self, judged: &Risk) -> Option<(f64, f64)> {
        let safety = &self.seen.safety;
        let (risk, bound) = match self.witness {
            Some(seen) => still_vouched(seen, judged, safety.max_risk)?,
            None if violation(judged, safety) <= 0.0 => (judged.risk, judged.bound),
            None => return None,
        };
        let way = bound.max(self.way);
        self.keeps_plan_limit(of_plan([self.ways_left, way]))
            .then_some((risk, way))
    }

    /// Whether another way on that is so `judged` is within the limits.
    fn is_way_on(&self, judged: &Risk) -> bool {
        violation(judged, &self.seen.safety) <= 0.0
            && self.keeps_plan_limit(of_plan([self.bound(), judged.bound]))
    }

    /// Whether the whole plan is within its limit where this step has such a bound.
    fn keeps_plan_limit(&self, bound: f64) -> bool {
        over_plan_limit(self.seen, self.before, bound).is_none()
    }

    /// Another way on carried out in the mind, which was `judged` before.
    fn imagined(&self, scene: &dyn SceneDynamics, way: &Action, judged: &Risk) -> Option<Imagined> {
        let ways = std::slice::from_ref(way);
        let imagined = scene.imagine(ways, self.planner.settings.horizon).pop()?;
        let mut imagined = imagined.and_then(valid_trajectory).ok()?;
        imagined.risk = scene.regard().risk(judged, imagined.risk);
        Some(imagined)
    }

    /// Goes on another way from time `t` on, of which the shield knows nothing.
    fn change(&mut self, way: Action, imagined: Imagined, t: f64) {
        let expected = self.expected(t);
        for index in 0..self.foreseen.len() {
            self.foreseen[index] |= self.is_to_move(index, &expected);
        }
        self.ways_left = self.bound();
        self.way = imagined.risk.bound;
        self.action = way;
        self.imagined = imagined.frames;
        self.imagined_from.clone_from(&self.judged);
        self.witness = None;
    }

    /// The scene of the step with the other boxes as they are seen; what they have moved and tilted already, beyond what two
    /// looks lie apart by noise, is no longer theirs to move and tilt.
    fn as_seen(&self, glance: &Glance) -> Workcell {
        let mut now = self.seen.clone();
        let mut used = Off {
            way_m: 0.0,
            tilt_rad: 0.0,
        };
        for (i, (spec, pose)) in now.scene.boxes.iter_mut().zip(&glance.boxes).enumerate() {
            // The action is told from where its box stood.
            if i != self.target {
                let off = Off::between(&spec.pose, pose).less_noise(self.seen.scene.pose_noise);
                used.way_m = used.way_m.max(off.way_m);
                used.tilt_rad = used.tilt_rad.max(off.tilt_rad);
                spec.pose = *pose;
            }
        }
        let left = |limit: f64, used: f64| (limit - used).max(LEAST_LEFT * limit);
        let safety = &mut now.safety;
        safety.max_displacement = left(safety.max_displacement, used.way_m);
        safety.max_tilt = left(safety.max_tilt, used.tilt_rad);
        now
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
