//! What the reference makes of a task: who may take all the time that the sandbox needs.
//!
//! Owns its budgets, for straight motions and for a search, and the version that its stored deeds are keyed by.

use super::{Deed, planned};
use crate::eval::tasks::PlannerTask;
use crate::plan::PlannerSettings;
use crate::sandbox::{CloserLook, SandboxDynamics};

/// Bumped whenever the reference's budget changes or the planner beneath it decides otherwise with that, so that its
/// stored deeds are known to be stale.
pub const REFERENCE_VERSION: u32 = 4;

/// The reference's physics: 2 draws to screen, then 32 to confirm, safe at none of 32. What goes wrong once
/// is out of the race, so that all the learned planner's grasps and lifts can be looked at.
const REFERENCE: SandboxDynamics = SandboxDynamics {
    screen_draws: 2,
    imagine_draws: 32,
    first_rung: 1,
    closer_look: CloserLook::FromTheFirst,
};

/// Of what is imagined and turned down most goes wrong in one of the first draws, so that a good many more can be
/// looked at: with 8 at all, some of what `learned` found ended well in all of 32 draws and counted as not solvable.
const UNTRIED: usize = 24;

/// The reference's budget for straight motions: as many candidates as the learned planner screens.
fn straight_settings() -> PlannerSettings {
    PlannerSettings {
        imagine: 8,
        iterations: 0,
        untried: UNTRIED,
        ..PlannerSettings::default()
    }
}

/// The reference's physics where no straight motion is safe: 8 draws to screen, so that the best three grasps are
/// known and a search has a slope to follow.
const SEARCHING: SandboxDynamics = SandboxDynamics {
    screen_draws: 8,
    ..REFERENCE
};

/// Rounds of a search there.
const ROUNDS: usize = 3;

/// The reference's budget there: the lifts of the best three grasps, 16 of each in a round, and all rounds of them.
fn searching_settings() -> PlannerSettings {
    PlannerSettings {
        imagine: 48,
        iterations: ROUNDS,
        patience: ROUNDS,
        untried: UNTRIED,
        ..PlannerSettings::default()
    }
}

/// What the reference makes of a task: straight motions; where none is safe, CEM on the best three.
///
/// Searching always took 25 s a step on two cores, and what straight motions solve is solvable.
pub(super) fn reference(task: &PlannerTask) -> Result<Deed, String> {
    let straight = planned(&REFERENCE, None, straight_settings(), task, None)?;
    if straight.shows_solvable() {
        return Ok(straight);
    }
    let searched = planned(&SEARCHING, None, searching_settings(), task, None)?;
    Ok(Deed {
        planning_ms: straight.planning_ms + searched.planning_ms,
        ..searched
    })
}
