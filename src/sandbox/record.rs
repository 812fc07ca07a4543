//! What is kept of an episode while it goes on.
//!
//! Owns [`Recording`], and when a frame is due and what it holds.

use super::episode::Run;
use crate::rollout::{BodyState, Frame, STRIDE_S};

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

impl Run<'_> {
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

    pub(super) fn take_frame(&mut self, held: bool) {
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
}
