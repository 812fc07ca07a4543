//! How hard the planner thinks.
//!
//! Owns [`PlannerSettings`] as a plain value; where it comes from a file, the file's reader
//! validates it.

/// Which distribution the motions are drawn from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PlannerKind {
    /// The cross-entropy method: a normal, fitted to the elites.
    #[default]
    Cem,
    /// CEM with coloured noise and elites that are kept (Pinneri et al., CoRL 2020).
    Icem,
    /// Model-predictive path integral: every sample counts, weighted by its cost.
    Mppi,
}

/// The planner's budget. More of anything plans better and slower.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PlannerSettings {
    /// The search over motions.
    pub kind: PlannerKind,
    /// Strides of 0.25 s that a motion is imagined for.
    pub horizon: usize,
    /// The most candidates that are screened in one batch, one pass each.
    pub screen: usize,
    /// Motions that are drawn in each iteration.
    pub imagine: usize,
    /// Rounds of drawing and refitting; 0 keeps the plain lifts.
    pub iterations: usize,
    /// Motions that the next round is fitted to, and at most how many are imagined at the end.
    pub elites: usize,
}

impl Default for PlannerSettings {
    fn default() -> Self {
        Self {
            kind: PlannerKind::Cem,
            horizon: 8,
            screen: 256,
            imagine: 64,
            iterations: 4,
            elites: 8,
        }
    }
}
