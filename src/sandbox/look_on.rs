//! Looking on while a hand carries its box, and stopping with the box held.
//!
//! Owns when a carry is looked at (the stride of the world model) and what a stop is: the hand
//! brakes and stays there, the grip closed, until all is at rest.

use super::SandboxError;
use super::episode::{REST_LIMIT_S, Run};
use super::hand::Effort;
use super::stand::Calm;
use crate::pose::Pose;
use crate::rollout::{AccidentKind, Glance, Motion, STRIDE_S};

impl Run<'_> {
    /// Whether a stride has passed since the last look, or since the grip was told to close.
    pub(super) fn is_glance_due(&self) -> bool {
        let next = f64::from(self.glances + 1) * STRIDE_S;
        self.t() - self.action.onset() >= next - 0.5 * self.engine.dt()
    }

    /// Where everything is now.
    pub(super) fn glance(&mut self) -> Glance {
        self.glances += 1;
        let boxes = self.monitor.reference.iter().enumerate();
        let pose = |(i, still): (usize, &Pose)| self.engine.box_pose(i).unwrap_or(*still);
        Glance {
            t: self.t(),
            boxes: boxes.map(pose).collect(),
        }
    }

    /// The hand brakes and holds on until all is at rest, or the box is lost.
    pub(super) fn hold_on(&mut self, target: usize, motion: &Motion) -> Result<(), SandboxError> {
        let stopped = motion.stopped(self.t());
        let mut calm = Calm::default();
        let limit = (REST_LIMIT_S / self.engine.dt()).round() as u64;
        for _ in 0..limit {
            let is_braking = self.t() < stopped.duration();
            if self.decided() || (!is_braking && calm.look(&self.engine)) {
                break;
            }
            self.record(true);
            let next = stopped.at(self.t() + self.engine.dt());
            if let Some(hand) = &mut self.hand {
                hand.steer(&mut self.engine, &next.pose, Effort::Full);
            }
            self.step()?;
            if !self.still_held(target) {
                self.monitor.latch(AccidentKind::Drop, target, self.t());
                return self.stop();
            }
        }
        Ok(())
    }
}
