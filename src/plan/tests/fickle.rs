//! A check that changes its mind.

use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::dynamics::SceneDynamics;

/// A check whose first draws are `strict`, all others `sure`.
pub(super) struct Fickle {
    strict: Fake,
    sure: Fake,
    was_asked: AtomicBool,
}

impl Fickle {
    /// One in whose first draws the box `id` topples whatever is done to it.
    pub(super) fn who_fears_at_first(id: &str) -> Self {
        Self {
            strict: Fake {
                cursed: vec![id.into()],
                ..Fake::default()
            },
            sure: Fake::default(),
            was_asked: AtomicBool::new(false),
        }
    }
}

impl Dynamics for Fickle {
    fn name(&self) -> &'static str {
        "fickle"
    }

    fn believe<'a>(
        &'a self,
        workcell: &Workcell,
        seed: u64,
    ) -> Result<Box<dyn SceneDynamics + 'a>, DynamicsError> {
        match self.was_asked.swap(true, Ordering::Relaxed) {
            false => self.strict.believe(workcell, seed),
            true => self.sure.believe(workcell, seed),
        }
    }
}
