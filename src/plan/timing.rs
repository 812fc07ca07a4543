//! Where the planner's time goes: measured for reports, never looked at to decide.

use std::time::Instant;

use serde::Serialize;

/// Milliseconds of each part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Timing {
    /// All of it.
    pub total: f64,
    /// Grasps, motions and their pruning.
    pub propose: f64,
    /// Risks in one pass each, the search over lifts included.
    pub screen: f64,
    /// Trajectories of the few that survive.
    pub imagine: f64,
    /// The shield.
    pub verify: f64,
    /// Planning again while executing, all of it; not part of the total.
    pub replan: f64,
    /// Asking what would make a plan possible; not part of the total.
    pub advise: f64,
}

impl Timing {
    /// Adds `other` to this, part by part.
    pub fn add(&mut self, other: &Self) {
        self.total += other.total;
        self.propose += other.propose;
        self.screen += other.screen;
        self.imagine += other.imagine;
        self.verify += other.verify;
        self.replan += other.replan;
        self.advise += other.advise;
    }
}

/// What `work` returns, and its time added to `part`.
pub(crate) fn timed<T>(part: &mut f64, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *part += start.elapsed().as_secs_f64() * 1e3;
    result
}
